"""A cursor goes on exactly where the page before has ended, or is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import CallToolResult

from query.errors import CursorError
from query.results.answer import ObjectRef, Omitted, ResourceItem, Resources
from server.render.budget import Draft, Page
from server.tools.calls import Call, calling
from server.tools.cursors import Cursor, digest, parse_cursor
from server.tools.paging import Paging


def item(name: str) -> ResourceItem:
    return ResourceItem(ObjectRef("staging", "v1", "ConfigMap", "apps", name), "Ready", "", "", "", "", "")


def render(resources: Resources, *, budget: int | None) -> Page:
    return Draft(
        head=["some"],
        items=[[each.object.name] for each in resources.items],
        foot=["fresh"],
        noun="object",
        omitted=resources.omitted.count,
    ).fit(budget)


def ask(names: Sequence[str], *, cursor: str | None, limit: int = 3, **question: Any) -> CallToolResult:
    """The tool: finds these names, in this order."""
    with calling(Call("get", {"kind": "cm", "limit": limit, "cursor": cursor, **question})):
        pages = Paging(2_000, cursor)
        most = pages.reach(limit) or len(names)
        found = tuple(map(item, names[:most]))
        result = Resources(items=found, searched="", omitted=Omitted(len(names) - len(found)))
        return pages.answer(result, render, "items")


def shown(result: CallToolResult) -> list[str]:
    assert result.structured_content is not None
    return [each["object"]["name"] for each in result.structured_content["items"]]


def omitted(result: CallToolResult) -> dict[str, Any]:
    assert result.structured_content is not None
    return dict(result.structured_content["omitted"])


@given(number=st.integers(0, 25), limits=st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_the_pages_together_are_the_whole_and_each_says_what_is_left(number: int, limits: list[int]) -> None:
    names = [f"name-{position:02}" for position in range(number)]
    seen: list[str] = []
    cursor: str | None = None
    for turn in range(number + 1):
        page = ask(names, cursor=cursor, limit=limits[turn % len(limits)])
        seen += shown(page)
        cursor = omitted(page)["cursor"]
        assert omitted(page)["count"] == number - len(seen)
        if cursor is None:
            break
    assert seen == names


def test_the_text_tells_the_cursor_and_where_the_page_begins() -> None:
    first = ask(["a", "b", "c", "d"], cursor=None)
    cursor = omitted(first)["cursor"]
    assert f"… 1 object not shown: narrow the question, or go on with cursor={cursor}" in str(first.content)
    second = ask(["a", "b", "c", "d"], cursor=cursor)
    assert "After the first 3:" in str(second.content)
    assert omitted(second) == {"count": 0, "cursor": None}


def test_what_comes_or_goes_behind_the_page_does_not_matter() -> None:
    cursor = omitted(ask(["a", "b", "c", "d"], cursor=None))["cursor"]
    assert shown(ask(["a", "b", "c", "new"], cursor=cursor)) == ["new"]


@pytest.mark.parametrize(
    "now", [["new", "a", "b", "c", "d"], ["a", "c", "d", "e"], ["b", "a", "c", "d"], ["a"], []]
)
def test_a_cursor_of_the_past_is_refused(now: list[str]) -> None:
    cursor = omitted(ask(["a", "b", "c", "d"], cursor=None))["cursor"]
    with pytest.raises(CursorError, match="the store has changed"):
        ask(now, cursor=cursor)


def test_a_cursor_of_another_question_is_refused() -> None:
    cursor = omitted(ask(["a", "b", "c", "d"], cursor=None))["cursor"]
    with pytest.raises(CursorError, match="another question"):
        ask(["a", "b", "c", "d"], cursor=cursor, namespace="apps")


@pytest.mark.parametrize(
    "text", ["", "next", "1-2-3", "-1-00000000-00000000", "9" * 50, "1-00000000-0000000g"]
)
def test_what_was_never_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorError, match="no cursor"):
        parse_cursor(text)


def test_a_cursor_survives_the_way_through_a_model() -> None:
    cursor = Cursor(50, digest(["a"]), digest({"b": 1, "a": None}))
    assert parse_cursor(f" {cursor} ") == cursor
    assert digest({"a": None, "b": 1}) == cursor.shown


def test_a_page_without_room_for_one_item_has_no_cursor() -> None:
    """It would lead to the same page for ever."""
    with calling(Call("get", {})):
        result = Resources(items=(item("x" * 3_000),), searched="")
        page = Paging(200, None).answer(
            result, lambda found, budget: Page("x\n\n… 1 more", 0, "… 1 more"), "items"
        )
    assert omitted(page) == {"count": 1, "cursor": None}
    assert "… 1 more, or allow more with max_tokens" in str(page.content)

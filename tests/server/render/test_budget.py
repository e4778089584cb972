"""Answers are cut by whole items, and say what was cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.render.budget import Draft


def draft(items: list[list[str]], omitted: int = 0) -> Draft:
    return Draft(head=["verdict"], items=items, foot=["fresh"], noun="cause", omitted=omitted)


def test_what_fits_is_shown_whole() -> None:
    page = draft([["one", "  more"], ["two"]]).fit(1_000)
    assert page.text == "verdict\n\none\n  more\ntwo\n\nfresh"
    assert page.kept == 2


def test_whole_items_are_cut_and_counted() -> None:
    page = draft([[f"item {number}", "x" * 60] for number in range(10)]).fit(400)
    assert page.kept == 3
    assert page.text.endswith("… 7 causes not shown: narrow the question\n\nfresh")
    assert "item 2" in page.text
    assert "item 3" not in page.text


def test_what_the_question_itself_left_out_is_counted_too() -> None:
    page = draft([["one"]], omitted=4).fit(1_000)
    assert "… 4 causes not shown" in page.text


def test_an_item_larger_than_the_budget_keeps_its_first_lines() -> None:
    page = draft([["headline", *(f"line {number}" for number in range(100))]]).fit(300)
    assert page.kept == 1
    assert "headline\nline 0\n" in page.text
    assert "more lines of this cause did not fit" in page.text
    assert len(page.text) <= 300


def test_without_a_budget_nothing_is_cut() -> None:
    assert draft([["x" * 10_000]]).fit(None).kept == 1


@given(
    items=st.lists(st.lists(st.text("aé…", min_size=1, max_size=80), min_size=1, max_size=5), max_size=30),
    omitted=st.integers(0, 1_000_000),
    budget=st.integers(200, 2_000),
    spaced=st.booleans(),
)
def test_an_answer_never_exceeds_its_budget(
    items: list[list[str]], omitted: int, budget: int, spaced: bool
) -> None:
    page = Draft(["verdict"], items, ["fresh"], "object", omitted, spaced).fit(budget)
    assert len(page.text.encode()) <= budget
    assert page.text.startswith("verdict")
    assert page.text.endswith("fresh")


@pytest.mark.parametrize("kept", [0, 3, 10])
def test_more_room_never_shows_less(kept: int) -> None:
    items = [["x" * 50] for _ in range(10)]
    assert draft(items).fit(200 + kept * 51).kept >= kept


def test_no_control_character_reaches_the_terminal() -> None:
    page = Draft(
        head=["red \x1b[31malert\x07"], items=[["a\ttab and \x9bCSI"]], foot=["end"], noun="cause"
    ).fit()
    mark = "\N{REPLACEMENT CHARACTER}"
    assert page.text == f"red {mark}[31malert{mark}\n\na\ttab and {mark}CSI\n\nend"

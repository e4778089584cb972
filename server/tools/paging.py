"""Answers in pages: as large as the caller wants them, and cursors that go on where a page has ended.

A cursor knows which question it belongs to and which items were shown before. The next page computes the
answer anew and goes on if the same items still stand before it: so no item is shown twice and none is
skipped, however the rest of the store has changed. Otherwise the cursor is of the past, and refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from mcp.types import CallToolResult

from query.errors import CursorError
from query.results.answer import Answer
from server.render.budget import BYTES_PER_TOKEN, Page
from server.tools.asking import told, trimmed
from server.tools.calls import current_call
from server.tools.cursors import Cursor, digest, parse_cursor
from server.tools.fitting import fitted, room_for

__all__ = ["Paging"]

_PAGE_ARGUMENTS = frozenset({"cursor", "limit", "max_age", "max_tokens"})
"""They say how much is shown at once, not what was asked."""

_CURSOR_BYTES = 80
"""Kept free for the words about the page before and the next one."""

_ALLOW_MORE = "allow more with max_tokens"

_IDENTITY = ("object_key", "object", "cluster", "name", "path", "kind", "group")
"""The fields by which an item is the same one although its state has changed."""


class Paging:
    """One page of the call that is being answered.

    max_tokens: size of its text, at four bytes each. cursor: of the page before; None begins.
    Raises CursorError for a cursor of another question.
    """

    def __init__(self, max_tokens: int, cursor: str | None) -> None:
        call = current_call()
        said = {name: value for name, value in call.arguments.items() if name not in _PAGE_ARGUMENTS}
        self._question = digest([call.tool, said])
        self._bytes = max_tokens * BYTES_PER_TOKEN
        self._before = parse_cursor(cursor) if cursor else Cursor(0, self._question, digest([]))
        if self._before.question != self._question:
            raise CursorError(
                "the cursor belongs to another question",
                hint="repeat the arguments of the page before with it, or ask without a cursor",
            )

    def reach(self, limit: int) -> int:
        """How many items the question must find so that this page has up to `limit`; 0 means all."""
        return limit + self._before.offset if limit > 0 else 0

    def answer(
        self,
        result: Answer,
        render: Callable[..., Page],
        *cut: str,
        total: int | None = None,
        weigh: Callable[[Any], int] | None = None,
    ) -> CallToolResult:
        """The page as text and structured content, each inside its budget and with its own cursor.

        They begin at the same item. The text, which can tell alike items in one line, often has more of them.

        result: with the items of the pages before. render: called with what is left of it, and `budget` in
        bytes. cut: the fields that hold the items, in their order; without any there is one page only.
        total: how many items there are over all pages, where `omitted` of the result counts something else
        or more than them. weigh: for how much an item counts in `omitted`, where that is not one.
        Raises CursorError when other items stand before the page than were shown.
        """
        every = [item for field in cut for item in getattr(result, field)]
        offset = self._before.offset
        self._require_unchanged(every[:offset])
        rest = _without_first(result, offset, cut)
        page: Page = render(rest, budget=self._bytes - _CURSOR_BYTES)
        if offset:
            page = page._replace(text=f"After the first {offset:,}:\n{page.text}")

        def left_after(kept: int) -> int:
            return trimmed(rest, kept, cut).omitted.count if total is None else total - offset - kept

        if cut and left_after(page.kept) > 0:
            words = f"go on with cursor={self._cursor(every, page.kept)}" if page.kept else _ALLOW_MORE
            page = page.noting(words)
        form = fitted(msgspec.to_builtins(trimmed(rest, page.kept, cut)), room_for(self._bytes), items=cut)
        omitted = trimmed(rest, form.kept, cut, *([weigh] if weigh else [])).omitted
        if form.kept and left_after(form.kept) > 0:
            omitted = msgspec.structs.replace(omitted, cursor=self._cursor(every, form.kept))
        dropped = len(every) - offset - form.kept
        lacking = {**form.cut, **({cut[0]: dropped} if weigh and dropped else {})}
        return told(page.text, {**form.content, "omitted": msgspec.to_builtins(omitted)}, lacking)

    def _cursor(self, every: Sequence[Any], kept: int) -> str:
        """To the page behind one that shows so many items."""
        shown = every[: self._before.offset + kept]
        return str(Cursor(len(shown), self._question, _digest_of(shown)))

    def _require_unchanged(self, shown: Sequence[Any]) -> None:
        if len(shown) < self._before.offset or _digest_of(shown) != self._before.shown:
            raise CursorError(
                "the store has changed: what the pages before have shown is not in its place any more",
                hint="ask again without a cursor; a larger max_tokens shows more at once",
            )


def _without_first(result: Answer, number: int, fields: Sequence[str]) -> Answer:
    changes: dict[str, Any] = {}
    for field in fields:
        items = getattr(result, field)
        changes[field] = items[number:]
        number = max(0, number - len(items))
    return msgspec.structs.replace(result, **changes) if changes else result


def _digest_of(items: Sequence[Any]) -> str:
    return digest([_identity(item) for item in items])


def _identity(item: Any) -> Any:
    named = [getattr(item, field) for field in _IDENTITY if hasattr(item, field)]
    return named or item

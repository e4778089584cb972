"""Cut an answer to a size, by whole items, and say exactly what was left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from server.render.words import count

__all__ = ["BUDGET_BYTES", "BUDGET_TOKENS", "BYTES_PER_TOKEN", "Draft", "Page", "showable"]

BUDGET_TOKENS = 2_000
"""Tokens of one default answer."""

BYTES_PER_TOKEN = 4
"""UTF-8 bytes that count as one token."""

BUDGET_BYTES = BUDGET_TOKENS * BYTES_PER_TOKEN
"""UTF-8 bytes of one default answer."""


T = TypeVar("T")


def showable(things: Sequence[T], lines: Callable[[T], list[str]], budget: int | None) -> list[list[str]]:
    """The lines of the first things: of as many as an answer can show, and of one more.

    For lines that take long to write. A Draft of these counts the others as omitted.
    """
    items: list[list[str]] = []
    size = 0
    for thing in things:
        if budget is not None and size > budget:
            break
        items.append(lines(thing))
        size += sum(_size(line) + 1 for line in items[-1])
    return items


class Page(NamedTuple):
    """text: the answer, without a final newline. kept: the weight of the items that are in it.

    note: the line of the text that says how much is not in it; "" when all are.
    """

    text: str
    kept: int
    note: str = ""

    def noting(self, words: str) -> Page:
        """The same page, whose note says this, too."""
        before, note, after = self.text.rpartition(self.note) if self.note else (self.text, "", "")
        longer = f"{note}, or {words}" if note else f"\n… {words}"
        return self._replace(text=f"{before}{longer}{after}", note=longer)


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it is cut.

    head: the verdict and what goes with it; foot: what must be said whatever is cut (freshness). Neither
        is ever cut. title: a line directly above the items, shown when there are any.
    items: most important first; each one or more lines, the first of which makes sense alone.
    noun: what one item is called. omitted: what the question's own limit has left out already; at_least:
        and more, which nobody has counted.
    spaced: an empty line between items.
    weights: how many things each item stands for, where that is not one.
    """

    head: Sequence[str]
    items: Sequence[Sequence[str]]
    foot: Sequence[str]
    noun: str
    omitted: int = 0
    at_least: bool = False
    spaced: bool = False
    title: str = ""
    weights: Sequence[int] = ()

    def fit(self, budget: int | None = BUDGET_BYTES) -> Page:
        """As many whole items as fit, in order.

        Where not even the first item fits, its first lines stand for it. Promised: never more than
        `budget` bytes unless head and foot alone are more. None: no bound.
        """
        whole = self._page(len(self.items))
        if budget is None or _size(whole.text) <= budget:
            return whole
        kept, room = 0, self._room(budget)
        for item in self.items:
            room -= sum(_size(line) + 1 for line in item) + self.spaced
            if room < 0:
                break
            kept += 1
        return self._page(kept) if kept else self._first_lines(budget)

    def _first_lines(self, budget: int) -> Page:
        """The beginning of the first item, counted as kept: its headline carries it."""
        first = self.items[0]
        room = self._room(budget)
        lines: list[str] = []
        for line in first:
            room -= _size(line) + 1
            if room < 0:
                break
            lines.append(line)
        if not lines:
            return self._page(0)
        lines.append(f"… {count(len(first) - len(lines), 'more line')} of this {self.noun} did not fit")
        return self._page(1, cut=lines)

    def _room(self, budget: int) -> int:
        return budget - _size(self._page(0).text) - _size(self.title) - _SLACK

    def _page(self, kept: int, cut: Sequence[str] | None = None) -> Page:
        shown = [cut] if cut is not None else list(self.items[:kept])
        separator = "\n\n" if self.spaced else "\n"
        body = separator.join("\n".join(item) for item in shown)
        weights = self.weights or [1] * len(self.items)
        missing = self.omitted + sum(weights[kept:])
        number = f"{'more than ' if self.at_least else ''}{count(missing, self.noun)}"
        note = f"… {number} not shown: narrow the question" if missing else ""
        if body and self.title:
            body = f"{self.title}\n{body}"
        parts = ["\n".join(self.head), body, note, "\n".join(self.foot)]
        return Page(
            _HARMFUL.sub(_INSTEAD, "\n\n".join(part for part in parts if part)), sum(weights[:kept]), note
        )


_HARMFUL, _INSTEAD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"), "\N{REPLACEMENT CHARACTER}"
"""What an object says reaches terminals and models: no control character but tab and newline gets there."""

_SLACK = 120
"""Bytes kept free for the two sentences about what was cut, which the empty page does not have."""


def _size(text: str) -> int:
    return len(text.encode())

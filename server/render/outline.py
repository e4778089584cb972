"""The delivery view as text: per cluster, from each source down to what comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from query.results.answer import Freshness
from server.render.boxes import Box, Link, Picture
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.words import SIGNS, count

__all__ = ["render_outline"]


def render_outline(
    picture: Picture, title: str, freshness: Sequence[Freshness], *, budget: int | None = BUDGET_BYTES
) -> Page:
    """`kept` counts the ways: one per source, or per object that has none."""
    outline = _Outline(picture)
    left_out = [f"{count(picture.omitted, 'object')} not shown"] if picture.omitted else []
    return Draft(
        head=[title],
        items=[list(lines) for lines in outline.ways()],
        foot=[*left_out, *freshness_lines(freshness)],
        noun="way",
        spaced=True,
    ).fit(budget)


class _Outline:
    """Each box is spelled out once; where it is met again, it only points back."""

    def __init__(self, picture: Picture) -> None:
        self._boxes = picture.boxes
        self._after: dict[int, list[Link]] = defaultdict(list)
        self._fed = {link.end for link in picture.links}
        for link in picture.links:
            self._after[link.start].append(link)
        self._shown: set[int] = set()

    def ways(self) -> Iterator[Iterator[str]]:
        """By cluster; trouble first."""
        order = sorted(range(len(self._boxes)), key=self._rank)
        for start in [box for box in order if box not in self._fed]:
            yield self._way(start)
        for start in order:  # what is left hangs in a ring
            if start not in self._shown:
                yield self._way(start)

    def _way(self, start: int) -> Iterator[str]:
        self._shown.add(start)
        box = self._boxes[start]
        return iter([f"{self._label(box)} in {box.cluster}", *self._below(start, "", (start,))])

    def _below(self, parent: int, indent: str, path: tuple[int, ...]) -> Iterator[str]:
        links = sorted(self._after[parent], key=lambda link: (self._rank(link.end), link.words))
        for position, link in enumerate(links):
            last = position == len(links) - 1
            branch, deeper = ("└─ ", "   ") if last else ("├─ ", "│  ")
            box = self._boxes[link.end]
            elsewhere = f" in {box.cluster}" if box.cluster != self._boxes[parent].cluster else ""
            line = f"{indent}{branch}{link.words} {self._label(box)}{elsewhere}"
            if link.end in self._shown:
                again = " (cycle)" if link.end in path else " (see above)" if self._after[link.end] else ""
                yield f"{line}{again}"
                continue
            self._shown.add(link.end)
            yield line
            yield from self._below(link.end, indent + deeper, (*path, link.end))

    def _rank(self, position: int) -> tuple[str, bool, int]:
        box = self._boxes[position]
        return (box.cluster, box.health == "Ready", position)

    @staticmethod
    def _label(box: Box) -> str:
        place = f"{box.namespace}/" if box.namespace else ""
        name = (box.details or box.name) if box.size > 1 else f"{box.kind}/{place}{box.name}"
        state = "" if box.health == "Ready" else f"  {box.health}{f': {box.reason}' if box.reason else ''}"
        revision = f"  {box.details}" if box.details and box.size == 1 else ""
        return f"{SIGNS.get(box.health, '?')} {name}{state}{revision}"

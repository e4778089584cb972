"""The work of a comparison: read what is not settled, some hundred objects at a time, and judge it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from query.comparison.compared import Bodies, Entry, contents_of, differ, judge, told_apart
from query.comparison.expected import Expected
from query.progress import Progress
from query.results.answer import ObjectComparison
from query.view import View

__all__ = ["Judged", "Judging"]

AT_ONCE = 500
"""Different contents that are read at the same time: some MB, whatever is compared."""


class Judged(NamedTuple):
    """listed: what differs, for the answer. left: how much more differs. alike: what was compared and does
    not differ. expected: differences that were declared to be right."""

    listed: tuple[ObjectComparison, ...]
    left: int
    alike: int
    expected: int


class Judging:
    """How entries are judged."""

    def __init__(
        self,
        view: View,
        *,
        baseline: str | None,
        expected: Expected | None,
        limit: int,
        progress: Progress,
    ) -> None:
        """limit: how many are listed over all calls; 0 for all. progress: told how many have been judged."""
        self._view = view
        self._baseline = baseline
        self._expected = expected
        self._limit = limit
        self._progress = progress

    def of(self, entries: Sequence[Entry], *, single: bool = False, before: int = 0) -> Judged:
        """single: the person asked for this very object, so it is also listed if it cannot be compared.
        before: how many are listed already."""
        listed: list[ObjectComparison] = []
        room = max(self._limit - before, 0) if self._limit > 0 else None
        left = alike = known = 0
        for part in _parts(entries):
            counted = self._expected is None and _is_full(listed, room)
            bodies = self._read([entry for entry in part if single or not entry.settled], counted=counted)
            for entry in part:
                if entry.settled and not single:
                    alike += entry.compared and bool(entry.variants)
                    continue
                if self._expected is None and _is_full(listed, room):
                    differs = differ(entry, bodies)
                    left, alike = left + differs, alike + (not differs)
                    continue
                verdict = judge(entry, contents_of(entry, bodies), self._baseline, self._expected)
                known += verdict.expected
                if verdict.differs and _is_full(listed, room):
                    left += 1
                elif verdict.differs or (single and not entry.compared):
                    listed.append(verdict.comparison)
                else:
                    alike += entry.compared and bool(entry.variants)
            self._progress.judged(len(part))
        return Judged(tuple(listed), left, alike, known)

    def _read(self, entries: Sequence[Entry], *, counted: bool) -> Bodies:
        """counted: nothing is told but whether they differ, which states mostly show without documents."""
        states = self._view.states({variant.id for entry in entries for variant in entry.variants})
        unsettled = (
            entry for entry in entries if not (entry.observed_only or (counted and told_apart(entry, states)))
        )
        return Bodies(
            states, self._view.documents({each.id for entry in unsettled for each in entry.variants})
        )


def _is_full(listed: Sequence[ObjectComparison], room: int | None) -> bool:
    return room is not None and len(listed) >= room


def _parts(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    size = 0
    for entry in entries:
        part.append(entry)
        size += len(entry.variants)
        if size >= AT_ONCE:
            yield part
            part, size = [], 0
    if part:
        yield part

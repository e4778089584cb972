"""How far a long question has come, for a person who waits."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "Report"]

Report = Callable[[float, str], None]
"""Told how much of the work is done, from 0 to 1, and what comes next."""

WORTH_TELLING = 200
"""Objects from which on a comparison may take long enough for somebody to wonder."""

CHOOSING = 0.4
"""Part of the work that is done once it is known what is to be compared."""


class Progress:
    """The way of one comparison: kinds are read, then objects are judged."""

    def __init__(self, report: Report = lambda done, what: None) -> None:
        self._report = report
        self._total = 0
        self._judged = 0

    def reading(self, number: int, of: int, kind: str) -> None:
        """The kind is read next, as the number-th of so many."""
        self._report(CHOOSING * number / max(1, of), f"reading {kind}")

    def judging(self, total: int) -> None:
        """So many objects are to be judged."""
        self._total = total
        if total >= WORTH_TELLING:
            self._report(CHOOSING, f"comparing {total} objects")

    def judged(self, number: int) -> None:
        """So many more have been."""
        self._judged += number
        if self._total < WORTH_TELLING:
            return
        done = self._judged / max(1, self._total)
        self._report(CHOOSING + (1 - CHOOSING) * done, f"{self._judged} of {self._total} objects compared")

"""Time that stands still until a test moves it."""

from __future__ import annotations

import heapq
import itertools

import anyio

__all__ = ["ManualClock"]


class ManualClock:
    """A Clock for tests: `sleep` returns when `advance` has passed its end, in the order of the ends.

    wall: seconds since the epoch at the start; both clocks move together, but for `suspend`.
    Not faked: what the event loop and the operating system wait for (sockets, `anyio.fail_after`).
    """

    def __init__(self, wall: float = 1_795_000_000.0) -> None:
        self._wall = wall
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, anyio.Event]] = []

    def wall(self) -> float:
        return self._wall + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        woken = anyio.Event()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), woken))
        await woken.wait()

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: the wall clock goes on alone, and nobody's time comes nearer."""
        self._wall += seconds

    def advance(self, seconds: float) -> None:
        """Move on and wake everybody whose time has come."""
        self._elapsed += seconds
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            heapq.heappop(self._sleepers)[2].set()

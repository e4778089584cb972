"""Whether the machine has slept: nothing that was open before can be trusted then."""

from __future__ import annotations

from mirror.clock import Clock

__all__ = ["SuspendDetector"]


class SuspendDetector:
    """Compares the two clocks: the monotonic one stands still while the machine sleeps, the wall does not.

    Not promised: to tell sleep from a wall clock that somebody has put forward; both count.
    """

    def __init__(self, clock: Clock, threshold_s: float) -> None:
        self._clock = clock
        self._threshold_s = threshold_s
        self._offset = clock.wall() - clock.monotonic()

    def slept(self) -> bool:
        """Whether the wall clock has gone ahead by more than the threshold since the last call."""
        offset = self._clock.wall() - self._clock.monotonic()
        ahead, self._offset = offset - self._offset, offset
        return ahead > self._threshold_s

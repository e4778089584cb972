"""How long to wait before the next attempt. Pure: the time and the dice are arguments."""

from __future__ import annotations

from random import Random

from mirror.settings import BackoffSettings

__all__ = ["Backoff"]


class Backoff:
    """Exponential delays with full jitter (client-go: wait.Backoff as tools/cache/reflector.go sets it).

    The n-th delay in a row is uniform in [d, 2d) with d = base · factorⁿ, at most the cap. After
    `reset_after_s` without a call to `next_delay` the row starts again.
    Not promised: that a delay is longer than the one before it (jitter).
    """

    def __init__(self, settings: BackoffSettings, random: Random) -> None:
        self._settings = settings
        self._random = random
        self._failures = 0
        self._last_at: float | None = None

    def next_delay(self, now: float, *, at_least_s: float = 0.0) -> float:
        """Seconds to wait after a failure at monotonic time `now`; never less than `at_least_s`."""
        settings = self._settings
        if self._last_at is not None and now - self._last_at > settings.reset_after_s:
            self._failures = 0
        step = min(settings.base_s * settings.factor**self._failures, settings.cap_s)
        self._failures += 1
        delay = max(step * (1.0 + self._random.random()), min(at_least_s, settings.retry_after_cap_s))
        self._last_at = now + delay
        return delay

    def reset(self) -> None:
        """A list succeeded or a stream has stayed up: the next failure is the first again."""
        self._failures = 0
        self._last_at = None

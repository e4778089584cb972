"""Time as an argument. Nothing else in the project reads a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

import anyio

__all__ = ["Clock", "SystemClock", "format_age", "parse_time", "to_rfc3339"]


class Clock(Protocol):
    """Two clocks: `wall` for what is stored and shown, `monotonic` for how long something took."""

    def wall(self) -> float:
        """Seconds since the Unix epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin; never goes back, stands still while the machine sleeps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable. A clock for tests returns when its time has been moved on."""
        ...


class SystemClock:
    """The machine's clocks."""

    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


@lru_cache(maxsize=8192)  # thousands of objects were made, or changed, in the same second
def parse_time(text: str | None) -> float | None:
    """Seconds since the epoch for an RFC 3339 time as Kubernetes writes it; None for nothing or junk."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def to_rfc3339(seconds: float) -> str:
    """`2026-11-22T09:00:00Z`, whole seconds, UTC."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def format_age(seconds: float) -> str:
    """kubectl's short form: `5s`, `12m`, `3h4m`, `2d`."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes}m"
    hours, rest = divmod(minutes, 60)
    if hours < 10 and rest:
        return f"{hours}h{rest}m"
    return f"{hours}h" if hours < 48 else f"{hours // 24}d"

"""When to look again at what a cluster is and what it serves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from mirror.informers.backoff import Backoff
from mirror.informers.tools import Tools

__all__ = ["Looks"]


class Looks:
    """Paces the looks at one cluster: from time to time, and sooner when there is a reason.

    Promised: `soon()` and `at_once()` are never lost, also when they are called while a look is under way.
        Prompts that come close together share one look.
    """

    def __init__(self, tools: Tools) -> None:
        self._settings = tools.settings
        self._clock = tools.clock
        self._backoff = Backoff(tools.settings.backoff, tools.random)
        self._soon = anyio.Event()
        self._at_once = anyio.Event()
        self._wait_s = tools.settings.discovery_interval_s

    def soon(self) -> None:
        """Something has changed that may change what is served: look when it has settled a little."""
        self._soon.set()

    def at_once(self) -> None:
        """There is doubt about what is shown now."""
        self._at_once.set()

    def done(self, *, settled: bool) -> None:
        """A look is over. Not settled: it failed, or what was seen contradicts what is known, as it does for
        the seconds in which a server learns of a new kind; then the next looks come with growing delays."""
        interval = self._settings.discovery_interval_s
        if settled:
            self._backoff.reset()
            self._wait_s = interval
        else:
            self._wait_s = min(interval, self._backoff.next_delay(self._clock.monotonic()))

    async def next(self) -> None:
        """Wait for the next look."""
        async with anyio.create_task_group() as waiting:

            async def first(reason: Callable[[], Awaitable[None]]) -> None:
                await reason()
                waiting.cancel_scope.cancel()

            for reason in (self._interval, self._prompt, self._at_once.wait):
                waiting.start_soon(first, reason)
        self._soon, self._at_once = anyio.Event(), anyio.Event()

    async def _interval(self) -> None:
        await self._clock.sleep(self._wait_s)

    async def _prompt(self) -> None:
        await self._soon.wait()
        await self._clock.sleep(self._settings.discovery_pause_s)

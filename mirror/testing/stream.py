"""One open WATCH: what it sends, when it ends, and how it can be made to misbehave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import anyio.lowlevel

from mirror.clock import Clock
from mirror.testing.behaviour import StreamSettings
from mirror.testing.etcd import Change, Collection, Etcd
from mirror.testing.failures import too_large
from mirror.testing.holds import Hold
from mirror.testing.objects import restamp
from mirror.testing.rendering import Rendering
from mirror.testing.requests import RequestInfo
from mirror.testing.selectors import Selector
from mirror.testing.watching import WatchRequest

__all__ = ["WatchStream"]

_LAST_BOOKMARK_S = 2.0
"""A bookmark is sent this long before the deadline."""


class WatchStream:
    """One open watch. `run` writes lines until the deadline, a fault or `close`."""

    def __init__(
        self,
        info: RequestInfo,
        collection: Collection,
        etcd: Etcd,
        rendering: Rendering,
        selector: Selector | None,
        clock: Clock,
        settings: StreamSettings,
    ) -> None:
        self.info = info
        self._collection = collection
        self._etcd = etcd
        self._rendering = rendering
        self._selector = selector
        self._clock = clock
        self._settings = settings
        self._position = 0
        self._after = 0
        self._bookmarks = False
        self._bookmark_due = 0.0
        self._deadline = 0.0
        self._extra: list[bytes] = []
        self._closed = False
        self._aborted = False
        self._hold: Hold | None = None
        self._to_drop = 0
        self._woken = anyio.Event()

    def start(self, request: WatchRequest) -> bytes:
        """Find the beginning; the initial events. Raises StatusError 410, or 504 for those of the future."""
        now = self._clock.monotonic()
        self._deadline = now + request.timeout_s
        self._bookmarks = request.bookmarks
        self._plan_bookmark(now)
        self._after = request.rv
        if not request.initial_events and request.rv == 0:
            self._position = self._collection.end
            return b""
        if not request.initial_events:
            self._position = self._collection.position_after(request.rv)
            return b""
        if request.rv > self._etcd.rv:
            raise too_large(request.rv, self._etcd.rv)
        self._position = self._collection.end
        self._after = 0
        items = self._collection.snapshot(self._etcd.rv).select(self.info.namespace)
        lines = [
            self._rendering.event("ADDED", stored)
            for stored in items
            if self._selector is None or self._selector(stored)
        ]
        if request.ends_with_bookmark and request.bookmarks and not self._settings.omit_bookmarks:
            lines.append(self._rendering.bookmark(self._etcd.rv, initial_events_end=True))
        return b"".join(lines)

    # what a test or the collection can do to it

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        """End it cleanly after what is pending."""
        self._closed = True
        self.wake()

    def abort(self) -> None:
        """End it without the final chunk: the client sees a broken connection."""
        self._aborted = True
        self.wake()

    def hold(self, hold: Hold) -> None:
        """Send nothing more, and do not hang up either, until the hold is released."""
        self._hold = hold
        self.wake()

    def send(self, line: bytes) -> None:
        """Send these bytes as they are, after what is pending."""
        self._extra.append(line)
        self.wake()

    def send_bookmark(self) -> None:
        """Send a bookmark now, if the client asked for bookmarks."""
        self._bookmark_due = self._clock.monotonic()
        self.wake()

    def drop(self, count: int) -> None:
        """Swallow the next events, as a defect of a server or a proxy would: nothing tells that they were."""
        self._to_drop += count

    def repeat_last(self) -> None:
        """Send the newest change of the collection once more, as a duplicate."""
        newest = self._collection.changes(max(0, self._collection.end - 1))
        self._extra.extend(self._line(change) or b"" for change in newest or ())
        self.wake()

    # the loop

    async def run(
        self, first: bytes, write: Callable[[bytes], Awaitable[None]], abort: Callable[[], None]
    ) -> None:
        self._collection.watchers.add(self)
        try:
            if first:
                await self._write(first, write)
            while True:
                self._woken = anyio.Event()
                if self._hold is not None:
                    await self._hold.wait()
                    self._hold = None
                data = self._take()
                if data:
                    await self._write(data, write)
                if self._aborted:
                    abort()
                    return
                if self._closed:
                    return
                await self._wait()
        finally:
            self._collection.watchers.discard(self)

    async def _wait(self) -> None:
        """Until there is something to do: woken by others, or by the clock."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._wake_in_time)
            await self._woken.wait()
            group.cancel_scope.cancel()

    async def _wake_in_time(self) -> None:
        await self._clock.sleep(self._seconds_to_wait())
        self.wake()

    def _take(self) -> bytes:
        """All that is to be sent now. A stream that fell behind the history ends, as on a real server."""
        changes = self._collection.changes(self._position)
        if changes is None:
            self._closed = True
            return b""
        self._position += len(changes)
        lines = [line for change in changes if (line := self._line(change))]
        dropped = min(self._to_drop, len(lines))
        self._to_drop -= dropped
        del lines[:dropped]
        lines += self._extra
        self._extra = []
        now = self._clock.monotonic()
        if now >= self._bookmark_due:
            self._plan_bookmark(now)
            # a watch from the future gets no bookmark: servers filter them by resourceVersion like events
            if self._bookmarks and not self._settings.omit_bookmarks and self._etcd.rv >= self._after:
                lines.append(self._rendering.bookmark(self._etcd.rv))
        if now >= self._deadline:
            self._closed = True
        return b"".join(lines)

    def _line(self, change: Change) -> bytes:
        """The event a change is for this stream; nothing when it concerns other objects or the past."""
        stored, previous = change.stored, change.previous
        if change.rv <= self._after or (self.info.namespace and stored.namespace != self.info.namespace):
            return b""
        if self._selector is None:
            return self._rendering.event(change.type, stored)
        was = previous is not None and self._selector(previous)
        matches = change.type != "DELETED" and self._selector(stored)
        if matches:
            return self._rendering.event("MODIFIED" if was else "ADDED", stored)
        if was and previous is not None:
            return self._rendering.event("DELETED", restamp(self._collection.kind, previous, change.rv))
        return b""

    def _plan_bookmark(self, now: float) -> None:
        regular = now + self._settings.bookmark_interval_s
        last = self._deadline - _LAST_BOOKMARK_S
        self._bookmark_due = last if now < last < regular else regular

    def _seconds_to_wait(self) -> float:
        due = min(self._deadline, self._bookmark_due if self._bookmarks else self._deadline)
        return max(0.0, due - self._clock.monotonic())

    async def _write(self, data: bytes, write: Callable[[bytes], Awaitable[None]]) -> None:
        size = self._settings.chunk_bytes or len(data)
        for start in range(0, len(data), size):
            await write(data[start : start + size])
            if size < len(data):
                await anyio.lowlevel.checkpoint()

"""The open watches of one cluster: which of them are too silent to be alive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import anyio

from mirror.clock import Clock
from mirror.errors import TransportError

__all__ = ["SilenceError", "Stream", "Streams"]


class SilenceError(TransportError):
    """Nothing was heard for too long."""


class Stream:
    """One open watch, read with patience.

    pause_s: how long to wait before the next one is opened, once this one has been given up.
    """

    def __init__(self, clock: Clock, ends_at: float) -> None:
        self.pause_s = 0.0
        self._clock = clock
        self._ends_at = ends_at
        self._due = ends_at
        self._why: TransportError | None = None
        self._waiting: anyio.CancelScope | None = None

    async def read(self, chunks: AsyncIterator[bytes], patience_s: float) -> bytes:
        """The next bytes; empty when the server has ended the stream.

        Raises TransportError when it breaks off or is given up. Only the waiting is ever cut short by that,
        never what the caller does with the bytes.
        """
        self._due = min(self._ends_at, self._clock.monotonic() + patience_s)
        self.look()
        if self._why is None:
            with anyio.CancelScope() as self._waiting:
                return await anext(chunks, b"")
        raise self._why or TransportError("the stream was given up")

    def look(self) -> None:
        """Give it up if its time is over."""
        if self._clock.monotonic() >= self._due:
            self.give_up(SilenceError("nothing was heard on a watch for too long"))

    def give_up(self, why: TransportError) -> None:
        """Whoever reads it gets this error."""
        self._why = why
        if self._waiting is not None:
            self._waiting.cancel()


class Streams:
    """Keeps the open watches of one cluster. Time comes from the Clock: somebody has to `look` now and then.

    A half-open connection never says that it is dead (kubernetes#87615): nobody but the clock can tell.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: set[Stream] = set()

    @contextmanager
    def following(self, lasts_s: float) -> Iterator[Stream]:
        """A watch that is open while the context is. lasts_s: it is given up after that, whatever comes."""
        stream = Stream(self._clock, self._clock.monotonic() + lasts_s)
        self._open.add(stream)
        try:
            yield stream
        finally:
            self._open.remove(stream)

    def look(self) -> None:
        """Give up the watches whose time is over."""
        for stream in tuple(self._open):
            stream.look()

    def give_up(self, why: TransportError, *, pause_s: float) -> None:
        """Give up all of them; new ones are opened after the pause."""
        for stream in tuple(self._open):
            stream.pause_s = pause_s
            stream.give_up(why)

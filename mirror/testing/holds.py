"""A place where something waits until a test lets it go: no sleeping, no guessing."""

from __future__ import annotations

import anyio

__all__ = ["Hold"]


class Hold:
    """Requests or streams that are kept waiting.

    held: how many have arrived so far.
    """

    def __init__(self) -> None:
        self.held = 0
        self._arrived = anyio.Event()
        self._released = anyio.Event()

    async def arrived(self) -> None:
        """Wait until the first request or stream is being held."""
        await self._arrived.wait()

    def release(self) -> None:
        """Let all of them, and all that come later, go on as if nothing had happened."""
        self._released.set()

    async def wait(self) -> None:
        """Be held."""
        self.held += 1
        self._arrived.set()
        await self._released.wait()

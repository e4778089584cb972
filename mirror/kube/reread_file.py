"""A file whose content changes under us: projected tokens and rotated certificates."""

from __future__ import annotations

from pathlib import Path

import anyio

from mirror.clock import Clock

__all__ = ["RereadFile"]


class RereadFile:
    """Reads a file again after `every_s` seconds; its last content serves while it cannot be read."""

    def __init__(self, path: Path, every_s: float, clock: Clock) -> None:
        self.path = path
        self._every_s = every_s
        self._clock = clock
        self._content: bytes | None = None
        self._read_at = 0.0

    async def read(self) -> bytes:
        """The content, at most `every_s` old. Raises OSError when it was never readable since `forget`."""
        now = self._clock.monotonic()
        if self._content is not None and now - self._read_at < self._every_s:
            return self._content
        try:
            self._content = await anyio.Path(self.path).read_bytes()
        except OSError:
            if self._content is None:
                raise
        self._read_at = now
        return self._content

    def forget(self) -> None:
        """The next `read` goes to the disk, and fails when the disk does."""
        self._content = None

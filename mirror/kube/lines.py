"""Cuts a stream of bytes into lines."""

from __future__ import annotations

from collections.abc import Iterator

from mirror.errors import ProtocolError

__all__ = ["LineSplitter"]


class LineSplitter:
    """Whole lines out of chunks that are cut anywhere, also inside a UTF-8 character.

    Only `\\n` ends a line: U+2028 and NEL stand in strings. Blank lines keep connections alive and are
    skipped. What follows the last `\\n` waits for the next chunk; at the end of a stream it is half an event
    and is to be thrown away with the splitter.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that this chunk completes. Raises ProtocolError at a line beyond the limit."""
        first, *others = chunk.split(b"\n")
        self._rest += first
        for following in others:
            self._check()
            line = bytes(self._rest)
            self._rest = bytearray(following)
            if line and not line.isspace():
                yield line
        self._check()

    def _check(self) -> None:
        if len(self._rest) > self._limit:
            raise ProtocolError(f"a watch event is longer than {self._limit} bytes")

"""What a scope has received and the store has not been told yet."""

from __future__ import annotations

import msgspec

from mirror.store.changes import ObjectBatch

__all__ = ["Tally"]


class Tally:
    """Counts what comes in between two words to the store, so that counting costs no commit of its own."""

    def __init__(self) -> None:
        self._bytes = 0
        self._duplicates_told = 0
        self._lag_s: float | None = None

    def received(self, size_bytes: int) -> None:
        """Bytes of a body or a stream, as they were decoded."""
        self._bytes += size_bytes

    def stored(self, lag_s: float) -> None:
        """A batch is committed. lag_s: seconds since its bytes had arrived."""
        self._lag_s = lag_s

    def take_bytes(self) -> int:
        """What came since the last call."""
        taken, self._bytes = self._bytes, 0
        return taken

    def on(self, batch: ObjectBatch, duplicates: int) -> ObjectBatch:
        """The batch with what is to be told. duplicates: all that the scope has ever seen."""
        told, self._duplicates_told = self._duplicates_told, duplicates
        return msgspec.structs.replace(
            batch, duplicates=duplicates - told, bytes=self.take_bytes(), lag_s=self._lag_s
        )

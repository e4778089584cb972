"""The pages of one LIST, kept small until the list is complete and can be committed as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import zstandard

from mirror.records import EventRecord, Record

__all__ = ["Pages"]

_LEVEL = 1


class Pages:
    """What a list has shown so far; compressed, so that 100,000 objects take tens of MB.

    Can be iterated any number of times. Not safe for use by several threads at once.
    """

    def __init__(self) -> None:
        self._pages: list[tuple[bool, bytes]] = []
        self._count = 0
        self._gone: set[str] = set()

    def add(self, records: Sequence[Record] | Sequence[EventRecord]) -> None:
        """Append one page: records or event records, not both. Takes about 5 µs per KB of body."""
        if not records:
            return
        is_events = isinstance(records[0], EventRecord)
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(msgspec.msgpack.encode(records))
        self._pages.append((is_events, packed))
        self._count += len(records)

    def discard(self, uid: str) -> None:
        """The object was deleted while the list was under way: whatever page shows it, it is not there."""
        self._gone.add(uid)

    def __iter__(self) -> Iterator[Sequence[Record] | Sequence[EventRecord]]:
        """The pages in the order in which they were added; of what comes twice the later one counts."""
        records = msgspec.msgpack.Decoder(list[Record])
        events = msgspec.msgpack.Decoder(list[EventRecord])
        unpack = zstandard.ZstdDecompressor()
        for is_events, packed in self._pages:
            page = unpack.decompress(packed)
            if is_events:
                yield [event for event in events.decode(page) if event.uid not in self._gone]
            else:
                yield [record for record in records.decode(page) if record.uid not in self._gone]

    def __len__(self) -> int:
        """How many records were added."""
        return self._count

    @property
    def size_bytes(self) -> int:
        """Memory that the compressed pages take."""
        return sum(len(packed) for _, packed in self._pages)

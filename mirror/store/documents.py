"""The bodies of objects: compact JSON, compressed with a dictionary learned from the store's own documents.

A body is stored without its own resourceVersion, which stands in the object's row: an object of which only
the resourceVersion moves keeps its document. load() puts it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec
import zstandard
from sqlalchemy import Connection, Engine, Select, bindparam, delete, select
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import CTE

from mirror.store.statements import Lookup, Statement, insert, insert_or_update
from mirror.store.tables import dictionary, document, object_

__all__ = ["Body", "Codec", "load", "remove", "write"]

_LEVEL = 1
_DICTIONARY_BYTES = 112_640
"""zstd's own default; the recorded objects of Flux clusters shrink to a ninth with it."""
_SAMPLE_BYTES = 16_384
_KINDS_PER_SAMPLE = 4
_TOGETHER = 32
"""Documents from which on a compressor for many is worth its start."""
_NO_VERSION = b'"resourceVersion":""'


class Body(NamedTuple):
    """A document to be written. replaces: the row may have one already."""

    object_id: int
    kind: str
    resource_version: str
    json: bytes
    replaces: bool


class Codec:
    """Compresses and decompresses; learns a dictionary once per store. One per writer."""

    def __init__(self, dictionaries: Mapping[int, bytes], samples: int) -> None:
        """samples: how many documents to learn from, at most a quarter of them of one kind."""
        self._samples: list[bytes | bytearray | memoryview[int]] = []
        self._per_kind: Counter[str] = Counter()
        self._wanted = 0 if dictionaries else samples
        self._unseen = samples * _KINDS_PER_SAMPLE
        self._decompressors = {0: zstandard.ZstdDecompressor()}
        self._dictionary_id = 0
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        for key in sorted(dictionaries):
            self._use(key, dictionaries[key])

    @classmethod
    def of_store(cls, connection: Connection, samples: int) -> Codec:
        """With the dictionaries of the store; the newest one is used for writing."""
        rows = connection.execute(select(dictionary.c.id, dictionary.c.body))
        return cls({row.id: row.body for row in rows}, samples)

    def compress(self, kind: str, body: bytes) -> tuple[int, bytes]:
        """(id of the dictionary that was used, compressed body)."""
        if self._wanted:
            self._sample(kind, body)
        return self._dictionary_id, self._compressor.compress(body)

    def compress_all(self, bodies: Sequence[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
        """As compress(), for (kind, body) of many documents.

        The compressor gives up the interpreter's lock once for all of them; document by document it would
        have to win it back each time, 5 ms later if somebody else is busy.
        """
        if self._wanted or len(bodies) < _TOGETHER:
            return [self.compress(kind, body) for kind, body in bodies]
        packed = self._compressor.multi_compress_to_buffer([body for _, body in bodies])
        return [(self._dictionary_id, packed[index].tobytes()) for index in range(len(bodies))]

    def decompress(self, dictionary_id: int, body: bytes) -> bytes:
        return self._decompressors[dictionary_id].decompress(body)

    def learn(self) -> tuple[int, bytes] | None:
        """A new dictionary, in use from now on, once enough documents were seen; it must be stored."""
        enough = len(self._samples) >= self._wanted or self._unseen <= 0
        if not self._wanted or not enough:
            return None
        samples, self._samples, self._wanted = self._samples, [], 0
        try:
            body = zstandard.train_dictionary(_DICTIONARY_BYTES, samples).as_bytes()
        except zstandard.ZstdError:
            return None  # too few or too small to learn from: documents are compressed one by one
        self._use(self._dictionary_id + 1, body)
        return self._dictionary_id, body

    def _sample(self, kind: str, body: bytes) -> None:
        self._unseen -= 1
        self._per_kind[kind] += 1
        if self._per_kind[kind] * _KINDS_PER_SAMPLE <= max(self._wanted, _KINDS_PER_SAMPLE):
            self._samples.append(body[:_SAMPLE_BYTES])

    def _use(self, key: int, body: bytes) -> None:
        shared = zstandard.ZstdCompressionDict(body)
        shared.precompute_compress(level=_LEVEL)
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=shared)
        self._decompressors[key] = zstandard.ZstdDecompressor(dict_data=shared)
        self._dictionary_id = key


def _by_object(wanted: CTE) -> Select[Any]:
    return select(document).join_from(wanted, document, document.c.object_id == wanted.c.object_id)


_STORED = Lookup([document.c.object_id], _by_object)
_WRITE = insert_or_update(document)
_REMOVE = Statement(delete(document).where(document.c.object_id == bindparam("row")))
_WRITE_DICTIONARY = insert(dictionary)


def write(cursor: DBAPICursor, codec: Codec, bodies: Sequence[Body]) -> None:
    """Store the bodies; those whose content is stored already are left alone."""
    replaced = [(body.object_id,) for body in bodies if body.replaces]
    stored = {row[0]: codec.decompress(row[1], row[2]) for row in _STORED.rows(cursor, replaced)}
    new = [
        (body, json)
        for body in bodies
        if (json := _without_version(body.json, body.resource_version)) != stored.get(body.object_id)
    ]
    packed = codec.compress_all([(body.kind, json) for body, json in new])
    rows = [(body.object_id, *row) for (body, _), row in zip(new, packed, strict=True)]
    _WRITE.run_all(cursor, rows)
    if learned := codec.learn():
        _WRITE_DICTIONARY.run(cursor, *learned)


def remove(cursor: DBAPICursor, ids: Collection[int]) -> None:
    """Remove the documents of these objects."""
    _REMOVE.run_all(cursor, [(row,) for row in ids])


_dictionaries: WeakKeyDictionary[Engine, dict[int, zstandard.ZstdCompressionDict]] = WeakKeyDictionary()
# A dictionary never changes once a reader can see it, and to digest one takes longer than to use it.


def _with_version(wanted: CTE) -> Select[Any]:
    columns = (document.c.object_id, document.c.dictionary_id, document.c.body, object_.c.resource_version)
    bodies = wanted.join(document, document.c.object_id == wanted.c.object_id)
    return select(*columns).select_from(bodies.join(object_, object_.c.id == document.c.object_id))


_BODIES = Lookup([document.c.object_id], _with_version)


def load(connection: Connection, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The documents of these objects, parsed; ids without a document are left out."""
    decompressors: dict[int, zstandard.ZstdDecompressor] = {}
    documents: dict[int, dict[str, Any]] = {}
    wanted = [(row,) for row in dict.fromkeys(ids)]
    for object_id, dictionary_id, body, resource_version in _BODIES.read(connection, wanted):
        if dictionary_id not in decompressors:
            decompressors[dictionary_id] = _decompressor(connection, dictionary_id)
        loaded = msgspec.json.decode(decompressors[dictionary_id].decompress(body))
        metadata = loaded.get("metadata")
        if isinstance(metadata, dict) and metadata.get("resourceVersion") == "":
            metadata["resourceVersion"] = resource_version
        documents[object_id] = loaded
    return documents


def _decompressor(connection: Connection, dictionary_id: int) -> zstandard.ZstdDecompressor:
    if not dictionary_id:
        return zstandard.ZstdDecompressor()
    known = _dictionaries.setdefault(connection.engine, {})
    if dictionary_id not in known:
        query = select(dictionary.c.body).where(dictionary.c.id == dictionary_id)
        known[dictionary_id] = zstandard.ZstdCompressionDict(connection.execute(query).scalar_one())
    return zstandard.ZstdDecompressor(dict_data=known[dictionary_id])


def _without_version(json: bytes, resource_version: str) -> bytes:
    own = b'"resourceVersion":"%b"' % resource_version.encode()
    return json.replace(own, _NO_VERSION) if json.count(own) == 1 else json

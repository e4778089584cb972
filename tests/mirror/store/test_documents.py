"""Bodies are compressed with a dictionary of the store's own, and stay readable whatever happens to it."""

from __future__ import annotations

import random

import msgspec
import pytest
from sqlalchemy import Connection, func, select

from mirror.clock import SystemClock
from mirror.errors import StoreError
from mirror.records import Record
from mirror.settings import WriterSettings
from mirror.store import documents
from mirror.store.documents import Codec
from mirror.store.paths import StorePaths
from mirror.store.tables import dictionary, document
from mirror.store.writer import Writer
from tests.mirror.store.scene import CONFIG_MAPS, RELEASES, Store, batch, cluster_update, record, scope_update

pytestmark = pytest.mark.anyio

SETTINGS = WriterSettings(gather_s=0.0, dictionary_samples=40)


def body(n: int) -> dict[str, object]:
    words = random.Random(n)
    return {
        "metadata": {
            "name": f"r{n}",
            "resourceVersion": "10",
            "annotations": {"a": words.randbytes(20).hex()},
        },
        "spec": {"interval": "10m", "chart": {"spec": {"chart": "podinfo", "version": "6.5.x"}}},
    }


def release(n: int) -> Record:
    return record(f"r{n}", body=msgspec.json.encode(body(n)))


async def open_store(paths: StorePaths, writer: Writer) -> Store:
    await writer.apply(cluster_update(), scope_update(RELEASES), scope_update(CONFIG_MAPS))
    return Store(paths, writer)


def by_dictionary(connection: Connection) -> dict[int, int]:
    query = select(document.c.dictionary_id, func.count()).group_by(document.c.dictionary_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def every_document(connection: Connection) -> dict[str, object]:
    ids = connection.execute(select(document.c.object_id)).scalars().all()
    return {loaded["metadata"]["name"]: loaded for loaded in documents.load(connection, ids).values()}


async def test_documents_from_before_and_after_the_dictionary_can_be_read(paths: StorePaths) -> None:
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        store = await open_store(paths, writer)
        for start in range(0, 400, 50):
            await writer.apply(batch(*(release(n) for n in range(start, start + 50))))
        counts = await store.look(by_dictionary)
        assert set(counts) == {0, 1}
        assert sum(counts.values()) == 400
        assert await store.look(every_document) == {f"r{n}": body(n) for n in range(400)}


async def test_a_restarted_writer_goes_on_with_the_dictionary(paths: StorePaths) -> None:
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        await open_store(paths, writer)
        await writer.apply(*(batch(*(release(n) for n in range(m, m + 50))) for m in range(0, 250, 50)))
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        store = Store(paths, writer)
        before = await store.look(by_dictionary)
        await writer.apply(*(batch(*(release(n) for n in range(m, m + 50))) for m in range(250, 450, 50)))
        after = await store.look(by_dictionary)
        assert after == {0: before[0], 1: before[1] + 200}
        assert await store.look(every_document) == {f"r{n}": body(n) for n in range(450)}


async def test_a_dictionary_that_was_not_committed_is_not_used(paths: StorePaths) -> None:
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        store = await open_store(paths, writer)
        unknown = batch(scope=RELEASES._replace(plural="x"))
        with pytest.raises(StoreError):
            await writer.apply(
                *(batch(*(release(n) for n in range(m, m + 50))) for m in range(0, 200, 50)), unknown
            )
        assert await store.look(lambda connection: connection.execute(select(dictionary)).all()) == []
        await writer.apply(batch(release(1)))
        assert await store.look(every_document) == {"r1": body(1)}


async def test_a_document_is_left_alone_while_only_the_resource_version_moves(paths: StorePaths) -> None:
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        store = await open_store(paths, writer)
        await writer.apply(*(batch(*(release(n) for n in range(m, m + 50))) for m in range(0, 200, 50)))
        newer = msgspec.json.encode(body(1)).replace(b'"10"', b'"11"')
        await writer.apply(batch(record("r1", 11, body=newer)))
        # Had it been written again, it would now be one that needs the dictionary.
        assert await store.look(by_dictionary) == {0: 200}
        assert (await store.look(every_document))["r1"] == msgspec.json.decode(newer)
        await writer.apply(
            batch(record("r1", 12, body=newer.replace(b"10m", b"20m").replace(b'"11"', b'"12"')))
        )
        assert await store.look(by_dictionary) == {0: 199, 1: 1}


async def test_a_body_without_metadata_comes_back_as_it_is(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", body=b"{}")))
    row = (await store.objects())["podinfo"]
    assert await store.look(lambda connection: documents.load(connection, [row.id])) == {row.id: {}}


def compressed(codec: Codec, kind: str, count: int) -> int | None:
    """After how many documents of a kind a dictionary was learned."""
    for n in range(count):
        codec.compress(kind, msgspec.json.encode(body(n)))
        if codec.learn():
            return n + 1
    return None


def test_no_kind_fills_the_samples_alone() -> None:
    codec = Codec({}, samples=40)
    assert [compressed(codec, kind, 39) for kind in ("A", "B", "C")] == [None, None, None]
    codec = Codec({}, samples=40)
    assert [compressed(codec, kind, 12) for kind in ("A", "B", "C", "D")] == [None, None, None, 10]


def test_samples_are_not_awaited_for_ever() -> None:
    assert compressed(Codec({}, samples=40), "A", 1000) == 160


def test_what_cannot_be_learned_from_does_no_harm() -> None:
    codec = Codec({}, samples=1)
    assert codec.compress("A", b"{}")[0] == 0
    assert codec.learn() is None
    used, packed = codec.compress("A", b"{}")
    assert (used, codec.decompress(used, packed)) == (0, b"{}")

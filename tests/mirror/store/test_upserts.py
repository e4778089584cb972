"""Records become rows, and the same record twice is the same as once."""

from __future__ import annotations

import pytest
from msgspec import structs

from mirror.keys import ScopeKey
from mirror.records import Health, Record
from mirror.store import clusters, documents, edges
from mirror.store.changes import ScopeRemoved
from tests.mirror.store.scene import (
    RELEASES,
    STAGING,
    Store,
    batch,
    deletion,
    key,
    pages,
    reads,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("before", [None, record("podinfo", 9), record("podinfo", 9, uid="other")])
async def test_a_record_can_be_read_back_whole(store: Store, before: Record | None) -> None:
    told = Record(
        key=key("podinfo"),
        version="v2",
        uid="uid-of-podinfo",
        resource_version="12",
        generation=3,
        observed_generation=2,
        created_at=4.5,
        health=Health.FAILED,
        reason="InstallFailed",
        message="no such chart",
        since=6.5,
        revision="main@sha1:1234",
        labels={"team": "a"},
        body=b'{"metadata":{"name":"podinfo","resourceVersion":"12"}}',
    )
    if before:
        await store.writer.apply(batch(before))
    await store.writer.apply(batch(told))
    row = (await store.objects())["podinfo"]
    assert row.key == told.key
    same = set(structs.asdict(told)) & set(row._fields)
    assert {name: getattr(row, name) for name in same} == {name: getattr(told, name) for name in same}
    assert len(same) == 12
    assert (row.cluster, row.present, row.deleted_at) == ("staging", True, None)
    body = await store.look(lambda connection: documents.load(connection, [row.id]))
    assert body[row.id] == {"metadata": {"name": "podinfo", "resourceVersion": "12"}}


@pytest.mark.parametrize(
    ("stored", "told", "kept"),
    [(9, 10, 10), (10, 9, 10), (10, 10, 10), (100, 99, 100), (99, 100, 100)],
    ids=["newer", "older", "same", "older with fewer digits", "newer with more digits"],
)
async def test_a_watch_cannot_go_back_in_time(store: Store, stored: int, told: int, kept: int) -> None:
    await store.writer.apply(batch(record("podinfo", stored)))
    await store.writer.apply(batch(record("podinfo", told)))
    assert (await store.objects())["podinfo"].resource_version == str(kept)


@pytest.mark.parametrize("told", ["opaque", "0"])
async def test_versions_that_cannot_be_compared_are_believed(store: Store, told: str) -> None:
    await store.writer.apply(batch(record("podinfo", 9)))
    other = structs.replace(record("podinfo", health=Health.FAILED), resource_version=told)
    await store.writer.apply(batch(other))
    row = (await store.objects())["podinfo"]
    assert (row.resource_version, row.health) == (told, "Failed")


async def test_another_uid_is_another_object_whatever_its_version(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", 90, uid="first", needs=["values"])))
    before = (await store.objects())["podinfo"]
    await store.writer.apply(batch(record("podinfo", 80, uid="second")))
    after = (await store.objects())["podinfo"]
    assert (after.id, after.uid, after.resource_version) == (before.id, "second", "80")
    assert await store.links() == set()
    assert await store.names(present=None) == {"podinfo"}


async def test_a_list_is_believed_even_where_it_is_older(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", 90, health=Health.FAILED)))
    await store.replace([record("podinfo", 80)])
    row = (await store.objects())["podinfo"]
    assert (row.resource_version, row.health) == ("80", "Ready")


async def test_an_object_listed_again_belongs_to_the_scope_that_listed_it(store: Store) -> None:
    narrow = ScopeKey(STAGING, RELEASES.group, RELEASES.plural, "apps")
    await store.replace([record("podinfo")])
    await store.writer.apply(scope_update(narrow))
    await store.writer.replace(narrow, pages([record("podinfo")]), resource_version="60", at=1.0)
    await store.writer.apply(ScopeRemoved(RELEASES, 2.0))
    assert await store.names() == {"podinfo"}


async def test_the_document_follows_the_row(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", 9, body=b'{"metadata":{"resourceVersion":"9"},"a":1}')))
    row = (await store.objects())["podinfo"]

    async def document() -> object:
        return (await store.look(lambda connection: documents.load(connection, [row.id])))[row.id]

    await store.writer.apply(
        batch(record("podinfo", 10, body=b'{"metadata":{"resourceVersion":"10"},"a":1}'))
    )
    assert await document() == {"metadata": {"resourceVersion": "10"}, "a": 1}
    await store.writer.apply(
        batch(record("podinfo", 11, body=b'{"metadata":{"resourceVersion":"11"},"a":2}'))
    )
    assert await document() == {"metadata": {"resourceVersion": "11"}, "a": 2}


async def test_a_version_inside_the_content_is_not_taken_for_the_objects_own(store: Store) -> None:
    body = b'{"metadata":{"resourceVersion":"9"},"spec":{"seen":{"resourceVersion":"9"}}}'
    await store.writer.apply(batch(record("podinfo", 9, body=body)))
    row = (await store.objects())["podinfo"]
    loaded = await store.look(lambda connection: documents.load(connection, [row.id, 4711]))
    assert loaded == {
        row.id: {"metadata": {"resourceVersion": "9"}, "spec": {"seen": {"resourceVersion": "9"}}}
    }


async def test_edges_are_what_the_newest_record_says(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", 9, needs=["a", "b"])))
    assert await store.links() == {("podinfo", "a", False), ("podinfo", "b", False)}
    await store.writer.apply(batch(record("podinfo", 10, references=[reads("b", optional=True), reads("c")])))
    assert await store.links() == {("podinfo", "b", True), ("podinfo", "c", False)}
    assert await store.names(present=False) == {"b", "c"}


async def test_one_field_may_name_two_objects_and_two_fields_one(store: Store) -> None:
    references = [reads("a", field="spec.x"), reads("b", field="spec.x"), reads("a", field="spec.y")]
    await store.writer.apply(batch(record("podinfo", references=references)))
    row = (await store.objects())["podinfo"]
    assert len(await store.look(lambda connection: edges.outgoing(connection, [row.id]))) == 3


async def test_what_is_said_twice_is_needed_if_it_is_needed_once(store: Store) -> None:
    twice = [reads("a", optional=True), reads("a"), reads("a", optional=True)]
    await store.writer.apply(batch(record("podinfo", references=twice)))
    assert await store.links() == {("podinfo", "a", False)}


async def test_an_object_may_refer_to_itself(store: Store) -> None:
    own = reads("values", field="spec.self")
    await store.writer.apply(batch(record("values", kind="ConfigMap", references=[own])))
    assert await store.links() == {("values", "values", False)}
    await store.writer.apply(batch(gone=[deletion("values", kind="ConfigMap")]))
    assert await store.names(present=None) == set()


async def test_a_name_becomes_an_object_under_the_same_row(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", needs=["values"])))
    name = (await store.objects(present=False))["values"]
    assert (name.health, name.uid, name.deleted_at) == ("Unknown", "", None)
    await store.writer.apply(batch(record("values", kind="ConfigMap")))
    row = (await store.objects())["values"]
    assert (row.id, row.uid) == (name.id, "uid-of-values")


async def test_the_last_word_about_a_key_counts_within_a_batch(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", 10, uid="first"), record("podinfo", 11, uid="second")))
    assert (await store.objects())["podinfo"].uid == "second"


async def test_a_batch_may_be_applied_twice(store: Store) -> None:
    told = batch(record("podinfo", needs=["a"]), record("b", kind="ConfigMap"), gone=[deletion("c")])
    await store.writer.apply(told)
    before = (await store.objects(present=None), await store.links())
    generation = await store.look(clusters.generation)
    await store.writer.apply(told)
    assert (await store.objects(present=None), await store.links()) == before
    assert await store.look(clusters.generation) == generation


async def test_more_records_than_fit_into_one_statement(store: Store) -> None:
    many = [record(f"r{n}", needs=[f"c{n}", "shared"]) for n in range(1203)]
    await store.replace(many[:600], many[600:])
    assert len(await store.names()) == 1203
    assert len(await store.names(present=False)) == 1204
    assert len(await store.links()) == 2406

"""What is gone leaves nothing behind but the name, and that only while something refers to it."""

from __future__ import annotations

import pytest

from mirror.store import clusters, documents, events
from mirror.store.changes import ScopeRemoved
from tests.mirror.store.scene import (
    CONFIG_MAPS,
    EVENTS,
    RELEASES,
    Store,
    batch,
    deletion,
    event,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio


async def test_a_deleted_object_is_gone(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", needs=["values"])))
    await store.writer.apply(batch(gone=[deletion("podinfo")]))
    assert await store.names(present=None) == set()


async def test_a_deleted_object_stays_as_a_name_while_something_refers_to_it(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", needs=["values"])))
    await store.writer.apply(batch(record("values", kind="ConfigMap", needs=["more"]), scope=CONFIG_MAPS))
    await store.writer.apply(batch(gone=[deletion("values", kind="ConfigMap")], scope=CONFIG_MAPS, at=77.0))
    row = (await store.objects(present=False))["values"]
    assert (row.uid, row.deleted_at, row.health, row.reason, row.labels) == (
        "uid-of-values",
        77.0,
        "Unknown",
        "",
        {},
    )
    assert await store.links() == {("podinfo", "values", False)}
    assert await store.look(lambda connection: documents.load(connection, [row.id])) == {}
    assert await store.names(present=None) == {"podinfo", "values"}


async def test_the_name_goes_with_its_last_referrer(store: Store) -> None:
    await store.writer.apply(batch(record("one", needs=["values"]), record("two", needs=["values"])))
    await store.writer.apply(batch(gone=[deletion("one")]))
    assert await store.names(present=None) == {"two", "values"}
    await store.writer.apply(batch(record("two", 11)))
    assert await store.names(present=None) == {"two"}


async def test_a_deleted_object_can_come_back(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", needs=["values"])))
    await store.writer.apply(batch(record("values", kind="ConfigMap"), scope=CONFIG_MAPS))
    await store.writer.apply(batch(gone=[deletion("values", kind="ConfigMap")], scope=CONFIG_MAPS))
    await store.writer.apply(batch(record("values", 12, kind="ConfigMap", uid="new"), scope=CONFIG_MAPS))
    row = (await store.objects())["values"]
    assert (row.uid, row.deleted_at) == ("new", None)


async def test_a_deletion_spares_the_successor(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", 20, uid="second")))
    await store.writer.apply(batch(gone=[deletion("podinfo", uid="first")]))
    assert await store.names() == {"podinfo"}


async def test_deleted_and_made_again_within_one_batch(store: Store) -> None:
    await store.writer.apply(batch(record("podinfo", 10, uid="first", needs=["a"])))
    await store.writer.apply(
        batch(record("podinfo", 12, uid="second"), gone=[deletion("podinfo", uid="first")])
    )
    assert (await store.objects(present=None)).keys() == {"podinfo"}
    assert (await store.objects())["podinfo"].uid == "second"


async def test_a_deletion_of_something_unknown_changes_nothing(store: Store) -> None:
    before = await store.look(clusters.generation)
    await store.writer.apply(batch(gone=[deletion("podinfo")]))
    assert await store.look(clusters.generation) == before


async def test_a_list_removes_what_it_does_not_show(store: Store) -> None:
    await store.replace([record("one"), record("two", needs=["values"])])
    await store.replace([record("values", kind="ConfigMap")], scope=CONFIG_MAPS)
    await store.replace([record("one"), record("three")], version="60", at=600.0)
    assert await store.names(present=None) == {"one", "three", "values"}
    scopes = {row.plural: row for row in await store.look(clusters.scopes)}
    assert (scopes["helmreleases"].resource_version, scopes["helmreleases"].listed_at) == ("60", 600.0)


async def test_an_empty_list_removes_everything_of_its_scope_only(store: Store) -> None:
    await store.replace([record("one"), record("two")])
    await store.replace([record("values", kind="ConfigMap")], scope=CONFIG_MAPS)
    await store.replace()
    assert await store.names(present=None) == {"values"}


async def test_a_swept_object_can_come_back_at_its_old_version(store: Store) -> None:
    await store.replace([record("one", needs=["two"]), record("two", kind="ConfigMap")])
    await store.replace([record("one", needs=["two"])])
    await store.writer.apply(batch(record("two", kind="ConfigMap")))
    assert await store.names() == {"one", "two"}


async def test_a_list_of_events_removes_neither_events_nor_objects(store: Store) -> None:
    await store.replace([event("a"), event("b")], scope=EVENTS)
    await store.replace([record("one")])
    await store.replace([event("c")], scope=EVENTS)
    await store.replace(scope=EVENTS)
    assert len(await store.look(lambda connection: events.select(connection, limit=100))) == 3
    assert await store.names() == {"one"}


async def test_a_removed_scope_takes_its_objects_along(store: Store) -> None:
    await store.replace([record("one", needs=["values"])])
    await store.replace([record("values", kind="ConfigMap")], scope=CONFIG_MAPS)
    await store.writer.apply(ScopeRemoved(CONFIG_MAPS, 5.0))
    assert await store.names() == {"one"}
    assert await store.names(present=False) == {"values"}
    await store.writer.apply(ScopeRemoved(RELEASES, 6.0))
    assert await store.names(present=None) == set()
    assert [row.plural for row in await store.look(clusters.scopes)] == ["events"]


async def test_a_removed_scope_that_is_not_known_is_nothing(store: Store) -> None:
    await store.writer.apply(ScopeRemoved(RELEASES, 5.0))
    before = await store.look(clusters.generation)
    await store.writer.apply(ScopeRemoved(RELEASES, 5.0))
    assert await store.look(clusters.generation) == before


TEAM = CONFIG_MAPS._replace(namespace="apps")


async def test_a_list_of_one_namespace_ends_what_the_whole_once_showed_there(store: Store) -> None:
    await store.replace(
        [record(name, kind="ConfigMap") for name in ("gone", "kept")], scope=CONFIG_MAPS, version="50"
    )
    await store.writer.apply(scope_update(TEAM))
    await store.replace([record("kept", kind="ConfigMap")], scope=TEAM, version="60")
    assert await store.names() == {"kept"}


async def test_a_list_says_nothing_about_what_another_scope_has_heard_since(store: Store) -> None:
    await store.writer.apply(scope_update(TEAM))
    await store.replace([record("newer", 70, kind="ConfigMap")], scope=TEAM, version="70")
    await store.replace(scope=CONFIG_MAPS, version="60")
    assert await store.names() == {"newer"}


async def test_an_heir_gets_everything_until_it_is_listed_anew(store: Store) -> None:
    await store.writer.apply(scope_update(TEAM))
    both = record("seen by both", 55, kind="ConfigMap")
    await store.replace([both], scope=CONFIG_MAPS, version="60")
    await store.replace([both, record("newer", 70, kind="ConfigMap")], scope=TEAM, version="70")
    await store.writer.apply(ScopeRemoved(TEAM, at=99.0, heir=CONFIG_MAPS))
    assert await store.names() == {"seen by both", "newer"}
    heir = next(row for row in await store.look(clusters.scopes) if row.plural == CONFIG_MAPS.plural)
    assert heir.resource_version == "", "nobody resumes before that list"
    await store.replace([both], scope=CONFIG_MAPS, version="80")
    assert await store.names() == {"seen by both"}

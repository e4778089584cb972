"""Clusters, what they serve and how they are followed; and which of that a question can see."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from mirror.keys import ClusterName, Resource, ScopeKey
from mirror.store import clusters, events, objects
from mirror.store.changes import (
    Change,
    ClusterForgotten,
    ClusterState,
    ClusterUpdate,
    Heartbeat,
    MirrorStarted,
    ResourcesDiscovered,
    ScopeAudited,
    ScopeState,
    ScopeUpdate,
)
from mirror.store.rows import ScopeRow
from tests.mirror.store.scene import (
    EVENTS,
    RELEASES,
    STAGING,
    Store,
    batch,
    cluster_update,
    event,
    pages,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio

RELEASE = Resource(
    "helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", True, "helmrelease", ("hr",)
)
NODE = Resource("", "v1", "Node", "nodes", False)


def discovered(*resources: Resource) -> ResourcesDiscovered:
    return ResourcesDiscovered(STAGING, resources, tuple((r.version, "v2beta2") for r in resources))


async def test_a_cluster_keeps_what_is_not_said_again(store: Store) -> None:
    await store.writer.apply(cluster_update(server="https://one", uid="u", version="1.35"))
    await store.writer.apply(
        ClusterUpdate(cluster=STAGING, state=ClusterState.STALE, at=9.0, error="gone", hint="wait")
    )
    (row,) = await store.look(clusters.clusters)
    assert (row.server, row.uid, row.version) == ("https://one", "u", "1.35")
    assert (row.state, row.state_since, row.error, row.hint) == ("stale", 9.0, "gone", "wait")


async def test_a_state_lasts_since_it_began(store: Store) -> None:
    again = ClusterUpdate(cluster=STAGING, state=ClusterState.SYNCING, at=9.0, error="still")
    await store.writer.apply(again)
    (row,) = await store.look(clusters.clusters)
    assert (row.state_since, row.error) == (1.0, "still")


async def filled(store: Store) -> None:
    await store.writer.apply(cluster_update(uid="first"), discovered(RELEASE))
    await store.replace([record("podinfo", needs=["values"])])
    await store.replace([event("a")], scope=EVENTS)


async def test_another_uid_means_another_cluster(store: Store) -> None:
    await filled(store)
    await store.writer.apply(cluster_update(uid="second"))
    assert await store.names(present=None) == set()
    assert await store.look(clusters.scopes) == []
    assert await store.look(clusters.resources) == []
    assert await store.look(lambda connection: events.select(connection, limit=9)) == []
    assert [row.uid for row in await store.look(clusters.clusters)] == ["second"]


@pytest.mark.parametrize("uid", ["first", ""])
async def test_the_same_or_an_unreadable_uid_keeps_everything(store: Store, uid: str) -> None:
    await filled(store)
    await store.writer.apply(cluster_update(uid=uid))
    assert await store.names() == {"podinfo"}


async def test_a_uid_that_is_learned_late_keeps_everything(store: Store) -> None:
    await store.replace([record("podinfo")])
    await store.writer.apply(cluster_update(uid="first"))
    assert await store.names() == {"podinfo"}


async def test_a_forgotten_cluster_leaves_the_others_alone(store: Store) -> None:
    await filled(store)
    other = ScopeKey(ClusterName("production"), RELEASES.group, RELEASES.plural)
    await store.writer.apply(cluster_update("production"), scope_update(other))
    await store.writer.replace(other, pages([record("podinfo")]), resource_version="1", at=1.0)
    await store.writer.apply(ClusterForgotten(STAGING))
    assert [row.name for row in await store.look(clusters.clusters)] == ["production"]
    assert [row.cluster for row in await store.look(objects.select)] == ["production"]
    await store.writer.apply(ClusterForgotten(STAGING))


async def test_groups_that_could_not_be_read_are_kept_until_they_are(store: Store) -> None:
    unread = msgspec.structs.replace(discovered(NODE), unread=("", "metrics.k8s.io"))
    await store.writer.apply(unread)
    before = await store.look(clusters.generation)
    await store.writer.apply(unread)
    assert await store.look(clusters.generation) == before, "nothing new"
    (row,) = await store.look(clusters.clusters)
    assert row.unread_groups == ("", "metrics.k8s.io")
    await store.writer.apply(discovered(NODE))
    (row,) = await store.look(clusters.clusters)
    assert row.unread_groups == ()
    assert await store.look(clusters.generation) > before


async def test_resources_are_replaced_as_a_whole(store: Store) -> None:
    await store.writer.apply(discovered(RELEASE, NODE))
    await store.writer.apply(discovered(RELEASE))
    (row,) = await store.look(clusters.resources)
    assert (row.kind, row.short_names, row.namespaced) == ("HelmRelease", ("hr",), True)
    assert row.served_versions == ("v2", "v2beta2")
    await store.writer.apply(discovered())
    assert await store.look(clusters.resources) == []


async def test_counters_add_up_and_a_scope_changes_its_version(store: Store) -> None:
    await store.writer.apply(scope_update(RELEASES, ScopeState.WATCHING, lists=1, watches=2))
    newer = ScopeUpdate(
        scope=RELEASES,
        kind="HelmRelease",
        version="v2",
        state=ScopeState.WATCHING,
        at=9.0,
        watches=1,
        error="x",
    )
    await store.writer.apply(newer)
    row = next(row for row in await store.look(clusters.scopes) if row.plural == "helmreleases")
    assert (row.lists, row.watches, row.failures) == (1, 3, 0)
    assert (row.version, row.state, row.state_since, row.error) == ("v2", "watching", 2.0, "x")


async def test_a_bookmark_moves_the_resource_version(store: Store) -> None:
    await store.replace([record("podinfo")])
    await store.writer.apply(batch(version="777", at=70.0))
    row = next(row for row in await store.look(clusters.scopes) if row.plural == "helmreleases")
    assert (row.resource_version, row.received_at, row.listed_at) == ("777", 70.0, 500.0)


async def test_a_heartbeat_confirms_clusters(store: Store) -> None:
    assert (await store.look(clusters.meta)).heartbeat_at is None
    await store.writer.apply(Heartbeat(88.5, (STAGING, ClusterName("unknown"))))
    assert (await store.look(clusters.meta)).heartbeat_at == 88.5
    assert [row.confirmed_at for row in await store.look(clusters.clusters)] == [88.5]


async def release_scope(store: Store) -> ScopeRow:
    return next(row for row in await store.look(clusters.scopes) if row.plural == "helmreleases")


async def test_a_heartbeat_says_whose_open_streams_can_be_trusted(store: Store) -> None:
    await store.writer.apply(Heartbeat(88.5, (), (STAGING,)))
    (row,) = await store.look(clusters.clusters)
    assert (row.confirmed_at, row.heard_at) == (None, 88.5)


async def test_a_stream_that_goes_down_keeps_the_last_sign_that_it_was_open(store: Store) -> None:
    await store.writer.apply(Heartbeat(1.0, (STAGING,)), scope_update(RELEASES, ScopeState.WATCHING))
    await store.writer.apply(scope_update(RELEASES, ScopeState.RECONNECTING))
    assert (await release_scope(store)).current_at is None, "that sign came before the stream was open"
    await store.writer.apply(
        scope_update(RELEASES, ScopeState.WATCHING),
        Heartbeat(70.0, (STAGING,)),
        Heartbeat(71.0, (), (STAGING,)),
        scope_update(RELEASES, ScopeState.RECONNECTING),
        Heartbeat(90.0, (STAGING,)),
        scope_update(RELEASES, ScopeState.FAILED),
    )
    assert (await release_scope(store)).current_at == 71.0


async def test_a_mirror_that_starts_finds_no_stream_open(store: Store) -> None:
    await store.writer.apply(scope_update(RELEASES, ScopeState.WATCHING), Heartbeat(70.0, (STAGING,)))
    before = await store.look(clusters.generation)
    await store.writer.apply(MirrorStarted(500.0))
    row = await release_scope(store)
    assert (row.state, row.state_since, row.current_at) == ("reconnecting", 500.0, 70.0)
    assert await store.look(clusters.generation) == before + 1
    others = [row for row in await store.look(clusters.scopes) if row.plural != "helmreleases"]
    assert {row.state for row in others} == {"listing"}


async def test_the_counters_of_this_run_are_those_since_it_began(store: Store) -> None:
    await store.writer.apply(scope_update(RELEASES, ScopeState.WATCHING, lists=2, watches=9, bytes=700))
    assert (await release_scope(store)).of_this_run().watches == 9
    await store.writer.apply(
        MirrorStarted(500.0), scope_update(RELEASES, ScopeState.WATCHING, watches=1, expirations=3)
    )
    row = await release_scope(store)
    run = row.of_this_run()
    assert (row.lists, row.watches, row.expirations, row.bytes) == (2, 10, 3, 700)
    assert (run.lists, run.watches, run.expirations, run.bytes) == (0, 1, 3, 0)


async def test_an_audit_is_kept_and_no_question_changes_by_it(store: Store) -> None:
    before = await store.look(clusters.generation)
    await store.writer.apply(
        ScopeAudited(RELEASES, 99.0, 3), ScopeAudited(ScopeKey(STAGING, "", "x"), 1.0, 1)
    )
    row = await release_scope(store)
    assert (row.audited_at, row.drift) == (99.0, 3)
    assert await store.look(clusters.generation) == before


async def test_a_store_knows_its_name_and_birthday(store: Store) -> None:
    meta = await store.look(clusters.meta)
    assert len(meta.store_id) == 32
    assert meta.created_at > 1.7e9


VISIBLE: list[tuple[str, Sequence[Change]]] = [
    ("a record", [batch(record("new"))]),
    ("a state of a scope", [scope_update(RELEASES, ScopeState.FORBIDDEN)]),
    ("a state of a cluster", [cluster_update(state=ClusterState.SYNCED)]),
    ("a served kind", [discovered(RELEASE, NODE)]),
    ("an event", [batch(events=[event("z")], scope=EVENTS)]),
    ("an expired event", [Heartbeat(1e9, ())]),
    ("a forgotten cluster", [ClusterForgotten(STAGING)]),
]
INVISIBLE: list[tuple[str, Sequence[Change]]] = [
    ("a heartbeat", [Heartbeat(5.0, (STAGING,))]),
    ("a bookmark", [batch(version="5000")]),
    ("counters", [scope_update(RELEASES, lists=1, failures=2)]),
    ("the same again", [discovered(RELEASE), cluster_update(), batch(record("podinfo", needs=["values"]))]),
    ("the same event", [batch(events=[event("a")], scope=EVENTS)]),
]


@pytest.mark.parametrize("changes", [pytest.param(c, id=name) for name, c in VISIBLE])
async def test_the_generation_grows_by_one_with_what_can_be_seen(
    store: Store, changes: Sequence[Change]
) -> None:
    await filled(store)
    before = await store.look(clusters.generation)
    await store.writer.apply(*changes)
    assert await store.look(clusters.generation) == before + 1


@pytest.mark.parametrize("changes", [pytest.param(c, id=name) for name, c in INVISIBLE])
async def test_the_generation_ignores_what_cannot_be_seen(store: Store, changes: Sequence[Change]) -> None:
    await filled(store)
    before = await store.look(clusters.generation)
    await store.writer.apply(*changes)
    assert await store.look(clusters.generation) == before


async def test_the_first_list_is_seen_even_when_it_is_empty(store: Store) -> None:
    before = await store.look(clusters.generation)
    await store.replace()
    await store.replace(version="51", at=501.0)
    assert await store.look(clusters.generation) == before + 1

"""How the streams of a cluster are summed up beside it: whatever happens, it is what they say one by one."""

from __future__ import annotations

from random import Random

import pytest

from mirror.keys import METRICS_GROUP, ClusterName, ScopeKey
from mirror.store import clusters
from mirror.store.changes import (
    Change,
    ClusterForgotten,
    ClusterRenamed,
    MirrorStarted,
    ScopeRemoved,
    ScopeState,
    ScopeUpdate,
)
from mirror.store.rows import ClusterRow, ScopeRow
from tests.mirror.store.scene import Store, cluster_update, pages

pytestmark = pytest.mark.anyio

NAMES = [ClusterName("staging"), ClusterName("production")]
KINDS = {"pods": ("", "Pod"), "jobs": ("batch", "Job"), "nodes": (METRICS_GROUP, "NodeMetrics")}

Summary = tuple[int, int, float | None]


def summed_up(row: ClusterRow, scopes: list[ScopeRow]) -> Summary:
    mine = [scope for scope in scopes if scope.cluster == row.name and scope.group != METRICS_GROUP]
    fine = [scope for scope in mine if scope.state == ScopeState.WATCHING and scope.listed_at is not None]
    return len(fine), len(mine) - len(fine), max((scope.state_since for scope in fine), default=None)


class Life:
    """What may happen to the streams of two clusters, by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def scope(self) -> ScopeKey:
        plural = self.chance.choice(list(KINDS))
        namespace = self.chance.choice(["", "team-a"])
        return ScopeKey(self.chance.choice(NAMES), KINDS[plural][0], plural, namespace)

    def stream(self, at: float) -> ScopeUpdate:
        scope = self.scope()
        state = self.chance.choice([ScopeState.WATCHING, ScopeState.WATCHING, *ScopeState])
        return ScopeUpdate(scope=scope, kind=KINDS[scope.plural][1], version="v1", state=state, at=at)

    def change(self, at: float) -> Change:
        name = self.chance.choice(NAMES)
        rare: list[Change] = [
            ScopeRemoved(self.scope(), at),
            MirrorStarted(at),
            MirrorStarted(at, clusters=(name,)),
            ClusterForgotten(name),
            ClusterRenamed(cluster=NAMES[0], to=NAMES[1], identity=""),
            cluster_update(name, uid=self.chance.choice(["u1", "u2"])),
        ]
        return self.chance.choice(rare) if self.chance.random() < 0.4 else self.stream(at)


async def exist(store: Store) -> None:
    for name in NAMES:
        await store.writer.apply(cluster_update(name))


@pytest.mark.parametrize("seed", range(2))
async def test_a_cluster_says_how_its_streams_are(store: Store, seed: int) -> None:
    life = Life(seed)
    seen: set[Summary] = set()
    await exist(store)
    for at in range(10, 110):
        await store.writer.apply(life.change(at))
        await exist(store)
        if life.chance.random() < 0.3:
            update = life.stream(at)
            await store.writer.apply(update)
            await store.writer.replace(update.scope, pages(), resource_version="7", at=at)
        rows, scopes = await store.look(lambda seen: (clusters.clusters(seen), clusters.scopes(seen)))
        for row in rows:
            told = (row.streams_open, row.streams_down, row.streams_since)
            assert told == summed_up(row, scopes)
            seen.add(told)
    assert len(seen) > 15


async def test_another_cluster_behind_the_same_name_has_no_streams_yet(store: Store) -> None:
    pods, jobs = ScopeKey(NAMES[1], "", "pods"), ScopeKey(NAMES[1], "batch", "jobs")
    await store.writer.apply(cluster_update(NAMES[1], uid="u1"))
    await store.writer.apply(
        ScopeUpdate(scope=pods, kind="Pod", version="v1", state=ScopeState.WATCHING, at=5.0)
    )
    await store.writer.apply(
        ScopeUpdate(scope=jobs, kind="Job", version="v1", state=ScopeState.FAILED, at=6.0)
    )
    await store.writer.replace(pods, pages(), resource_version="7", at=7.0)
    row = {row.name: row for row in await store.look(clusters.clusters)}[NAMES[1]]
    assert (row.streams_open, row.streams_down, row.streams_since) == (1, 1, 5.0)
    await store.writer.apply(cluster_update(NAMES[1], uid="u2"))
    row = {row.name: row for row in await store.look(clusters.clusters)}[NAMES[1]]
    assert (row.streams_open, row.streams_down, row.streams_since) == (0, 0, None)

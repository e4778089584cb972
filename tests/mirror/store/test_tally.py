"""How many objects there are of each kind and health is known without counting them."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from mirror.keys import ClusterName, GroupKind
from mirror.records import Health
from mirror.store import tally
from mirror.store.changes import ClusterForgotten, Deletion
from mirror.store.tables import tally as table
from tests.mirror.store.scene import (
    CONFIG_MAPS,
    RELEASES,
    STAGING,
    Store,
    batch,
    cluster_update,
    key,
    pages,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio

PRODUCTION = ClusterName("production")
FLUX = "helm.toolkit.fluxcd.io"


@pytest.fixture
async def fleet(store: Store) -> Store:
    """Two clusters; in one of them a release is broken and its ConfigMap missing."""
    await store.writer.apply(
        cluster_update(PRODUCTION),
        *(scope_update(scope._replace(cluster=PRODUCTION)) for scope in (RELEASES, CONFIG_MAPS)),
        batch(record("web"), record("api"), record("values", kind="ConfigMap"), scope=RELEASES),
        batch(
            record("web", health=Health.FAILED, needs=["values"]),
            record("api", health=Health.SUSPENDED),
            scope=RELEASES._replace(cluster=PRODUCTION),
        ),
    )
    return store


async def test_health_is_counted_of_what_exists(fleet: Store) -> None:
    both = await fleet.look(tally.count_by_health)
    assert both == [
        ("production", FLUX, "HelmRelease", "Failed", 1),
        ("production", FLUX, "HelmRelease", "Suspended", 1),
        ("staging", "", "ConfigMap", "Ready", 1),
        ("staging", FLUX, "HelmRelease", "Ready", 2),
    ]
    assert await fleet.look(lambda c: tally.count_by_health(c, ["production"])) == both[:2]
    assert await fleet.look(lambda c: tally.count_by_health(c, [])) == []
    only = {GroupKind("", "ConfigMap")}
    assert await fleet.look(lambda c: tally.count_by_health(c, None, only)) == both[2:3]


async def counts(store: Store) -> list[tuple[str, str, int]]:
    return [row[2:] for row in await store.look(tally.count_by_health)]


async def test_what_changes_is_counted_anew(store: Store) -> None:
    await store.writer.apply(batch(record("web"), record("api"), record("web", 11)))
    assert await counts(store) == [("HelmRelease", "Ready", 2)]
    await store.writer.apply(batch(record("web", 12, health=Health.FAILED)))
    assert await counts(store) == [("HelmRelease", "Failed", 1), ("HelmRelease", "Ready", 1)]
    await store.writer.apply(batch(gone=[Deletion(key("web", "HelmRelease"), "uid-of-web", "13")]))
    assert await counts(store) == [("HelmRelease", "Ready", 1)]
    await store.writer.apply(batch(gone=[Deletion(key("web", "HelmRelease"), "uid-of-web", "13")]))
    assert await counts(store) == [("HelmRelease", "Ready", 1)]
    listed = pages([record("web", 14), record("new", 14, health=Health.PROGRESSING)])
    await store.writer.replace(RELEASES, listed, resource_version="14", at=3.0)
    assert await counts(store) == [("HelmRelease", "Progressing", 1), ("HelmRelease", "Ready", 1)]


async def test_nothing_is_left_of_a_cluster_that_is_forgotten(fleet: Store) -> None:
    def rows(connection: Connection) -> int:
        return len(connection.execute(select(table)).all())

    before = await fleet.look(rows)
    await fleet.writer.apply(ClusterForgotten(STAGING))
    assert [row[0] for row in await fleet.look(tally.count_by_health)] == ["production", "production"]
    assert await fleet.look(rows) == before - 2

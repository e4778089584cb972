"""Finding objects: filters, order."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from mirror.keys import ClusterName, GroupKind
from mirror.records import Health
from mirror.store import objects, tally
from mirror.store.rows import ObjectRow
from tests.mirror.store.plans import plan_of
from tests.mirror.store.scene import (
    CONFIG_MAPS,
    RELEASES,
    Store,
    batch,
    cluster_update,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio

PRODUCTION = ClusterName("production")


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


def shown(rows: list[ObjectRow]) -> list[str]:
    return [f"{row.cluster} {row.key}" for row in rows]


async def test_objects_come_in_order(fleet: Store) -> None:
    assert shown(await fleet.look(objects.select)) == [
        "production HelmRelease/apps/api",
        "production HelmRelease/apps/web",
        "staging ConfigMap/apps/values",
        "staging HelmRelease/apps/api",
        "staging HelmRelease/apps/web",
    ]


async def test_filters_narrow(fleet: Store) -> None:
    def ask(connection: Connection) -> list[list[str]]:
        select = objects.select
        return [
            shown(rows)
            for rows in (
                select(connection, clusters=["production"], name="web"),
                select(connection, clusters=[]),
                select(connection, kind="ConfigMap", group=""),
                select(connection, group="helm.toolkit.fluxcd.io", name="api", limit=1),
                select(connection, health=["Failed", "Suspended"]),
                select(connection, namespace=""),
                select(connection, present=False),
                select(connection, kind="ConfigMap", present=None),
            )
        ]

    assert await fleet.look(ask) == [
        ["production HelmRelease/apps/web"],
        [],
        ["staging ConfigMap/apps/values"],
        ["production HelmRelease/apps/api"],
        ["production HelmRelease/apps/api", "production HelmRelease/apps/web"],
        [],
        ["production ConfigMap/apps/values"],
        ["production ConfigMap/apps/values", "staging ConfigMap/apps/values"],
    ]


async def test_rows_by_cluster_and_key(fleet: Store) -> None:
    def ask(connection: Connection) -> bool:
        rows = objects.select(connection, present=None)
        unknown = [("nowhere", rows[0].key), (rows[0].cluster, rows[0].key._replace(name="nobody"))]
        found = objects.by_keys(connection, [*((row.cluster, row.key) for row in rows), *unknown])
        return sorted(found, key=lambda row: row.id) == sorted(rows, key=lambda row: row.id)

    assert await fleet.look(ask)


async def test_rows_by_id(fleet: Store) -> None:
    def ask(connection: Connection) -> bool:
        rows = objects.select(connection, present=None)
        wanted = [row.id for row in rows] * 300 + [4711]
        return objects.by_ids(connection, wanted) == {row.id: row for row in rows}

    assert await fleet.look(ask)


async def test_kinds_are_those_of_which_something_exists(store: Store) -> None:
    assert await store.look(objects.kinds) == []
    await store.writer.apply(batch(record("web", needs=["values"])))
    assert await store.look(objects.kinds) == [GroupKind("helm.toolkit.fluxcd.io", "HelmRelease")]


async def test_no_question_reads_every_object(fleet: Store) -> None:
    def questions(connection: Connection) -> None:
        select = objects.select
        flux = "helm.toolkit.fluxcd.io"
        for clusters in (None, ["staging"], ["staging", "production"]):
            select(
                connection, clusters=clusters, group=flux, kind="HelmRelease", namespace="apps", name="web"
            )
            select(connection, clusters=clusters, kind="HelmRelease", name="web", present=None)
            select(connection, clusters=clusters, kind="HelmRelease", limit=5)
            select(connection, clusters=clusters, group=flux, kind="HelmRelease", namespace="apps")
            select(connection, clusters=clusters, group=flux, kind="HelmRelease", health=["Failed"])
            select(connection, clusters=clusters, health=["Failed"], limit=5)
            select(connection, clusters=clusters, namespace="apps")
            tally.count_by_health(connection, clusters)
        objects.by_ids(connection, [1, 2, 3])
        objects.kinds(connection)

    found = await fleet.look(plan_of(questions))
    assert [line for line in found if line.startswith("SCAN object")] == []
    assert any("object_by_health" in line for line in found)

"""Rows that change their owner: another user, another name for the same cluster, an alias without any."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.keys import ClusterName
from mirror.store import clusters, objects
from mirror.store.changes import ClusterRenamed
from tests.mirror.store.scene import STAGING, Store, cluster_update, record

pytestmark = pytest.mark.anyio

VPN, OTHER = ClusterName("vpn"), ClusterName("other")


async def rows(store: Store, name: str = STAGING) -> list[str]:
    return [row.name for row in await store.look(lambda c: objects.select(c, clusters=[name]))]


async def filled(store: Store) -> None:
    await store.writer.apply(cluster_update(server="https://one", uid="u", identity="me"))
    await store.replace([record("podinfo")])


@pytest.mark.parametrize(
    "again",
    [
        {"identity": "me"},
        {"server": "https://two", "uid": "u"},
        {"server": "https://one"},
        {"alias_of": ""},
    ],
    ids=str,
)
async def test_rows_stay_where_cluster_and_user_are_the_same(store: Store, again: dict[str, Any]) -> None:
    await filled(store)
    await store.writer.apply(cluster_update(**again))
    assert await rows(store) == ["podinfo"]


@pytest.mark.parametrize(
    "other",
    [
        {"identity": "somebody else"},
        {"server": "https://one", "uid": "another"},
        {"server": "https://two"},
        {"alias_of": "vpn"},
    ],
    ids=str,
)
async def test_rows_go_where_cluster_or_user_may_be_another(store: Store, other: dict[str, Any]) -> None:
    await filled(store)
    await store.writer.apply(cluster_update(**other))
    assert await rows(store) == []
    (row,) = await store.look(clusters.clusters)
    assert (row.confirmed_at, row.alias_of) == (None, other.get("alias_of", ""))


async def test_an_alias_takes_over_the_rows_and_the_other_aliases(store: Store) -> None:
    await filled(store)
    for alias in (VPN, OTHER):
        await store.writer.apply(cluster_update(alias, uid="u", alias_of=STAGING))
    await store.writer.apply(ClusterRenamed(cluster=STAGING, to=VPN, identity="me too"))
    assert await rows(store, VPN) == ["podinfo"]
    found = {row.name: row for row in await store.look(clusters.clusters)}
    assert {name: row.alias_of for name, row in found.items()} == {VPN: "", OTHER: VPN}
    assert (found[VPN].uid, found[VPN].identity) == ("u", "me too")


async def test_there_is_nothing_to_take_over_from_a_cluster_that_is_gone(store: Store) -> None:
    await filled(store)
    await store.writer.apply(ClusterRenamed(cluster=OTHER, to=STAGING, identity="me"))
    assert await rows(store) == ["podinfo"]

"""What charts and images are in use: exact at every moment, whatever the index has already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest
from msgspec import structs
from sqlalchemy import Connection

from mirror.keys import ClusterName, ScopeKey
from mirror.records import Mention, Record
from mirror.store import clusters
from mirror.store.changes import ClusterForgotten, Heartbeat
from mirror.store.mentioned import count_mentions
from mirror.store.searchable import MARKS
from tests.mirror.store.scene import (
    RELEASES,
    STAGING,
    Store,
    batch,
    cluster_update,
    deletion,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio

PRODUCTION = ClusterName("production")
Counted = tuple[Counter[tuple[str, str]], int]


def runs(name: str, *said: str, field: str = "chart", version: int = 10) -> Record:
    return structs.replace(record(name, version), mentions=tuple(Mention(field, each) for each in said))


async def counted(store: Store, prefix: str = "", field: str = "chart", *, one: bool = True) -> Counted:
    def ask(connection: Connection) -> tuple[Counter[tuple[str, str]], int]:
        names = clusters.cluster_names(connection, None)
        return count_mentions(connection, MARKS[field], lambda said: said.startswith(prefix), names, one=one)

    found, total = await store.look(ask)
    return found, total


async def beat(store: Store) -> None:
    await store.writer.apply(Heartbeat(at=2000.0, confirmed=()))


async def both_ways(
    store: Store, numbers: Mapping[tuple[str, str], int], total: int, prefix: str = "", field: str = "chart"
) -> None:
    """Before the index has caught up and afterwards; counted again object by object, too."""
    expected = Counter(numbers), total
    for _ in range(2):
        assert await counted(store, prefix, field, one=False) == expected
        await beat(store)
    assert await counted(store, prefix, field, one=field == "chart") == expected


async def test_each_value_is_counted_where_it_is(store: Store) -> None:
    elsewhere = ScopeKey(PRODUCTION, RELEASES.group, RELEASES.plural)
    await store.writer.apply(cluster_update(PRODUCTION), scope_update(elsewhere))
    await store.writer.apply(batch(runs("a", "web 1"), runs("b", "web 1"), runs("c", "web 2")))
    await store.writer.apply(batch(runs("a", "web 1"), runs("d", "api 1"), scope=elsewhere))
    web: dict[tuple[str, str], int] = {("web 1", STAGING): 2, ("web 2", STAGING): 1, ("web 1", PRODUCTION): 1}
    await both_ways(store, web, 4, "web")
    web["api 1", PRODUCTION] = 1
    await both_ways(store, web, 5)
    await store.writer.apply(ClusterForgotten(STAGING))
    await both_ways(store, {("web 1", PRODUCTION): 1}, 1, "web")


async def test_an_object_with_several_values_is_one_object(store: Store) -> None:
    await store.writer.apply(
        batch(runs("a", "web:1", "proxy:1", field="image"), runs("b", "web:1", field="image"))
    )
    await both_ways(store, {("web:1", STAGING): 2, ("proxy:1", STAGING): 1}, 2, field="image")
    await both_ways(store, {}, 0, field="chart")


async def test_what_is_said_no_more_counts_no_more(store: Store) -> None:
    await store.writer.apply(batch(runs("a", "web 1"), runs("b", "web 1")))
    await beat(store)
    await store.writer.apply(batch(runs("a", "web 2", version=11), version="101"))
    await both_ways(store, {("web 1", STAGING): 1, ("web 2", STAGING): 1}, 2)
    await store.writer.apply(batch(gone=[deletion("b")], version="102"))
    await both_ways(store, {("web 2", STAGING): 1}, 1)


async def test_a_row_that_another_cluster_takes_is_counted_there(store: Store) -> None:
    """The same words in the same row: nothing is indexed again, and yet it is another object."""
    elsewhere = ScopeKey(PRODUCTION, RELEASES.group, RELEASES.plural)
    await store.writer.apply(cluster_update(PRODUCTION), scope_update(elsewhere))
    await store.writer.apply(batch(runs("a", "web 1")))
    await beat(store)
    await store.writer.apply(batch(gone=[deletion("a")], version="101"))
    await store.writer.apply(batch(runs("a", "web 1"), scope=elsewhere))
    await both_ways(store, {("web 1", PRODUCTION): 1}, 1)
    assert len(await store.look(clusters.clusters)) == 2

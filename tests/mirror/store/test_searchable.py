"""What can be found, before and after the index has caught up."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest
from msgspec import structs
from sqlalchemy import Connection

from mirror.clock import SystemClock
from mirror.records import Health, Mention, Record
from mirror.settings import WriterSettings
from mirror.store import clusters, search, searchable
from mirror.store.changes import ClusterForgotten, Heartbeat
from mirror.store.event_search import find_events
from mirror.store.paths import StorePaths
from mirror.store.search import Within
from mirror.store.writer import Writer
from tests.mirror.store.scene import (
    EVENTS,
    RELEASES,
    STAGING,
    Store,
    batch,
    cluster_update,
    deletion,
    event,
    pages,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio

EVERYWHERE = Within()


def release(name: str, version: int = 10, **more: object) -> Record:
    return structs.replace(record(name, version), **more)


def finding(
    *texts: str, within: Within = EVERYWHERE, most: int | None = None
) -> Callable[[Connection], list[str]]:
    return lambda connection: [
        hit.key.name for hit in search.find_objects(connection, texts, within, most=most, each=1).hits
    ]


def waiting(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM unindexed").scalar_one())


def indexed(connection: Connection) -> list[int]:
    return list(connection.exec_driver_sql("SELECT rowid FROM searchable ORDER BY rowid").scalars())


async def beat(store: Store) -> None:
    await store.writer.apply(Heartbeat(at=2000.0, confirmed=()))


def test_the_text_of_a_record() -> None:
    told = release(
        "web",
        message="Helm  install\nfailed",
        reason="InstallFailed",
        revision="1.2.3",
        labels={"app.kubernetes.io/name": "web", "pod-template-hash": "5d9", "empty": ""},
        mentions=(Mention("chart", "web 1.2.3"), Mention("image", "ghcr.io/a/web:1")),
    )
    marks = searchable.MARKS
    assert searchable.text_of(told).split("\n") == [
        "web",
        f"{marks['chart']}web 1.2.3",
        f"{marks['image']}ghcr.io/a/web:1",
        f"{marks['message']}InstallFailed: Helm install failed",
        f"{marks['revision']}1.2.3",
        f"{marks['label']}name=web",
    ]


async def test_the_index_changes_no_answer(store: Store) -> None:
    await store.writer.apply(
        batch(
            release("podinfo", message="Upgrade succeeded"),
            release("redis", labels={"team": "podinfo_lovers"}),
            release("web"),
        )
    )
    questions = [
        finding("podinfo"),
        finding("PODINFO"),
        finding("in"),
        finding("o_l"),
        finding("podinfo", "team="),
    ]
    before = [sorted(await store.look(ask)) for ask in questions]
    assert before == [["podinfo", "redis"], ["podinfo", "redis"], ["podinfo", "redis"], ["redis"], ["redis"]]
    assert (await store.look(waiting), await store.look(indexed)) == (3, [])
    await beat(store)
    assert (await store.look(waiting), await store.look(indexed)) == (0, [1, 2, 3])
    assert [sorted(await store.look(ask)) for ask in questions] == before


async def test_a_writer_that_has_nothing_to_do_fills_the_index(paths: StorePaths) -> None:
    async with Writer(paths, WriterSettings(gather_s=0.0, idle_s=0.0), SystemClock()) as writer:
        store = Store(paths, writer)
        await writer.apply(cluster_update(), scope_update(RELEASES))
        await writer.apply(batch(*(release(f"web-{number}") for number in range(501))))  # more than one step
        with anyio.fail_after(5):
            while await store.look(waiting):
                pass
        assert len(await store.look(indexed)) == 501
        before = await store.look(clusters.generation)
        await writer.apply(batch(release("web"), version="101"))
        assert await store.look(finding("web-500")) == ["web-500"]
        assert await store.look(clusters.generation) == before + 1


async def test_an_object_is_found_by_what_it_says_now(store: Store) -> None:
    await store.writer.apply(batch(release("web", message="all is well")))
    await beat(store)
    await store.writer.apply(batch(release("web", 11, message="out of memory"), version="101"))
    for _ in range(2):
        assert await store.look(finding("well")) == []
        assert await store.look(finding("memory")) == ["web"]
        await beat(store)


async def test_what_is_gone_is_not_found_and_leaves_the_index(store: Store) -> None:
    await store.writer.apply(batch(release("web"), release("other")))
    await beat(store)
    await store.writer.apply(batch(gone=[deletion("web")], version="101"))
    assert await store.look(finding("web")) == []
    await beat(store)
    assert await store.look(indexed) == [2]
    await store.writer.replace(RELEASES, pages([]), resource_version="102", at=9.0)
    await beat(store)
    assert await store.look(indexed) == []


async def test_a_forgotten_cluster_leaves_the_index(store: Store) -> None:
    await store.writer.apply(batch(release("web")))
    await beat(store)
    await store.writer.apply(ClusterForgotten(STAGING))
    assert await store.look(finding("web")) == []
    await beat(store)
    assert await store.look(indexed) == []


async def test_a_row_that_is_taken_again_is_found_by_its_own_words(store: Store) -> None:
    await store.writer.apply(batch(release("former")))
    await beat(store)
    await store.writer.apply(batch(gone=[deletion("former")], version="101"))
    await store.writer.apply(batch(release("later"), version="102"))
    for _ in range(2):
        assert await store.look(finding("former")) == []
        assert await store.look(finding("later")) == ["later"]
        await beat(store)


async def test_what_says_the_same_is_not_indexed_again(store: Store) -> None:
    await store.writer.apply(batch(release("web")))
    await beat(store)
    before = await store.look(lambda c: c.exec_driver_sql("SELECT block FROM searchable_data").all())
    await store.writer.apply(batch(release("web", 11), version="101"))
    await beat(store)
    assert await store.look(lambda c: c.exec_driver_sql("SELECT block FROM searchable_data").all()) == before
    assert await store.look(waiting) == 0


async def test_of_many_those_are_read_that_are_most_likely_meant(store: Store) -> None:
    await store.writer.apply(
        batch(
            *(release(f"a{number}", message="web") for number in range(5)),
            release("b", message="web", health=Health.FAILED),
            release("my-web"),
            release("web-two"),
            release("web"),
        )
    )
    for _ in range(2):
        found = await store.look(lambda c: search.find_objects(c, ["Web"], EVERYWHERE, most=4, each=1))
        assert sorted(hit.key.name for hit in found.hits) == ["a0", "b", "web", "web-two"]
        assert found.total is None
        every = await store.look(lambda c: search.find_objects(c, ["Web"], EVERYWHERE, most=9, each=1))
        assert (len(every.hits), every.total) == (9, 9)
        await beat(store)


async def test_filters(store: Store) -> None:
    await store.writer.apply(batch(release("web", health=Health.FAILED), release("web-two")))
    assert await store.look(finding("web", within=Within(health="Failed"))) == ["web"]
    assert await store.look(finding("web", within=Within(namespace="other"))) == []
    assert await store.look(finding("web", within=Within(clusters=["nobody"]))) == []
    assert await store.look(finding(within=Within(health="Failed"))) == ["web"]
    assert await store.look(finding(within=Within(clusters=[STAGING]))) == ["web", "web-two"]


async def test_events_are_found_with_the_health_of_their_object(store: Store) -> None:
    told = [
        event("1", about="web", message="cannot pull"),
        event("2", about="away", at=200.0, message="Cannot push"),
    ]
    await store.writer.apply(batch(release("web", health=Health.FAILED)))
    await store.writer.apply(batch(events=told, scope=EVENTS))
    hits = await store.look(lambda c: find_events(c, ["cannot"], EVERYWHERE, most=9))
    assert [(hit.key.name, hit.health, hit.id) for hit in hits] == [("away", "", None), ("web", "Failed", 1)]
    narrow = await store.look(lambda c: find_events(c, ["cannot"], Within(health="Failed"), most=9))
    assert [hit.key.name for hit in narrow] == ["web"]

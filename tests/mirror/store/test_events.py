"""Events are merged, kept for their time, and found by what they are about."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from mirror.records import EventRecord
from mirror.store import events
from mirror.store.changes import Deletion, Heartbeat
from mirror.store.rows import EventRow
from tests.mirror.store.scene import EVENTS, STAGING, Store, batch, event, key

pytestmark = pytest.mark.anyio

DAY = 24 * 3600.0


async def told(store: Store, *records: EventRecord) -> None:
    await store.writer.apply(batch(events=records, scope=EVENTS))


async def everything(store: Store) -> list[EventRow]:
    return await store.look(lambda connection: events.select(connection, limit=100))


async def test_an_event_can_be_read_back_whole(store: Store) -> None:
    await told(store, event("a", type="Warning", reason="Failed", message="no", component="kubelet"))
    assert await everything(store) == [
        EventRow(
            "staging",
            "apps",
            "podinfo.a",
            key("podinfo"),
            "Warning",
            "Failed",
            "no",
            "kubelet",
            1,
            50.0,
            100.0,
        )
    ]


async def test_an_event_that_comes_again_says_the_newest(store: Store) -> None:
    await told(store, event("a", at=100, count=1, message="first"))
    await told(store, event("a", at=200, count=5, message="fifth"))
    (row,) = await everything(store)
    assert (row.message, row.count, row.last_at, row.first_at) == ("fifth", 5, 200.0, 50.0)


async def test_an_older_word_about_an_event_changes_nothing(store: Store) -> None:
    await told(store, event("a", at=200, count=5, message="fifth"))
    await told(store, event("a", at=100, count=1, message="first"))
    (row,) = await everything(store)
    assert (row.message, row.count, row.last_at) == ("fifth", 5, 200.0)


async def test_the_higher_count_and_the_later_time_are_kept_each(store: Store) -> None:
    await told(store, event("a", at=100, count=9, message="ninth"))
    await told(store, event("a", at=200, count=1, message="new series"))
    (row,) = await everything(store)
    assert (row.message, row.count, row.last_at) == ("new series", 9, 200.0)


async def test_the_server_drops_events_and_the_store_does_not(store: Store) -> None:
    await told(store, event("a"))
    gone = Deletion(key("podinfo.a", "Event"), "a", "101")
    await store.writer.apply(batch(gone=[gone], scope=EVENTS))
    assert len(await everything(store)) == 1


async def test_old_events_go_with_a_heartbeat(store: Store) -> None:
    await told(store, event("old", at=1 * DAY), event("new", at=9 * DAY))
    await store.writer.apply(Heartbeat(8.5 * DAY, ()))
    assert [row.name for row in await everything(store)] == ["podinfo.new"]


async def test_events_of_objects_are_found_newest_first(store: Store) -> None:
    await told(
        store,
        event("a", about="one", at=100, type="Normal"),
        event("b", about="two", at=300, type="Warning"),
        event("c", about="three", at=400),
        event("d", about="one", at=200, type="Warning"),
    )

    keys = [key("one"), key("two"), key("nobody")]

    def ask(connection: Connection) -> list[list[EventRow]]:
        return [
            events.for_objects(connection, STAGING, keys, 10),
            events.for_objects(connection, STAGING, keys, 1),
            events.for_objects(connection, STAGING, keys, 10, since=200.0),
            events.for_objects(connection, STAGING, keys, 10, type="Normal"),
            events.for_objects(connection, "production", keys, 10),
            events.for_objects(connection, STAGING, [], 10),
        ]

    assert [[row.name for row in rows] for rows in await store.look(ask)] == [
        ["two.b", "one.d", "one.a"],
        ["two.b"],
        ["two.b", "one.d"],
        ["one.a"],
        [],
        [],
    ]


async def test_events_of_very_many_objects(store: Store) -> None:
    await told(store, *(event(f"u{n}", about=f"r{n}", at=n) for n in range(1100)))
    keys = [key(f"r{n}") for n in range(1100)]
    rows = await store.look(lambda connection: events.for_objects(connection, STAGING, keys, 3))
    assert [row.last_at for row in rows] == [1099.0, 1098.0, 1097.0]


async def test_events_are_selected_by_what_they_are_about(store: Store) -> None:
    await told(
        store,
        event("a", about="one", at=100, type="Warning", reason="Failed"),
        event("b", about="two", at=200, type="Normal", reason="Done"),
    )

    def ask(connection: Connection) -> list[list[EventRow]]:
        select = events.select
        return [
            select(connection, limit=1),
            select(connection, name="one", limit=9),
            select(connection, kind="HelmRelease", namespace="apps", since=150.0, limit=9),
            select(connection, type="Warning", limit=9),
            select(connection, reason="Done", clusters=[STAGING], limit=9),
            select(connection, clusters=["production"], limit=9),
            select(connection, namespace="other", limit=9),
        ]

    assert [[row.involved.name for row in rows] for rows in await store.look(ask)] == [
        ["two"],
        ["one"],
        ["two"],
        ["one"],
        ["two"],
        [],
        [],
    ]

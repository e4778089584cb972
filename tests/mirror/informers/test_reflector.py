"""client-go's reflector tests, told to the whole mirror: the names are theirs, the promises ours."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from mirror.flux.redaction import Redactor
from mirror.keys import ObjectKey
from mirror.settings import MirrorSettings, WatchSettings, WriterSettings
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.cluster import FakeCluster
from tests.mirror.informers.conftest import Bench, config_map, config_map_key
from tests.mirror.informers.interleaving.mishaps import BODIES, JUNK, TOO_LARGE
from tests.mirror.informers.interleaving.objects import furnish

pytestmark = pytest.mark.anyio

SETTINGS = MirrorSettings(writer=WriterSettings(gather_s=0.0), watch=WatchSettings(page_size=3))
LISTS, WATCHES = "list configmaps", "watch configmaps"


async def serve(bench: Bench, *names: str, history: int = 1000) -> FakeAPIServer:
    """A small cluster with these ConfigMaps; lists are lists, not the beginning of a watch."""
    cluster = FakeCluster("one", history=history, clock=bench.clock)
    furnish(cluster)
    for name in names:
        cluster.create(config_map(name))
    server = await bench.serve("one", cluster=cluster)
    server.behaviour.watch_list = False
    return server


async def until_equal(bench: Bench, server: FakeAPIServer) -> None:
    await bench.until(lambda: versions(bench) == versions_of(server))


def versions(bench: Bench) -> dict[ObjectKey, str]:
    """The ConfigMaps in the store, with their resourceVersions."""
    return {row.key: row.resource_version for row in bench.rows("one", "ConfigMap")}


def versions_of(server: FakeAPIServer) -> dict[ObjectKey, str]:
    found = server.cluster.list("", "ConfigMap")
    return {
        config_map_key(obj["metadata"]["name"], obj["metadata"]["namespace"]): obj["metadata"][
            "resourceVersion"
        ]
        for obj in found
    }


def rv(bench: Bench) -> str:
    return bench.scope("one", "configmaps").resource_version


async def test_reflector_list_and_watch(bench: Bench) -> None:
    server = await serve(bench, "a", "b")
    listed_at = server.cluster.rv
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        (watch,) = server.requests.matching(WATCHES)
        assert int(watch.query["resourceVersion"]) == listed_at
        server.cluster.create(config_map("c"))
        server.cluster.delete(config_map_key("a"))
        await until_equal(bench, server)
        assert server.requests.count(LISTS) == 1


@pytest.mark.parametrize("count", [0, 2, 3, 5, 9], ids=["empty", "one", "full", "two", "three"])
async def test_lists_of_any_number_of_pages(bench: Bench, count: int) -> None:
    server = await serve(bench, *(f"n{n}" for n in range(count)))
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        assert await bench.see(lambda: versions(bench)) == versions_of(server)
        assert server.requests.count(LISTS) == max(1, -(-count // 3))
        assert await bench.see(lambda: rv(bench)) == str(server.cluster.rv)


async def test_close_watch_channel_on_error(bench: Bench) -> None:
    server = await serve(bench, "a")
    async with bench.mirroring(SETTINGS):
        before = await bench.until_followed("one")
        server.faults.send_error(500, "configmaps")
        await bench.until(lambda: server.requests.count(WATCHES) == 2)
        now = await bench.until_followed("one")
        assert len(before - now) == 1


async def test_reflector_watch_handler(bench: Bench) -> None:
    server = await serve(bench, "changed", "deleted")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        server.cluster.create(config_map("added"))
        server.cluster.patch(config_map_key("changed"), {"data": {"key": "other"}})
        server.cluster.delete(config_map_key("deleted"))
        server.faults.send_raw(JUNK["unknown type"], "configmaps")
        server.faults.send_duplicates("configmaps")
        newest = str(server.cluster.rv)
        await until_equal(bench, server)
        await bench.until(lambda: rv(bench) == newest)
        assert server.requests.count(WATCHES) == 1


async def test_reflector_list_and_watch_with_errors(bench: Bench) -> None:
    server = await serve(bench, "a", "b", "c", "d")
    server.faults.answer(500, matching=LISTS)
    async with bench.mirroring(SETTINGS):
        await until_equal(bench, server)
        for fault in (server.faults.answer, server.faults.send_error):
            server.faults.end_watches("configmaps")
            fault(410, matching=WATCHES if fault == server.faults.answer else "configmaps")
            server.faults.reset(matching=LISTS)
            server.cluster.create(config_map(f"after-{fault.__name__}"))
            server.cluster.delete(config_map_key("a" if fault == server.faults.answer else "b"))
            await until_equal(bench, server)


async def test_reflector_list_and_watch_init_conn_backoff(bench: Bench) -> None:
    """Nine refusals: delays of 0.8 to 1.6 s, doubling, at most 30 to 60 s; the tenth would be a list."""
    server = await serve(bench, "a")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        bench.clock.advance(2.0)  # or it would have been a very short watch
        server.faults.answer(503, times=9, matching=WATCHES)
        began = bench.clock.monotonic()
        server.faults.cut_watches("configmaps")
        await bench.until(lambda: server.requests.count(WATCHES) == 11, step_s=0.5)
        steps = [min(0.8 * 2**n, 30.0) for n in range(9)]
        assert sum(steps) <= bench.clock.monotonic() - began <= 2 * sum(steps) + 9 * 0.5 + 5
        await bench.until_state("one", "synced")
        lists = [info for info in server.requests.matching(LISTS) if info.query.get("limit") != "1"]
        assert len(lists) == 1


async def test_backoff_on_too_many_requests(bench: Bench) -> None:
    """At the opening and as an event: two waits, no list (client-go: TestNoRelistOnTooManyRequests)."""
    server = await serve(bench, "a")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        bench.clock.advance(2.0)  # or it would have been a very short watch
        server.faults.throttle(matching=WATCHES, retry_after=None)
        server.faults.end_watches("configmaps")
        await bench.until(lambda: bench.scope("one", "configmaps").failures == 1)
        await bench.until(lambda: bench.scope("one", "configmaps").state == "watching")
        server.faults.send_error(429, "configmaps")
        await bench.until(lambda: bench.scope("one", "configmaps").failures == 2)
        server.cluster.create(config_map("after"))
        await until_equal(bench, server)
        assert await bench.see(lambda: bench.scope("one", "configmaps").lists) == 1


async def test_retry_internal_error(bench: Bench) -> None:
    server = await serve(bench, "a")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        server.faults.send_error(500, "configmaps", reason="InternalError")
        await bench.until(lambda: bench.scope("one", "configmaps").lists == 2)
        assert (await bench.see(lambda: bench.scope("one", "configmaps"))).failures == 1
        server.cluster.create(config_map("after"))
        await until_equal(bench, server)


async def test_reflector_resource_version_update(bench: Bench) -> None:
    server = await serve(bench, "a")
    seen = [str(server.cluster.rv)]
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        assert await bench.see(lambda: rv(bench)) == seen[0]
        server.cluster.create(config_map("b"))
        await bench.until(lambda: rv(bench) == str(server.cluster.rv))
        server.cluster.delete(config_map_key("a"))
        await bench.until(lambda: rv(bench) == str(server.cluster.rv))
        server.cluster.create(config_map("elsewhere") | {"kind": "Secret"})
        server.faults.send_bookmarks("configmaps")
        await bench.until(lambda: rv(bench) == str(server.cluster.rv))


async def test_reflector_replaces_store_on_unsafe_delete(bench: Bench) -> None:
    """An object that the server could no longer read was removed by force: no event tells of it."""
    server = await serve(bench, "kept", "corrupt")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        server.faults.drop_events("configmaps", count=1)
        server.cluster.delete(config_map_key("corrupt"))
        server.faults.send_error(500, "configmaps", reason="StoreReadError")
        await until_equal(bench, server)


async def test_reflector_respect_store_transformer(bench: Bench) -> None:
    server = await serve(bench, "listed")
    server.cluster.patch(config_map_key("listed"), {"data": {"password": "planted-one"}})
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        server.cluster.create(config_map("watched") | {"data": {"password": "planted-one"}})
        await until_equal(bench, server)
        stored = await bench.see(lambda: bench.bodies("one", "ConfigMap"))
    redact = Redactor(b"k" * 32).redact
    assert stored == [redact(obj) for obj in server.cluster.list("", "ConfigMap")]
    assert stored[0]["data"]["password"] == stored[1]["data"]["password"] != "planted-one"


async def test_a_list_removes_what_was_still_queued(bench: Bench) -> None:
    """An event is on its way to the writer when the list comes that no longer shows its object."""
    server = await serve(bench, "a")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        server.cluster.create(config_map("short-lived"))
        server.faults.send_error(410, "configmaps")
        server.cluster.delete(config_map_key("short-lived"))
        await bench.until(lambda: bench.scope("one", "configmaps").lists == 2)
        await until_equal(bench, server)


async def test_replace_events(bench: Bench) -> None:
    """Lists that create from nothing, delete everything, and create, change and delete at once."""
    server = await serve(bench)
    contents: list[tuple[str, ...]] = [("a", "b", "c"), (), ("b", "d"), ("b", "e", "f", "g")]
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        for turn, names in enumerate(contents):
            await server.faults.refuse_connections()
            for key in versions_of(server):
                server.cluster.delete(key) if key.name not in names else server.cluster.patch(
                    key, {"data": {"turn": str(turn)}}
                )
            for name in names:
                server.cluster.apply(config_map(name) | {"data": {"turn": str(turn)}})
            server.faults.compact()
            await server.faults.accept_connections()
            await until_equal(bench, server)
            await bench.until_followed("one")


async def test_reset_watch(bench: Bench) -> None:
    """A list that shows what is stored already writes nothing anew."""
    server = await serve(bench, "a", "b")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        before = await bench.see(lambda: bench.rows("one", "ConfigMap"))
        server.faults.send_error(410, "configmaps")
        await bench.until(lambda: bench.scope("one", "configmaps").lists == 2)
        assert await bench.see(lambda: bench.rows("one", "ConfigMap")) == before


async def test_watch_disruption(bench: Bench) -> None:
    server = await serve(bench, "kept", "changed", "deleted", "recreated")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        await server.faults.refuse_connections()
        server.cluster.patch(config_map_key("changed"), {"data": {"key": "other"}})
        server.cluster.delete(config_map_key("deleted"))
        server.cluster.delete(config_map_key("recreated"))
        server.cluster.create(config_map("recreated"))
        server.cluster.create(config_map("added"))
        server.faults.compact()
        await server.faults.accept_connections()
        await until_equal(bench, server)


@pytest.mark.parametrize("times", [1, 2, 4])
async def test_survives_closed_watches(bench: Bench, times: int) -> None:
    server = await serve(bench, "a")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        for turn in range(times):
            bench.clock.advance(2.0)  # or it would have been a very short watch
            server.faults.end_watches("configmaps")
            server.cluster.create(config_map(f"after-{turn}"))
            await until_equal(bench, server)
            await bench.until_followed("one")
        assert await bench.see(lambda: bench.scope("one", "configmaps").lists) == 1


async def test_a_slow_reader_is_cut_off_and_loses_nothing(bench: Bench) -> None:
    """More happens than the server keeps for a stream that does not read: it ends, and there is a list."""
    server = await serve(bench, "a", history=5)
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        frozen = server.faults.freeze_watches("configmaps")
        for turn in range(12):
            server.cluster.apply(config_map(f"n{turn % 4}") | {"data": {"turn": str(turn)}})
        frozen.release()
        await until_equal(bench, server)


@pytest.mark.parametrize("reason", ["Expired", "Gone"])
@pytest.mark.parametrize("dress", ["page 1", "page 2", "watch", "event"])
async def test_410_in_four_dresses(bench: Bench, dress: str, reason: str) -> None:
    server = await serve(bench, "a", "b", "c", "d", "gone")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        bench.clock.advance(2.0)
        if dress == "event":
            server.faults.send_error(410, "configmaps", reason=reason)
        elif dress == "watch":
            server.faults.answer(410, matching=WATCHES, reason=reason)
            server.faults.end_watches("configmaps")
        else:
            page_2 = dress == "page 2"
            server.faults.answer(
                410,
                reason=reason,
                matching=lambda info: (
                    (info.verb, info.plural) == ("list", "configmaps")
                    and ("continue" in info.query) == page_2
                ),
            )
            server.faults.send_error(410, "configmaps")
        server.cluster.delete(config_map_key("gone"))
        server.cluster.create(config_map("after"))
        await bench.until(lambda: bench.scope("one", "configmaps").lists == 2)
        await until_equal(bench, server)
        await bench.until_state("one", "synced")


@pytest.mark.parametrize("answer", ["login page", "truncated", "reset", "too large", *sorted(BODIES)])
async def test_answers_that_are_no_list_delete_nothing(bench: Bench, answer: str) -> None:
    server = await serve(bench, "a", "b", "c", "d")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        if answer in BODIES:
            json = {"Content-Type": "application/json"}
            server.faults.answer(200, times=2, matching=LISTS, body=BODIES[answer], headers=json)
        elif answer == "too large":
            server.faults.answer(504, times=2, matching=LISTS, reason="Timeout", message=TOO_LARGE)
        else:
            fault = {"login page": "login_page", "truncated": "truncate", "reset": "reset"}[answer]
            getattr(server.faults, fault)(times=2, matching=LISTS)
        server.cluster.create(config_map("more"))
        server.faults.send_error(410, "configmaps")
        before = await bench.see(lambda: versions(bench))
        while server.requests.count(LISTS) < 4:  # two for the first list, then two that fail
            assert before.items() <= (await bench.see(lambda: versions(bench))).items()
            bench.clock.advance(0.1)
        await until_equal(bench, server)


@pytest.mark.parametrize(
    ("said", "least_s", "most_s"),
    [
        ("20", 15, 50),
        ("http date", 15, 50),
        (None, 0, 10),
        ("soon", 0, 10),
        ("86400", 290, 350),
    ],
)
async def test_retry_after_is_obeyed_within_reason(
    bench: Bench, said: str | None, least_s: float, most_s: float
) -> None:
    """Time goes on while the mirror works, so the bounds are wide."""
    server = await serve(bench, "a")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        bench.clock.advance(2.0)
        if said == "http date":
            at = datetime.fromtimestamp(bench.clock.wall() + 20, UTC)
            said = format_datetime(at, usegmt=True)
        server.faults.throttle(matching=WATCHES, retry_after=said)
        server.faults.end_watches("configmaps")
        await bench.until(lambda: bench.scope("one", "configmaps").failures == 1)
        began = bench.clock.monotonic()
        await bench.until(lambda: server.requests.count(WATCHES) == 3, step_s=0.5)
        assert least_s <= bench.clock.monotonic() - began <= most_s


async def test_rights_that_go_take_no_rows_along(bench: Bench) -> None:
    server = await serve(bench, "a", "b")
    async with bench.mirroring(SETTINGS):
        await bench.until_followed("one")
        bench.clock.advance(2.0)
        server.deny("*", "", "configmaps")
        server.faults.end_watches("configmaps")
        await bench.until(lambda: bench.scope("one", "configmaps").state == "forbidden")
        bench.clock.advance(600)
        await bench.committed()
        assert await bench.see(lambda: versions(bench)) == versions_of(server)
        server.access.allow_everything()
        server.cluster.create(config_map("after"))
        await until_equal(bench, server)

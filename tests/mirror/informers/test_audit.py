"""The audit on whole mirrors: sabotage is found and healed, and churn alone raises no alarm."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from mirror.settings import AuditSettings, MirrorSettings, WriterSettings
from mirror.testing.apiserver import FakeAPIServer
from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio

SOON = MirrorSettings(
    writer=WriterSettings(gather_s=0.0),
    audit=AuditSettings(interval_s=60.0, settle_s=4.0, look_again_s=1.0),
)
"""Every scope within two minutes of virtual time, a second look after four seconds."""


async def serve(bench: Bench, *names: str, whole: bool = False) -> FakeAPIServer:
    server = await bench.serve("one", whole=whole)
    for name in names:
        server.cluster.create(config_map(name))
    return server


async def audited(bench: Bench, plural: str = "configmaps", *, since: float = 0.0) -> int:
    """Wait for the outcome of an audit that ends after `since`."""
    await bench.until(lambda: (bench.scope("one", plural).audited_at or 0.0) > since, step_s=0.5)
    return (await bench.see(lambda: bench.scope("one", plural))).drift


def sabotage(bench: Bench, *statements: str) -> Callable[[], None]:
    def work() -> None:
        with sqlite3.connect(bench.paths.store, timeout=5.0) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    return work


async def test_a_store_that_is_right_is_found_so_with_one_look(bench: Bench) -> None:
    server = await serve(bench, "a", "b")
    async with bench.mirroring(SOON):
        await bench.until_state("one", "synced")
        asked = len(server.requests)
        assert await audited(bench) == 0
        lists = [r for r in list(server.requests)[asked:] if r.verb == "list" and r.plural == "configmaps"]
    assert len(lists) == 1
    assert "as=PartialObjectMetadataList" in lists[0].accept


async def test_an_event_that_was_never_sent_is_found_and_healed(bench: Bench) -> None:
    server = await serve(bench, "a", "b")
    async with bench.mirroring(SOON):
        await bench.until_state("one", "synced")
        server.faults.drop_events("configmaps", count=2)
        server.cluster.create(config_map("lost"))
        server.cluster.delete(config_map_key("a"))
        server.cluster.create(config_map("seen"))
        await bench.has("one", config_map_key("seen"))
        assert config_map_key("a") in await bench.see(lambda: bench.keys("one"))
        assert await audited(bench) == 2
        await bench.has("one", config_map_key("lost"))
        await bench.lacks("one", config_map_key("a"))
        await bench.until_state("one", "synced")
        found = await bench.see(lambda: bench.scope("one", "configmaps"))
        assert await audited(bench, since=found.audited_at or 0.0) == 0


async def test_a_store_changed_behind_the_mirror_is_found_exactly_and_healed(bench: Bench) -> None:
    names = ["gone", "old", "other", "moved", "fine"]
    await serve(bench, *names)
    statements = (
        "DELETE FROM object WHERE kind = 'ConfigMap' AND name = 'gone'",
        "UPDATE object SET resource_version = '1' WHERE kind = 'ConfigMap' AND name = 'old'",
        "UPDATE object SET uid = 'another' WHERE kind = 'ConfigMap' AND name = 'other'",
        "UPDATE object SET name = 'ghost' WHERE kind = 'ConfigMap' AND name = 'moved'",
    )
    async with bench.mirroring(SOON):
        await bench.until_state("one", "synced")
        await bench.see(sabotage(bench, *statements))
        assert await audited(bench) == 5, "what was moved is missing here and too much there"
        await bench.until(lambda: bench.scope("one", "configmaps").lists == 2)
        since = (await bench.see(lambda: bench.scope("one", "configmaps"))).audited_at or 0.0
        assert await audited(bench, since=since) == 0
        stored = {key.name for key in await bench.see(lambda: bench.keys("one", "ConfigMap"))}
        assert set(names) <= stored
        assert "ghost" not in stored


async def test_churn_raises_no_alarm(bench: Bench) -> None:
    server = await serve(bench, *(f"steady-{n}" for n in range(20)), whole=True)

    def enough() -> bool:
        return len([scope for scope in bench.scopes("one") if scope.audited_at]) >= 10

    async with bench.mirroring(SOON):
        await bench.until_state("one", "synced")
        for turn in range(5_000):
            server.cluster.create(config_map(f"new-{turn}"))
            if turn > 3:
                server.cluster.delete(config_map_key(f"new-{turn - 3}"))
            if await bench.see(enough):
                break
            bench.clock.advance(0.1)
        assert await bench.see(enough)
        await audited(bench)
        scopes = await bench.see(lambda: bench.scopes("one"))
    assert {scope.drift for scope in scopes} == {0}
    assert {scope.lists for scope in scopes if scope.plural == "configmaps"} == {1}


async def test_a_stream_that_is_down_is_not_audited(bench: Bench) -> None:
    server = await serve(bench, "a")
    async with bench.mirroring(SOON):
        await bench.until_state("one", "synced")
        server.faults.answer(503, times=10_000, matching="configmaps")
        server.faults.end_watches("configmaps")
        await bench.until(lambda: bench.has_scope("one", "configmaps", state="reconnecting"))
        server.cluster.create(config_map("later"))
        await audited(bench, "pods")
        assert (await bench.see(lambda: bench.scope("one", "configmaps"))).audited_at is None

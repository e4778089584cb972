"""A server that goes back in time under the same identity: etcd restored from a backup."""

from __future__ import annotations

import pytest

from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio


async def test_a_server_restored_from_a_backup_while_mirrored_is_read_anew(bench: Bench) -> None:
    """Its resourceVersions start again below ours: a watch from ours is accepted and silent for ever."""
    server = await bench.serve("one")
    server.cluster.create(config_map("kept"))
    backup = server.cluster.rv
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.cluster.create(config_map("lost"))
        server.cluster.delete(config_map_key("kept"))
        await bench.has("one", config_map_key("lost"))
        await bench.lacks("one", config_map_key("kept"))
        server.faults.restore(backup)
        await bench.lacks("one", config_map_key("lost"))
        await bench.has("one", config_map_key("kept"))
        server.cluster.create(config_map("after"))
        await bench.has("one", config_map_key("after"))
        await bench.until_state("one", "synced")
        scope = await bench.see(lambda: bench.scope("one", "configmaps"))
        assert int(scope.resource_version) < backup + 10
        assert scope.expirations == 1


async def test_a_server_restored_while_nobody_looked_is_read_anew(bench: Bench) -> None:
    server = await bench.serve("one")
    backup = server.cluster.rv
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        for name in ("much", "was", "lost"):
            server.cluster.create(config_map(name))
        await bench.has("one", config_map_key("lost"))
    server.faults.restore(backup)
    server.cluster.create(config_map("after"))
    async with bench.mirroring():
        await bench.lacks("one", config_map_key("lost"))
        await bench.has("one", config_map_key("after"))
        await bench.until_state("one", "synced")


async def test_a_watch_that_falls_silent_on_a_server_with_bookmarks_is_asked_again(bench: Bench) -> None:
    """The stream stays open and the server goes back in time behind it: only the missing bookmarks tell."""
    server = await bench.serve("one")
    server.cluster.create(config_map("kept"))
    backup = server.cluster.rv
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.cluster.create(config_map("lost"))
        await bench.has("one", config_map_key("lost"))
        server.faults.send_bookmarks()
        await bench.until(lambda: bench.scope("one", "configmaps").resource_version == str(server.cluster.rv))
        server.faults.freeze_watches("configmaps")
        server.cluster.restore(backup)
        bench.clock.advance(181)
        await bench.lacks("one", config_map_key("lost"))
        await bench.until_state("one", "synced")


async def test_a_half_open_stream_is_noticed_by_its_missing_bookmarks(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.send_bookmarks("configmaps")
        await bench.until(lambda: (bench.scope("one", "configmaps").received_at or 0) > 0)
        hold = server.faults.freeze_watches()
        server.cluster.create(config_map("with"))
        server.cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "without"}})
        bench.clock.advance(181)
        await bench.has("one", config_map_key("with"))
        assert "without" not in {key.name for key in await bench.see(lambda: bench.keys("one", "Namespace"))}
        bench.clock.advance(2 * 300 + 30)  # the end that the stream was given, and the grace
        await bench.until(lambda: any(key.name == "without" for key in bench.keys("one", "Namespace")))
        assert hold.held


async def test_a_kind_that_looks_empty_after_trouble_is_emptied_on_the_second_word(bench: Bench) -> None:
    """An API server that has not read its storage yet must not empty the store."""
    server = await bench.serve("one")
    server.cluster.create(config_map("kept"))
    empty = b'{"apiVersion":"v1","kind":"ConfigMapList","metadata":{"resourceVersion":"9000"},"items":[]}'
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.deny("list", "", "configmaps")
        server.faults.send_error(410, "configmaps", reason="Expired")
        await bench.until(lambda: bench.has_scope("one", "configmaps", state="forbidden"))
        json = {"Content-Type": "application/json"}
        server.faults.answer(200, matching="list /api/v1/configmaps", body=empty, headers=json)
        server.allow("list", "", "configmaps")
        await bench.until(lambda: "suddenly empty" in bench.scope("one", "configmaps").error)
        assert config_map_key("kept") in await bench.see(lambda: bench.keys("one"))
        await bench.until_state("one", "synced")
        assert config_map_key("kept") in await bench.see(lambda: bench.keys("one"))

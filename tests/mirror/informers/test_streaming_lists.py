"""Lists that begin their watch: against servers that offer it, half offer it, and do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirror.settings import MirrorSettings, WatchSettings, WriterSettings
from mirror.testing.apiserver import FakeAPIServer
from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio

STREAMING = MirrorSettings(watch=WatchSettings(streaming_lists=True), writer=WriterSettings(gather_s=0.0))
JSON = {"Content-Type": "application/json"}


def line(kind: str, obj: dict[str, Any], version: str, uid: str = "") -> bytes:
    metadata = obj["metadata"] | {"resourceVersion": version, "uid": uid or obj["metadata"]["name"]}
    return json.dumps({"type": kind, "object": obj | {"metadata": metadata}}).encode() + b"\n"


def bookmark(version: str) -> bytes:
    metadata = {"resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}}
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    return json.dumps({"type": "BOOKMARK", "object": found}).encode() + b"\n"


def lists(server: FakeAPIServer, plural: str = "") -> int:
    return server.requests.count(f"list {plural}")


async def test_everything_is_mirrored_without_one_list(bench: Bench) -> None:
    server = await bench.serve("one")
    names = [f"m{n}" for n in range(1200)]
    for name in names:
        server.cluster.create(config_map(name))
    async with bench.mirroring(STREAMING):
        await bench.until_state("one", "synced")
        stored = {key.name for key in await bench.see(lambda: bench.keys("one", "ConfigMap"))}
        assert set(names) <= stored
        server.cluster.create(config_map("later"))
        await bench.has("one", config_map_key("later"))
        assert lists(server) == 0
        scope = await bench.see(lambda: bench.scope("one", "configmaps"))
        assert (scope.lists, scope.watches) == (1, 1)


async def test_what_changes_or_goes_before_the_end_is_as_it_was_at_the_end(bench: Bench) -> None:
    """[MODIFIED and DELETED before the bookmark are applied]"""
    server = await bench.serve("one")
    kept, gone = config_map("kept"), config_map("gone")
    body = b"".join(
        [
            line("ADDED", kept, "5000"),
            line("ADDED", gone, "5001", "first"),
            line("ADDED", config_map("deleted"), "5002"),
            line("MODIFIED", kept | {"data": {"key": "new"}}, "9001"),
            line("DELETED", gone, "9002", "first"),
            line("ADDED", gone, "9003", "second"),
            line("DELETED", config_map("deleted"), "9004"),
            bookmark("9005"),
            line("ADDED", config_map("late"), "9006"),
        ]
    )
    server.faults.answer(200, matching="watch configmaps", body=body, headers=JSON)
    hold = server.faults.hold(matching="configmaps")
    async with bench.mirroring(STREAMING):
        await hold.arrived()
        await bench.has("one", config_map_key("late"))
        scope = await bench.see(lambda: bench.scope("one", "configmaps"))
        assert (scope.resource_version, scope.lists) == ("9006", 1)
        found = {key.name for key in await bench.see(lambda: bench.keys("one", "ConfigMap"))}
        assert found == {"kept", "gone", "late"}
        hold.release()


@pytest.mark.parametrize("way", ["refused", "500"])
async def test_a_server_that_cannot_is_listed_as_before_and_not_asked_again(bench: Bench, way: str) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("old"))
    server.behaviour.watch_list = way != "refused"
    if way == "500":
        failure = {"kind": "Status", "status": "Failure", "code": 500, "reason": "InternalError"}
        event = json.dumps({"type": "ERROR", "object": failure}).encode() + b"\n"
        server.faults.answer(200, times=1000, matching=_asks_for_initial, body=event, headers=JSON)
    async with bench.mirroring(STREAMING):
        await bench.until_state("one", "synced")
        assert config_map_key("old") in await bench.see(lambda: bench.keys("one"))
        asked = server.requests.count(_asks_for_initial)
        server.faults.send_error(410, reason="Expired")
        before = lists(server)
        await bench.until(lambda: lists(server) > before)
        await bench.until_state("one", "synced")
        assert server.requests.count(_asks_for_initial) == asked


async def test_a_server_that_ignores_the_parameter_is_noticed_by_its_silence(bench: Bench) -> None:
    """[TestInitialEventsEndBookmarkTicker] Old servers send the objects and never an end."""
    server = await bench.serve("one")
    server.cluster.create(config_map("old"))
    server.faults.omit_bookmarks()
    async with bench.mirroring(STREAMING):
        await bench.until_state("one", "synced")
        assert config_map_key("old") in await bench.see(lambda: bench.keys("one"))
        assert lists(server, "configmaps") == 1


async def test_a_stream_cut_before_its_end_changes_nothing(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("old"))
    half = line("ADDED", config_map("half"), "5000")
    async with bench.mirroring(STREAMING):
        await bench.until_state("one", "synced")
        server.faults.answer(200, matching="watch configmaps", body=half, headers=JSON)
        server.faults.send_error(410, "configmaps", reason="Expired")
        await bench.until(lambda: bench.scope("one", "configmaps").failures == 1)
        await bench.until_state("one", "synced")
        names = {key.name for key in await bench.see(lambda: bench.keys("one", "ConfigMap"))}
        assert "old" in names
        assert "half" not in names
        assert lists(server) == 0


def _asks_for_initial(request: Any) -> bool:
    return "sendInitialEvents" in request.query

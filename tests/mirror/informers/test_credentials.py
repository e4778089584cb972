"""Credentials that end while clusters are mirrored: said, not hammered, and healed by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from mirror.clock import to_rfc3339
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.clock import ManualClock
from tests.mirror.informers.conftest import Bench, config_map, config_map_key
from tests.mirror.kube.plugins import V1, credential, printing, runs

pytestmark = pytest.mark.anyio

EXPIRY = ManualClock().wall() + 10_000


async def plugin_user(folder: Path, **status: Any) -> dict[str, Any]:
    """The user entry of a plugin that prints this; called again, it prints something else from then on."""
    config = await printing(folder, credential(**status))
    return {"exec": {"apiVersion": V1, "command": config.command, "interactiveMode": "Never"}}


def refused(server: FakeAPIServer) -> int:
    return sum(request.status == 401 for request in server.requests)


async def test_a_401_loop_hammers_neither_the_server_nor_the_plugin_and_heals(
    bench: Bench, tmp_path: Path
) -> None:
    server = await bench.serve("one", tokens={"first": "me"})
    bench.users["one"] = await plugin_user(tmp_path, token="first")
    async with bench.mirroring():
        await bench.until_followed("one")
        assert await runs(tmp_path) == 1, "one run for all requests"
        server.access.tokens = {}
        server.faults.end_watches()
        await bench.until_state("one", "stale")
        await bench.until(lambda: "nauthorized" in bench.cluster("one").error)
        server.requests.clear()
        began, scopes = bench.clock.monotonic(), len(await bench.see(lambda: bench.scopes("one")))
        await bench.until(lambda: (tmp_path / "runs").read_text().count("run") >= 3)
        passed = bench.clock.monotonic() - began
        assert passed >= 10, "no plugin is run more often than every 10 s"
        tries = passed / 30 + 6  # the backoff of a scope: 0.8 s, 1.6 s … then every 30 s at most
        assert 0 < refused(server) <= 2 * tries * (scopes + 1)

        server.access.tokens = {"second": "me"}
        await plugin_user(tmp_path, token="second")
        server.cluster.create(config_map("meanwhile"))
        await bench.has("one", config_map_key("meanwhile"))
        await bench.until_state("one", "synced")
        assert not (await bench.see(lambda: bench.cluster("one"))).error


async def test_a_plugin_that_fails_is_a_reason_beside_data_that_stays(bench: Bench, tmp_path: Path) -> None:
    server = await bench.serve("one", tokens={"t": "me"})
    server.cluster.create(config_map("settings"))
    bench.users["one"] = await plugin_user(tmp_path, token="t", expirationTimestamp=to_rfc3339(EXPIRY))
    async with bench.mirroring():
        await bench.until_followed("one")
        await bench.until(lambda: config_map_key("settings") in bench.keys("one"))
        await anyio.Path(tmp_path / "plugin").unlink()
        bench.clock.advance(EXPIRY - bench.clock.wall())
        server.faults.end_watches()
        await bench.until(lambda: "not found" in bench.cluster("one").error)
        assert (await bench.see(lambda: bench.cluster("one"))).state == "stale"
        assert config_map_key("settings") in await bench.see(lambda: bench.keys("one"))
        await plugin_user(tmp_path, token="t")
        await bench.until_state("one", "synced")


async def test_two_clusters_with_one_plugin_share_its_run(bench: Bench, tmp_path: Path) -> None:
    user = await plugin_user(tmp_path, token="t")
    for name in ("one", "two"):
        await bench.serve(name, tokens={"t": "me"})
        bench.users[name] = user
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await bench.until_state("two", "synced")
    assert await runs(tmp_path) == 1


async def test_expiring_credentials_are_renewed_before_a_server_refuses_them(
    bench: Bench, tmp_path: Path
) -> None:
    server = await bench.serve("one", tokens={"first": "me", "second": "me"})
    bench.users["one"] = await plugin_user(tmp_path, token="first", expirationTimestamp=to_rfc3339(EXPIRY))
    async with bench.mirroring():
        await bench.until_followed("one")
        await plugin_user(tmp_path, token="second")
        bench.clock.advance(EXPIRY - bench.clock.wall() - 20)
        server.requests.clear()
        server.faults.end_watches()
        await bench.until(lambda: server.requests.count("watch") > 0)
        await bench.until_followed("one")
    assert not refused(server)
    assert {r.headers["Authorization"] for r in server.requests} == {"Bearer second"}

"""A mirror stops at once, whatever it is doing, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import anyio
import pytest

from mirror.settings import MirrorSettings, WriterSettings
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.cluster import FakeCluster
from tests.mirror.informers.conftest import Bench, config_map
from tests.mirror.informers.interleaving.objects import furnish

pytestmark = pytest.mark.anyio

AT_ONCE_S = 5.0
"""A second on a machine that does nothing else; far less than any wait that could be in the way."""

FAULTS: dict[str, Callable[[FakeAPIServer], object]] = {
    "discovering": lambda server: server.faults.hold(matching="/apis"),
    "listing": lambda server: server.faults.hold(matching="list configmaps"),
    "opening a watch": lambda server: server.faults.hold(matching="watch configmaps"),
    "watching": lambda server: None,
    "backing off": lambda server: server.faults.answer(503, times=math.inf, matching="list"),
    "throttled": lambda server: server.faults.throttle(times=math.inf, matching="list", retry_after="300"),
    "forbidden": lambda server: server.deny("*", "*", "*"),
    "unauthorized": lambda server: server.faults.answer(401, times=math.inf),
    "behind a login page": lambda server: server.faults.login_page(times=math.inf),
}


async def serve(bench: Bench) -> FakeAPIServer:
    cluster = FakeCluster("one", clock=bench.clock)
    furnish(cluster)
    return await bench.serve("one", cluster=cluster)


@pytest.mark.parametrize("state", [*FAULTS, "frozen", "refused"])
async def test_a_mirror_stops_at_once_in_every_state(bench: Bench, state: str) -> None:
    server = await serve(bench)
    tasks = asyncio.all_tasks()
    if state in FAULTS:
        FAULTS[state](server)
    async with bench.mirroring(MirrorSettings(writer=WriterSettings(gather_s=0.0))):
        if state in ("watching", "frozen", "refused"):
            await bench.until_followed("one")
        if state == "frozen":
            server.faults.freeze_watches()
            server.cluster.create(config_map("unseen"))
        if state == "refused":
            await server.faults.refuse_connections()
            await bench.until_state("one", "stale")
        await bench.until(lambda: len(server.requests) > 0)
        for _ in range(20):
            await bench.committed()
        began = anyio.current_time()
    assert anyio.current_time() - began < AT_ONCE_S
    server.faults.clear()
    with anyio.fail_after(AT_ONCE_S):
        while server.connections or asyncio.all_tasks() - tasks:
            await bench.see(lambda: None)  # the server learns of it by and by


async def test_what_is_cancelled_before_it_begins_asks_for_nothing(bench: Bench) -> None:
    server = await serve(bench)
    async with bench.mirroring():
        pass
    assert len(server.requests) == 0
    assert await bench.see(bench.clusters) == []

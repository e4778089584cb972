"""A cluster that is rebuilt behind the same address while it is mirrored."""

from __future__ import annotations

import math

import pytest

from mirror.testing.crds import flux_crds
from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio

KUBE_SYSTEM = "get /api/v1/namespaces/kube-system"


async def test_a_cluster_rebuilt_while_mirrored_is_read_from_the_beginning(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("old"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.rebuild()
        for definition in flux_crds().values():
            server.cluster.create(definition)
        server.cluster.create(config_map("new"))
        await bench.has("one", config_map_key("new"))
        await bench.lacks("one", config_map_key("old"))
        await bench.until_state("one", "synced")
        assert (await bench.see(lambda: bench.cluster("one"))).uid == server.cluster.uid


async def test_a_cluster_that_comes_back_without_its_old_objects_is_not_called_synced_with_them(
    bench: Bench,
) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("old"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.answer(503, times=math.inf)
        server.faults.end_watches()
        await bench.until_state("one", "stale")
        server.cluster.rebuild()
        server.faults.clear()
        await bench.until_state("one", "synced")
        assert config_map_key("old") not in await bench.see(lambda: bench.keys("one", "ConfigMap"))


async def test_a_right_to_identify_the_cluster_that_goes_drops_nothing(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("kept"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.answer(403, times=math.inf, matching=KUBE_SYSTEM)
        looks = server.requests.count("/apis")
        await bench.until(lambda: server.requests.count("/apis") >= looks + 2)
        assert config_map_key("kept") in await bench.see(lambda: bench.keys("one", "ConfigMap"))
    async with bench.mirroring():
        await bench.until(lambda: bench.cluster("one").uid.startswith("default:"))
        await bench.until_followed("one")
        assert config_map_key("kept") in await bench.see(lambda: bench.keys("one", "ConfigMap"))


async def test_a_rebuilt_cluster_is_noticed_without_the_right_to_read_kube_system(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("old"))
    server.faults.answer(403, times=math.inf, matching=KUBE_SYSTEM)
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.rebuild()
        server.cluster.create(config_map("new"))
        await bench.has("one", config_map_key("new"))
        await bench.lacks("one", config_map_key("old"))

"""CRDs that come, change and go while their cluster is mirrored (informers.md 6 and 11.11)."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.keys import ObjectKey
from mirror.testing.cluster import FakeCluster
from mirror.testing.crds import crd
from tests.mirror.informers.conftest import Bench

pytestmark = pytest.mark.anyio

GROUP = "source.toolkit.fluxcd.io"
NAME = f"depots.{GROUP}"
DEFINITION = ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", NAME)
DEPOT = ObjectKey(GROUP, "Depot", "apps", "main")
SOON_S = 20.0
"""Much less than the interval of the looks."""


def definition(*versions: str) -> dict[str, Any]:
    return crd(GROUP, "Depot", "depots", versions=versions)


def depot(version: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "Depot",
        "metadata": {"name": "main", "namespace": "apps"},
    }


def serve(cluster: FakeCluster, *versions: str) -> None:
    """Change the CRD to serve these versions; what is there stays."""
    spec = definition(*versions)["spec"]
    cluster.patch(DEFINITION, {"spec": spec, "status": {"storedVersions": list(versions)}})


async def test_a_kind_is_followed_as_soon_as_its_crd_is_created(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        began = bench.clock.monotonic()
        server.cluster.create(definition("v1"))
        server.cluster.create(depot("v1"))
        await bench.has("one", DEPOT)
        assert bench.clock.monotonic() - began < SOON_S


async def test_a_crd_that_is_established_late_is_waited_for(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.registry.auto_establish = False
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.cluster.create(definition("v1"))
        bench.clock.advance(5)
        server.cluster.establish(NAME)
        server.cluster.create(depot("v1"))
        server.faults.answer(404, times=3, matching="depots")
        await bench.has("one", DEPOT)


async def test_a_crd_that_discovery_shows_late_is_looked_for_again(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.hide_group("late.example.com")
        server.cluster.create(crd("late.example.com", "Depot", "depots"))
        looks = server.requests.count("/apis")
        began = bench.clock.monotonic()
        # Small steps: the condition takes no time, and the clock must not run ahead of the requests.
        await bench.until(lambda: server.requests.count("/apis") >= looks + 4, step_s=0.01)
        assert bench.clock.monotonic() - began < SOON_S


async def test_a_version_that_is_added_and_preferred_is_followed_with_the_same_rows(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(definition("v1beta1"))
    server.cluster.create(depot("v1beta1"))
    async with bench.mirroring():
        await bench.has("one", DEPOT)
        row = await bench.see(lambda: bench.row("one", DEPOT))
        serve(server.cluster, "v1", "v1beta1")
        await bench.until(lambda: bench.scope("one", "depots").version == "v1")
        await bench.until(lambda: bench.row("one", DEPOT).version == "v1")
        assert (await bench.see(lambda: bench.row("one", DEPOT))).id == row.id


async def test_no_row_is_lost_when_the_followed_version_is_dropped(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(definition("v1beta1"))
    server.cluster.create(depot("v1beta1"))

    def moved() -> bool:
        assert DEPOT in bench.keys("one", "Depot")
        scope = bench.scope("one", "depots")
        return (scope.version, scope.state) == ("v1", "watching")

    async with bench.mirroring():
        await bench.has("one", DEPOT)
        began = bench.clock.monotonic()
        serve(server.cluster, "v1")
        await bench.until(moved)
        assert bench.clock.monotonic() - began < SOON_S
        await bench.until_state("one", "synced")


async def test_a_crd_that_is_deleted_takes_its_objects_with_it(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(definition("v1"))
    server.cluster.create(depot("v1"))
    async with bench.mirroring():
        await bench.has("one", DEPOT)
        began = bench.clock.monotonic()
        server.cluster.delete(DEFINITION)
        await bench.lacks("one", DEPOT)
        await bench.until(lambda: not bench.has_scope("one", "depots"))
        assert bench.clock.monotonic() - began < SOON_S


async def test_a_kind_whose_crd_is_there_is_not_gone_when_discovery_does_not_show_it(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(definition("v1"))
    server.cluster.create(depot("v1"))
    async with bench.mirroring():
        await bench.has("one", DEPOT)
        server.faults.hide_group(GROUP)
        server.faults.end_watches("depots")
        looks = server.requests.count("/apis")
        await bench.until(lambda: server.requests.count("/apis") >= looks + 6)
        assert DEPOT in await bench.see(lambda: bench.keys("one", "Depot"))
        server.faults.clear()
        await bench.until_state("one", "synced")


async def test_a_kind_that_went_while_nobody_mirrored_is_gone_after_the_start(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(definition("v1"))
    server.cluster.create(depot("v1"))
    async with bench.mirroring():
        await bench.has("one", DEPOT)
    server.cluster.delete(DEFINITION)
    async with bench.mirroring():
        await bench.lacks("one", DEPOT)
        assert not await bench.see(lambda: bench.has_scope("one", "depots"))


async def test_a_group_that_cannot_be_discovered_at_the_start_keeps_what_an_earlier_run_knew(
    bench: Bench,
) -> None:
    server = await bench.serve("one")
    server.cluster.create(definition("v1"))
    server.cluster.create(depot("v1"))
    async with bench.mirroring():
        await bench.has("one", DEPOT)
    server.faults.make_group_stale(GROUP)
    async with bench.mirroring():
        looks = server.requests.count("/apis")
        await bench.until(lambda: server.requests.count("/apis") >= looks + 3)
        assert DEPOT in await bench.see(lambda: bench.keys("one", "Depot"))
        assert "Depot" in await bench.see(lambda: bench.served("one"))

"""The same questions over two real kube-apiservers; their audit logs count what was asked of them."""

from __future__ import annotations

import time
from pathlib import Path

import anyio.to_thread
import pytest

from tests.controlplane.access import write_kubeconfig
from tests.controlplane.fleet import write
from tests.controlplane.mirroring import asked_for_objects
from tests.controlplane.server import ControlPlane
from tests.e2e import steps
from tests.e2e.client import served
from tests.e2e.fakes import fake_servers

pytestmark = pytest.mark.anyio


async def fill(planes: tuple[ControlPlane, ControlPlane], kubeconfig: Path) -> None:
    for plane, objects in zip(planes, (steps.staging_objects(), steps.production_objects()), strict=True):
        async with plane.api() as api:
            await write(api, objects)
    await anyio.to_thread.run_sync(write_kubeconfig, kubeconfig, [plane.access() for plane in planes])


async def test_two_real_clusters_are_compared_and_their_faults_explained(
    two_control_planes: tuple[ControlPlane, ControlPlane], tmp_path: Path
) -> None:
    kubeconfig, folder = tmp_path / "kubeconfig", tmp_path / "state"
    await fill(two_control_planes, kubeconfig)
    async with served(kubeconfig, folder / "store.db", tmp_path) as server:
        await steps.all_synced(server)
        asking_since = time.time()
        await steps.ask_everything(server)
        assert await asked_for_objects(two_control_planes, asking_since) == []
        assert await asked_for_objects(two_control_planes, 0), "or the audit log says nothing"
        staging, production = two_control_planes
        async with staging.api() as first, production.api() as second:
            await steps.changes_are_followed(server, first, second)
            await steps.a_kind_nobody_mirrors_is_had_by_asking(server, first)
        await anyio.to_thread.run_sync(steps.no_secret_in, server, folder)


async def test_fake_clusters_with_the_same_objects_are_told_in_the_same_words(
    two_control_planes: tuple[ControlPlane, ControlPlane], tmp_path: Path
) -> None:
    kubeconfig, home = tmp_path / "kubeconfig", tmp_path / "fakes"
    await fill(two_control_planes, kubeconfig)
    await anyio.Path(home).mkdir()
    fleets = {"staging": steps.staging_objects(), "production": steps.production_objects()}
    async with (
        served(kubeconfig, tmp_path / "state" / "store.db", tmp_path) as real,
        fake_servers(fleets, home / "kubeconfig") as fakes,
        served(fakes.kubeconfig, home / "state" / "store.db", home) as simulated,
    ):
        await steps.all_synced(real)
        await steps.all_synced(simulated)
        assert await steps.a_handful_of_texts(real) == await steps.a_handful_of_texts(simulated)


async def test_a_killed_api_server_is_stale_until_it_is_back(
    two_control_planes: tuple[ControlPlane, ControlPlane], victim: ControlPlane, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    await fill(two_control_planes, kubeconfig)
    async with served(kubeconfig, tmp_path / "state" / "store.db", tmp_path) as server:
        await steps.all_synced(server)
        await victim.kill()
        await steps.goes_stale(server, "production")
        await steps.comparison_names_the_planted_differences(server)
        await steps.root_causes_are_right(server)
        await victim.start()
        async with victim.api() as api:
            await api.create(steps.NEWS)
        await steps.all_synced(server)
        await steps.news_is_seen(server)


async def test_a_killed_mirror_resumes_from_the_stored_resource_versions(
    two_control_planes: tuple[ControlPlane, ControlPlane], tmp_path: Path
) -> None:
    kubeconfig, store = tmp_path / "kubeconfig", tmp_path / "state" / "store.db"
    await fill(two_control_planes, kubeconfig)
    async with served(kubeconfig, store, tmp_path) as server:
        await steps.all_synced(server)
        killed_at = time.time()
        await steps.kill_mirror(server, store)
        await steps.all_synced(server)
        await steps.ask_everything(server)
        lists = [
            request
            for request in await asked_for_objects(two_control_planes, killed_at)
            if request.startswith("list ")
        ]
        # One object of each kind: whether the server is behind what is stored.
        assert [request for request in lists if not request.endswith("limit=1")] == []

"""Two real clusters that are copies of one another: exactly what is planted is found, and nobody is asked."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.controlplane.access import write_kubeconfig
from tests.controlplane.api import Api
from tests.controlplane.fleet import write
from tests.controlplane.mirroring import asked_for_objects
from tests.controlplane.server import ControlPlane
from tests.e2e import copy_steps, steps
from tests.e2e.client import served
from tests.e2e.copies import Copies, copied

pytestmark = pytest.mark.anyio


async def test_exactly_what_is_planted_into_two_real_clusters_is_found(
    two_control_planes: tuple[ControlPlane, ControlPlane], tmp_path: Path
) -> None:
    kubeconfig, folder = tmp_path / "kubeconfig", tmp_path / "state"
    accesses = [plane.access() for plane in two_control_planes]
    await anyio.to_thread.run_sync(write_kubeconfig, kubeconfig, accesses)
    async with AsyncExitStack() as stack:
        apis: dict[str, Api] = {
            plane.name: await stack.enter_async_context(plane.api()) for plane in two_control_planes
        }
        async with anyio.create_task_group() as writers:
            for api in apis.values():
                writers.start_soon(write, api, copied())
        server = await stack.enter_async_context(served(kubeconfig, folder / "store.db", tmp_path))
        copies = Copies(apis)
        await steps.all_synced(server, copies.names)
        asking_since = time.time()
        await copy_steps.all_is_identical(server, copies)
        await copy_steps.a_chart_is_found_everywhere(server, copies)
        await copies.plant()
        await copy_steps.exactly_what_was_planted_is_found(server, copies)
        await copy_steps.upgrades_are_found(server, copies)
        assert await asked_for_objects(two_control_planes, asking_since) == []
        await anyio.to_thread.run_sync(steps.no_secret_in, server, folder)

"""Questions over two fake clusters, through `flux-mirror serve` over real stdio."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
import pytest

from tests.e2e import steps
from tests.e2e.client import served
from tests.e2e.fakes import Fakes

pytestmark = pytest.mark.anyio


async def test_two_clusters_are_compared_and_their_faults_explained(fakes: Fakes, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    async with served(fakes.kubeconfig, folder / "store.db", tmp_path) as server:
        await steps.all_synced(server)
        before = fakes.requests_for_objects()
        await steps.ask_everything(server)
        assert fakes.requests_for_objects() == before, "an answer asked a cluster"
        await steps.changes_are_followed(server, fakes.apis["staging"], fakes.apis["production"])
        await steps.a_kind_nobody_mirrors_is_had_by_asking(server, fakes.apis["staging"])
        await anyio.to_thread.run_sync(steps.no_secret_in, server, folder)

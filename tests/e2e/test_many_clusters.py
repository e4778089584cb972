"""The same questions over two, ten and fifty clusters, each one call over stdio that asks no cluster."""

from __future__ import annotations

import time
from pathlib import Path

import anyio.to_thread
import pytest

from tests.e2e import cause_steps, copy_steps, steps
from tests.e2e.breakdowns import Breakdowns
from tests.e2e.client import served
from tests.e2e.copies import Copies, copied
from tests.e2e.fakes import fake_servers

pytestmark = pytest.mark.anyio

LONG = pytest.mark.long


@pytest.mark.parametrize("number", [pytest.param(2, marks=LONG), 10, pytest.param(50, marks=LONG)])
async def test_many_clusters_are_asked_in_one_call(number: int, tmp_path: Path) -> None:
    fleets = {f"cluster-{n:02}": copied() for n in range(number)}
    folder = tmp_path / "state"
    async with (
        fake_servers(fleets, tmp_path / "kubeconfig") as fakes,
        served(fakes.kubeconfig, folder / "store.db", tmp_path) as server,
    ):
        copies = Copies(fakes.apis)
        await steps.all_synced(server, copies.names)
        before = fakes.requests_for_objects()
        await copy_steps.all_is_identical(server, copies)
        await copy_steps.a_chart_is_found_everywhere(server, copies)
        await copies.plant()
        await copy_steps.exactly_what_was_planted_is_found(server, copies)
        await copy_steps.upgrades_are_found(server, copies)
        await copy_steps.several_at_once_are_told_the_same(server, copies)
        breakdowns = Breakdowns(fakes.servers, time.time())
        breakdowns.happen()
        await cause_steps.every_breakdown_is_explained(server, breakdowns)
        assert fakes.requests_for_objects() == before, "an answer asked a cluster"
        await cause_steps.logs_are_read_when_asked_for(server, fakes)
        await anyio.to_thread.run_sync(steps.no_secret_in, server, folder)

"""Silence of a server: peace as long as it answers, and nothing is confirmed when it does not."""

from __future__ import annotations

import math

import pytest

from mirror.settings import LivenessSettings
from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio

BOUND_S = LivenessSettings().probe_after_s + LivenessSettings().probe_timeout_s


async def test_a_quiet_server_stays_confirmed_because_it_answers(bench: Bench) -> None:
    server = await bench.serve("one")
    server.faults.omit_bookmarks()
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        asked = server.requests.count(lambda r: r.path == "/version")
        await bench.passes(60)
        cluster = await bench.see(lambda: bench.cluster("one"))
        assert bench.clock.wall() - (cluster.confirmed_at or 0.0) <= BOUND_S
        assert (cluster.state, cluster.heard_at) == ("synced", cluster.confirmed_at)
        assert 3 <= server.requests.count(lambda r: r.path == "/version") - asked <= 7


async def test_streams_that_freeze_with_their_server_confirm_nothing(bench: Bench) -> None:
    """[half-open] Nothing is closed and nothing arrives: a cable was pulled."""
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        frozen_at = bench.clock.wall()
        server.faults.freeze_watches()
        hold = server.faults.hold()
        server.cluster.create(config_map("meanwhile"))
        await bench.until_state("one", "stale")
        cluster = await bench.see(lambda: bench.cluster("one"))
        assert (cluster.confirmed_at or 0.0) <= frozen_at + BOUND_S + 5
        assert cluster.error
        hold.release()
        await bench.has("one", config_map_key("meanwhile"))
        await bench.until_state("one", "synced")


async def test_a_login_page_is_no_sign_of_life(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.freeze_watches()
        server.faults.login_page(times=math.inf)
        await bench.until_state("one", "stale")
        confirmed = (await bench.see(lambda: bench.cluster("one"))).confirmed_at
        await bench.passes(30)
        assert (await bench.see(lambda: bench.cluster("one"))).confirmed_at == confirmed
        server.faults.clear()
        await bench.until_state("one", "synced")


async def test_one_scope_that_is_down_leaves_the_others_trusted(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.answer(503, times=math.inf, matching="configmaps")
        server.faults.end_watches("configmaps")
        await bench.until_state("one", "stale")
        confirmed = (await bench.see(lambda: bench.cluster("one"))).confirmed_at or 0.0
        await bench.passes(20)
        cluster = await bench.see(lambda: bench.cluster("one"))
        assert cluster.confirmed_at == confirmed
        assert (cluster.heard_at or 0.0) > confirmed
        assert (await bench.see(lambda: bench.scope("one", "configmaps"))).current_at == confirmed
        server.faults.clear()
        await bench.until_state("one", "synced")

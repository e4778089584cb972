"""The storm of a start: many scopes of several clusters want to list at once."""

from __future__ import annotations

import anyio
import pytest

from mirror.settings import MirrorSettings, WriterSettings
from mirror.testing.cluster import FakeCluster
from tests.mirror.informers.conftest import Bench
from tests.mirror.informers.interleaving.objects import furnish

pytestmark = pytest.mark.anyio

SETTINGS = MirrorSettings(lists_per_cluster=2, lists_total=5, writer=WriterSettings(gather_s=0.0))


async def test_lists_under_way_are_bounded_per_cluster_and_in_all(bench: Bench) -> None:
    names = ["one", "two", "three"]
    for name in names:
        cluster = FakeCluster(name, clock=bench.clock)
        furnish(cluster)
        (await bench.serve(name, cluster=cluster)).behaviour.watch_list = False
    holds = [bench.servers[name].faults.hold(matching="list") for name in names]

    def under_way() -> list[int]:
        return [bench.servers[name].requests.count("list") for name in names]

    async with bench.mirroring(SETTINGS):
        await bench.until(lambda: sum(under_way()) == 5)
        for _ in range(30):
            await bench.committed()
            bench.clock.advance(0.1)
        assert sorted(under_way()) == [1, 2, 2]
        for hold in holds:
            hold.release()
        for name in names:
            await bench.until_state(name, "synced")


async def test_a_fleet_does_not_begin_all_at_once(bench: Bench) -> None:
    """While the clock stands still, only the first cluster is asked."""
    names = ["one", "two", "three"]
    for name in names:
        await bench.serve(name)

    def begun() -> set[str]:
        return {name for name in names if bench.servers[name].requests.total}

    async with bench.mirroring(MirrorSettings(start_spread_s=10.0, writer=WriterSettings(gather_s=0.0))):
        for many in (1, 2, 3):
            with anyio.fail_after(20):
                while len(begun()) < many:
                    await bench.see(lambda: None)
            for _ in range(20):
                await bench.see(lambda: None)
            assert len(begun()) == many
            bench.clock.advance(10.5 if many == 1 else 9.5)

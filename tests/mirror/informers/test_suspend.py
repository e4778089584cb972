"""A machine that sleeps: the wall clock goes on, everything else stands still."""

from __future__ import annotations

import pytest

from mirror.informers.suspend import SuspendDetector
from mirror.testing.clock import ManualClock
from tests.mirror.informers.conftest import Bench, config_map, config_map_key


def test_only_a_jump_of_the_wall_clock_alone_is_sleep() -> None:
    clock = ManualClock()
    detector = SuspendDetector(clock, 30.0)
    clock.advance(3600)
    assert not detector.slept()
    clock.suspend(29)
    assert not detector.slept()
    clock.suspend(31)
    assert detector.slept()
    assert not detector.slept(), "it is said once"
    clock.suspend(-3600)
    assert not detector.slept(), "a clock that was put back"


@pytest.mark.anyio
async def test_after_sleep_every_stream_is_opened_anew_before_anything_is_confirmed(bench: Bench) -> None:
    """[TestReconnectBrokenTCP] The connections look open, and nothing comes through them any more."""
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        bench.clock.advance(2)  # a stream that breaks within its first second is followed by a list
        server.faults.freeze_watches()
        server.cluster.create(config_map("meanwhile"))
        confirmed = (await bench.see(lambda: bench.cluster("one"))).confirmed_at
        assert confirmed is not None
        watches = server.requests.count("watch")
        slept_until = bench.clock.wall() + 3600
        bench.clock.suspend(3600)
        await bench.has("one", config_map_key("meanwhile"))
        await bench.until_state("one", "synced")
        assert server.requests.count("watch") == 2 * watches
        probes = server.requests.count(lambda r: r.verb == "list" and r.query.get("limit") == "1")
        assert probes == watches, "each kind's server has shown that it is not behind"
        after = await bench.see(lambda: bench.cluster("one"))
        assert (after.confirmed_at or 0.0) >= slept_until

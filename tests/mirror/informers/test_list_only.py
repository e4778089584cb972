"""A kind that we may list but not watch is listed again and again."""

from __future__ import annotations

import pytest

from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio


async def test_a_kind_that_may_only_be_listed_is_polled(bench: Bench) -> None:
    server = await bench.serve("one")
    server.deny("watch", "", "configmaps")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await bench.until(lambda: bench.has_scope("one", "configmaps", state="polling"))
        scope = await bench.see(lambda: bench.scope("one", "configmaps"))
        assert "cannot watch" in scope.error
        assert scope.failures == 0
        before = bench.clock.monotonic()
        server.cluster.create(config_map("later"))
        await bench.has("one", config_map_key("later"), step_s=1.0)
        assert bench.clock.monotonic() - before < 1.2 * 60 + 10
        after = await bench.see(lambda: bench.scope("one", "configmaps"))
        assert (after.state, after.state_since) == ("polling", scope.state_since)


async def test_polling_ends_when_watching_is_allowed_or_listing_no_longer_is(bench: Bench) -> None:
    server = await bench.serve("one")
    server.deny("watch", "", "configmaps")
    server.deny("watch", "", "secrets")
    async with bench.mirroring():
        await bench.until(lambda: bench.has_scope("one", "configmaps", state="polling"))
        server.allow("watch", "", "configmaps")
        server.deny("list", "", "secrets")
        await bench.until(lambda: bench.has_scope("one", "configmaps", state="watching"), step_s=1.0)
        await bench.until(lambda: bench.has_scope("one", "secrets", state="forbidden"), step_s=1.0)

"""What doctor shows about a scope: how much came, how often it had to begin anew, how late it was stored."""

from __future__ import annotations

import pytest

from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio


async def test_bytes_duplicates_and_lag_of_a_scope_are_counted(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        listed = (await bench.see(lambda: bench.scope("one", "configmaps"))).bytes
        assert listed > 0, "the list counts"
        server.cluster.create(config_map("first"))
        await bench.has("one", config_map_key("first"))
        server.faults.send_duplicates("configmaps")
        server.cluster.create(config_map("second"))
        await bench.has("one", config_map_key("second"))
        scope = await bench.see(lambda: bench.scope("one", "configmaps"))
        assert scope.duplicates == 1
        assert scope.bytes > listed + 2 * len("configmaps")
        assert scope.lag_s is not None
        assert (scope.lists, scope.watches, scope.expirations, scope.failures) == (1, 1, 0, 0)

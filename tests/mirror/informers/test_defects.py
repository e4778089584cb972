"""A defect of ours in the work on one cluster: a state of that cluster, and of no other."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.flux.redaction import Redactor
from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio


class Defective(Redactor):
    """Fails for one object, as a bug would."""

    def redact(self, obj: dict[str, Any]) -> dict[str, Any]:
        if obj["metadata"]["name"] == "poison":
            raise RuntimeError("planted")
        return super().redact(obj)


async def test_a_defect_in_one_cluster_is_its_state_and_touches_no_other(bench: Bench) -> None:
    ill = await bench.serve("ill")
    well = await bench.serve("well")
    ill.cluster.create(config_map("poison"))
    bench.redactor = Defective(b"k" * 32)
    async with bench.mirroring():
        await bench.until_state("well", "synced")
        await bench.until(lambda: "internal error: RuntimeError" in bench.cluster("ill").error)
        well.cluster.create(config_map("fresh"))
        await bench.has("well", config_map_key("fresh"))
        ill.cluster.delete(config_map_key("poison"))
        await bench.until_state("ill", "synced")

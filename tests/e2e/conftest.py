"""Two fake clusters with a known fleet, behind HTTP, as the end-to-end tests meet them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.fakes import Fakes, fake_servers
from tests.e2e.steps import production_objects, staging_objects


@pytest.fixture
async def fakes(tmp_path: Path) -> AsyncIterator[Fakes]:
    """staging and production."""
    fleets = {"staging": staging_objects(), "production": production_objects()}
    async with fake_servers(fleets, tmp_path / "kubeconfig") as running:
        yield running

"""A running fake API server and a plain client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from mirror.testing import Behaviour, FakeAPIServer, FakeCluster, ManualClock
from tests.mirror.testing.api import Api


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cluster(clock: ManualClock) -> FakeCluster:
    return FakeCluster("staging", clock=clock)


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
async def server(cluster: FakeCluster, behaviour: Behaviour) -> AsyncIterator[FakeAPIServer]:
    async with FakeAPIServer(cluster, behaviour=behaviour) as running:
        yield running


@pytest.fixture
async def api(server: FakeAPIServer) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield Api(session, server.url)

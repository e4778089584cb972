"""Two fake clusters with a known fleet, behind HTTP, as the end-to-end tests meet them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio.to_thread
import pytest

from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.cluster import FakeCluster
from mirror.testing.crds import flux_crds
from mirror.testing.kubeconfig import write_kubeconfig
from tests.controlplane.api import Api, Object, open_api
from tests.controlplane.flux_objects import observed
from tests.e2e.steps import production_objects, staging_objects

TOKENS = {"planted-canary-token-mirror": "mirror", "planted-canary-token-admin": "admin"}


def loaded_cluster(name: str, objects: list[Object]) -> FakeCluster:
    """A cluster with the Flux kinds and these objects, as their controllers left them."""
    cluster = FakeCluster(name, history=100_000)
    for definition in flux_crds().values():
        cluster.create(definition)
    for obj in objects:
        cluster.apply(observed(obj, 1))
    return cluster


class TwoFakes:
    """staging and production, and what a test needs to reach them."""

    def __init__(
        self, staging: FakeAPIServer, production: FakeAPIServer, kubeconfig: Path, apis: list[Api]
    ) -> None:
        self.staging, self.production = staging, production
        self.kubeconfig = kubeconfig
        self.staging_api, self.production_api = apis

    def asked_for_objects(self) -> int:
        """How many requests for objects the mirror has sent to either server; not discovery, of which the
        look at who answers is a part."""
        return sum(
            bool(request.verb) and request.user == "mirror" and request.name != "kube-system"
            for server in (self.staging, self.production)
            for request in server.requests
        )


@pytest.fixture
async def fakes(tmp_path: Path) -> AsyncIterator[TwoFakes]:
    async with AsyncExitStack() as stack:
        fleets = {"staging": staging_objects(), "production": production_objects()}
        servers = {
            name: await stack.enter_async_context(FakeAPIServer(loaded_cluster(name, objects), tokens=TOKENS))
            for name, objects in fleets.items()
        }
        kubeconfig = tmp_path / "kubeconfig"
        await anyio.to_thread.run_sync(write_kubeconfig, kubeconfig, servers)
        no_tls = ssl.create_default_context()
        admin = {"Authorization": "Bearer planted-canary-token-admin"}
        apis = [await stack.enter_async_context(open_api(s.url, no_tls, admin)) for s in servers.values()]
        yield TwoFakes(servers["staging"], servers["production"], kubeconfig, apis)

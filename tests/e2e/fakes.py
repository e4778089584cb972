"""Fake clusters behind HTTP, and what a test needs to reach them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.cluster import FakeCluster
from mirror.testing.crds import flux_crds
from mirror.testing.kubeconfig import write_kubeconfig
from mirror.testing.requests import RequestInfo
from tests.controlplane.api import Api, Object, open_api
from tests.controlplane.flux_objects import observed

__all__ = ["Fakes", "fake_servers", "loaded_cluster"]

TOKENS = {"planted-canary-token-mirror": "mirror", "planted-canary-token-admin": "admin"}


@dataclass(frozen=True)
class Fakes:
    """By name of the context: a server, and somebody who may change what is in its cluster."""

    servers: Mapping[str, FakeAPIServer]
    apis: Mapping[str, Api]
    kubeconfig: Path

    def requests_for_objects(self) -> list[RequestInfo]:
        """What the mirror, or an answer, has asked for; not what the mirror does by itself: discovery and the
        look at who answers, streams that go on, and how far the server is before they do."""
        return [
            request
            for server in self.servers.values()
            for request in server.requests
            if request.verb in ("get", "list")
            and request.user == "mirror"
            and request.name != "kube-system"
            and request.query.get("limit") != "1"
        ]


@asynccontextmanager
async def fake_servers(fleets: Mapping[str, Iterable[Object]], kubeconfig: Path) -> AsyncIterator[Fakes]:
    """Serve clusters with these objects, and write the kubeconfig that names them."""
    async with AsyncExitStack() as stack:
        servers = {
            name: await stack.enter_async_context(FakeAPIServer(loaded_cluster(name, objects), tokens=TOKENS))
            for name, objects in fleets.items()
        }
        await anyio.to_thread.run_sync(write_kubeconfig, kubeconfig, servers)
        no_tls = ssl.create_default_context()
        admin = {"Authorization": "Bearer planted-canary-token-admin"}
        apis = {
            name: await stack.enter_async_context(open_api(server.url, no_tls, admin))
            for name, server in servers.items()
        }
        yield Fakes(servers, apis, kubeconfig)


def loaded_cluster(name: str, objects: Iterable[Object]) -> FakeCluster:
    """A cluster with the Flux kinds and these objects, as their controllers left them."""
    cluster = FakeCluster(name, history=100_000)
    for definition in flux_crds().values():
        cluster.create(definition)
    for obj in objects:
        cluster.apply(observed(obj, 1))
    return cluster

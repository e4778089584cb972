"""Real clusters as fixtures. Synchronous ones: starting servers is no business of a test's event loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from tests.controlplane.build import flux_crds
from tests.controlplane.plugin import chosen_provider, tell, unavailable
from tests.controlplane.providers import Cluster, UnavailableError, prepare
from tests.controlplane.server import ControlPlane

_FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_FOLDER):
            item.add_marker(pytest.mark.controlplane)


@dataclass
class Servers:
    """What runs for the whole session. used: whether a module has written to it."""

    clusters: Sequence[Cluster]
    crds: Path
    used: bool = False


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """staging and production from the chosen provider, started once."""
    provider = chosen_provider(request.config)
    with ExitStack() as stack:
        clusters: Sequence[Cluster] = ()
        reason = ""
        try:
            clusters = stack.enter_context(
                provider.clusters(["staging", "production"], lambda text: tell(request.config, text))
            )
        except UnavailableError as error:
            reason = str(error)
        if reason:
            unavailable(reason)
        # Looked up here, because during a test the home, and with it the cache folder, is another one.
        yield Servers(clusters, flux_crds())


@pytest.fixture(scope="module")
def two_clusters(servers: Servers) -> tuple[Cluster, Cluster]:
    """staging and production with the Flux CRDs and otherwise empty, shared by the tests of a module.

    Clusters of other providers than controlplane are not emptied between modules.
    """
    if servers.used:
        anyio.run(_empty, servers)
    servers.used = True
    staging, production = servers.clusters
    return staging, production


@pytest.fixture(scope="module")
def two_control_planes(two_clusters: tuple[Cluster, Cluster]) -> tuple[ControlPlane, ControlPlane]:
    """The same two, for tests that count requests or choose the user; other providers cannot do that."""
    staging, production = two_clusters
    if not (isinstance(staging, ControlPlane) and isinstance(production, ControlPlane)):
        pytest.skip("needs --cluster-provider=controlplane: audit log and users are ours only there")
    return staging, production


@pytest.fixture
def victim(two_control_planes: tuple[ControlPlane, ControlPlane], servers: Servers) -> Iterator[ControlPlane]:
    """production, to be killed, wiped, compacted; running, with CRDs, again for the next test.

    Its objects are not restored.
    """
    production = two_control_planes[1]
    yield production
    anyio.run(_revive, production, servers.crds)


@pytest.fixture
def flux_crds_folder(servers: Servers) -> Path:
    """The CRDs, for a cluster that was wiped in the middle of a test."""
    return servers.crds


async def _empty(servers: Servers) -> None:
    async def empty(plane: ControlPlane) -> None:
        await plane.wipe()
        await prepare(plane, servers.crds)

    async with anyio.create_task_group() as group:
        for cluster in servers.clusters:
            if isinstance(cluster, ControlPlane):
                group.start_soon(empty, cluster)


async def _revive(plane: ControlPlane, crds: Path) -> None:
    if not plane.running:
        await plane.start()
    await prepare(plane, crds)

"""Where test clusters come from: our own control planes, kind, or clusters that exist already.

Which one is a flag, `--cluster-provider`, or the environment variable FLUX_MIRROR_TEST_PROVIDER.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import anyio

from tests.controlplane.access import Access, reader_rbac
from tests.controlplane.api import Api
from tests.controlplane.build import BuildError, flux_crds, server_binaries
from tests.controlplane.crds import install_crds
from tests.controlplane.external import ExternalCluster
from tests.controlplane.server import ControlPlane

__all__ = ["Cluster", "ControlPlanes", "Existing", "Kind", "Provider", "UnavailableError", "prepare"]

Say = Callable[[str], None]
T = TypeVar("T")


class UnavailableError(Exception):
    """This machine cannot provide the clusters; the text is the reason, for the report of skipped tests."""


class Cluster(Protocol):
    """What every provider's clusters can do. Only a ControlPlane can also be hurt and counted."""

    @property
    def name(self) -> str: ...

    def api(self) -> AbstractAsyncContextManager[Api]:
        """A client that may do everything."""
        ...

    def access(self) -> Access:
        """What flux-mirror's kubeconfig says about the cluster."""
        ...


class Provider(Protocol):
    """A source of clusters."""

    def clusters(self, names: Sequence[str], say: Say) -> AbstractContextManager[Sequence[Cluster]]:
        """Running clusters with the Flux CRDs, ended with the context.

        Blocks, and must not be entered on an event loop. say: told what takes long. Raises UnavailableError.
        """
        ...


async def prepare(cluster: Cluster, crds: Path) -> None:
    """Flux CRDs where the cluster has none, and the rights of the user that flux-mirror runs as.

    May be repeated: nothing is changed the second time.
    """
    async with cluster.api() as api:
        if not await api.serves("kustomize.toolkit.fluxcd.io/v1", "Kustomization"):
            await install_crds(api, crds)
        if isinstance(cluster, ControlPlane):  # elsewhere flux-mirror runs with the kubeconfig's own user
            for obj in reader_rbac():
                await api.apply(obj)


class ControlPlanes:
    """etcd and kube-apiserver started here, from KUBEBUILDER_ASSETS or built with the Go toolchain."""

    @contextmanager
    def clusters(self, names: Sequence[str], say: Say) -> Iterator[Sequence[ControlPlane]]:
        """See Provider. The first time ever takes about ten minutes, then about five seconds."""
        binaries, crds = _available(server_binaries, say), _available(flux_crds, say)
        with tempfile.TemporaryDirectory(prefix="flux-mirror-controlplane-") as folder:
            planes = [ControlPlane(name, binaries, Path(folder) / name) for name in names]
            try:
                anyio.run(_start, planes, crds)
                yield planes
            finally:
                anyio.run(_kill, planes)


@dataclass(frozen=True)
class Kind:
    """Clusters in Docker (https://kind.sigs.k8s.io), with a kubelet and all controllers.

    prefix: of the names under which kind knows them; clusters of that name are replaced.
    """

    prefix: str = "flux-mirror-test"

    @contextmanager
    def clusters(self, names: Sequence[str], say: Say) -> Iterator[Sequence[ExternalCluster]]:
        """See Provider. Pulls the node image the first time."""
        for command in (["docker", "info"], ["kind", "version"]):
            _must_work(command)
        crds = _available(flux_crds, say)
        with tempfile.TemporaryDirectory(prefix="flux-mirror-kind-") as folder:
            try:
                yield [self._create(name, Path(folder), crds, say) for name in names]
            finally:
                for name in names:
                    _run(["kind", "delete", "cluster", "--name", f"{self.prefix}-{name}"], timeout_s=120)

    def _create(self, name: str, folder: Path, crds: Path, say: Say) -> ExternalCluster:
        full = f"{self.prefix}-{name}"
        kubeconfig = folder / f"{name}.yaml"
        say(f"creating the kind cluster {full}")
        _run(["kind", "delete", "cluster", "--name", full], timeout_s=120)
        done = _run(
            ["kind", "create", "cluster", "--name", full, "--kubeconfig", str(kubeconfig), "--wait", "180s"],
            timeout_s=600,
        )
        if done.returncode != 0:
            raise UnavailableError(f"kind could not create {full}: {done.stdout.strip()[-500:]}")
        cluster = ExternalCluster(name, kubeconfig, f"kind-{full}")
        anyio.run(prepare, cluster, crds)
        return cluster


@dataclass(frozen=True)
class Existing:
    """Clusters of a kubeconfig. Tests create, change and delete objects there: take throw-away ones."""

    kubeconfig: Path | None
    contexts: Sequence[str]

    @contextmanager
    def clusters(self, names: Sequence[str], say: Say) -> Iterator[Sequence[ExternalCluster]]:
        """See Provider. Nothing is removed afterwards."""
        if self.kubeconfig is None or len(self.contexts) < len(names):
            raise UnavailableError(
                f"needs --cluster-kubeconfig and --cluster-contexts with {len(names)} contexts "
                "(or FLUX_MIRROR_TEST_KUBECONFIG and FLUX_MIRROR_TEST_CONTEXTS)"
            )
        crds = _available(flux_crds, say)
        found = [
            ExternalCluster(name, self.kubeconfig, context)
            for name, context in zip(names, self.contexts, strict=False)
        ]
        for cluster in found:
            anyio.run(prepare, cluster, crds)
        yield found


async def _start(planes: Sequence[ControlPlane], crds: Path) -> None:
    async def start(plane: ControlPlane) -> None:
        await plane.start()
        await prepare(plane, crds)

    async with anyio.create_task_group() as group:
        for plane in planes:
            group.start_soon(start, plane)


async def _kill(planes: Sequence[ControlPlane]) -> None:
    for plane in planes:
        await plane.kill()


def _available(build: Callable[[Say], T], say: Say) -> T:
    try:
        return build(say)
    except BuildError as error:
        raise UnavailableError(str(error)) from error


def _must_work(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise UnavailableError(f"`{command[0]}` is not on PATH")
    shown = " ".join(command)
    try:
        done = _run(command, timeout_s=20)
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"`{shown}` does not answer") from error
    if done.returncode != 0:
        raise UnavailableError(f"`{shown}` fails: {done.stdout.strip().rpartition(chr(10))[2]}")


def _run(command: list[str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout_s, check=False
    )

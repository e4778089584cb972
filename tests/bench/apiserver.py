"""First sync of a real kube-apiserver against a raw paged download of the same objects."""

from __future__ import annotations

import time
from pathlib import Path

import anyio

from mirror.store import schema
from tests.bench.processes import mirror_running
from tests.bench.sync import raw_download
from tests.controlplane.access import write_kubeconfig
from tests.controlplane.api import Api
from tests.controlplane.flux_objects import helm_release
from tests.controlplane.providers import ControlPlanes, UnavailableError
from tests.controlplane.server import ControlPlane
from tests.controlplane.workloads import namespace

__all__ = ["apiserver"]

_NAMESPACE = "shop"
_WRITERS = 16
_SETTINGS = 64
"""Values that bring a HelmRelease to about 4 KB."""


def apiserver(folder: Path, objects: int = 5000) -> None:
    """HelmReleases of 4 KB. Left out where no API server can be had (see tests/controlplane)."""
    try:
        with ControlPlanes().clusters(["bench"], print) as (plane,):
            anyio.run(_fill, plane, objects, backend_options={"use_uvloop": True})
            _compare(plane, folder, objects)
    except UnavailableError as error:
        print(f"First sync of a real API server: left out, {error}")


def _compare(plane: ControlPlane, folder: Path, objects: int) -> None:
    kubeconfig = write_kubeconfig(folder / "kubeconfig", [plane.access()])
    raw_download(kubeconfig)  # the first one fills the server's caches
    raw_bytes, raw_s = min((raw_download(kubeconfig) for _ in range(3)), key=lambda found: found[1])
    store = folder / "store.db"
    schema.prepare(store, at=time.time())
    with mirror_running(kubeconfig, store) as mirror:
        cpu_s = mirror.usage().cpu_s
    print(f"First sync of a real API server, {objects} HelmReleases, {raw_bytes / 1e6:.0f} MB of JSON")
    print(f"  raw download of the same pages   {raw_s:8.2f} s")
    print(f"  mirror, from its first request   {mirror.reading_s:8.2f} s")
    print(f"  ratio                            {mirror.reading_s / raw_s:8.1f}")
    print(f"  mirror, from process start       {mirror.seconds:8.2f} s  CPU {cpu_s:.2f} s")


async def _fill(plane: ControlPlane, objects: int) -> None:
    numbers = iter(range(objects))
    async with plane.api() as api:
        await api.apply(namespace(_NAMESPACE))

        async def write() -> None:
            for number in numbers:
                await _create(api, number)

        async with anyio.create_task_group() as writers:
            for _ in range(_WRITERS):
                writers.start_soon(write)


async def _create(api: Api, number: int) -> None:
    values = {
        "replicaCount": 1,
        "env": {f"SETTING_{n}": f"the value of setting {n} of {number}" for n in range(_SETTINGS)},
    }
    name = f"service-{number:04}"
    release = helm_release(
        name, _NAMESPACE, repository="shop", chart="service", version="1.2.3", values=values
    )
    await api.create(release)

"""A mirror of real API servers inside the test process, and what its store holds."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from mirror.clock import SystemClock
from mirror.flux.redaction import Redactor
from mirror.informers.manager import Manager
from mirror.informers.tools import Tools
from mirror.kube.kubeconfig import load_selection
from mirror.settings import MirrorSettings
from mirror.store import clusters, objects
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.rows import ScopeRow
from mirror.store.writer import Writer
from tests.controlplane.access import MIRROR, User, write_kubeconfig
from tests.controlplane.server import ControlPlane
from tests.controlplane.waiting import until

__all__ = ["Mirrored", "asked_for_objects", "mirroring"]

T = TypeVar("T")
Versions = dict[tuple[str, str], str]
"""(namespace, name) → resourceVersion."""

BACKGROUND = ("/api", "/apis", "/version", "/api/v1/namespaces/kube-system")
"""What the mirror asks now and then by itself: who answers, what is served, is anybody there."""

_PATIENCE_S = 60.0


class Mirrored:
    """Looks into the store of a mirror that runs."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def scope(self, cluster: str, plural: str) -> ScopeRow | None:
        return await anyio.to_thread.run_sync(self._scope, cluster, plural)

    async def states(self, cluster: str, plural: str) -> dict[str, str]:
        """The state of each scope of a type, by namespace."""
        return await anyio.to_thread.run_sync(self._states, cluster, plural)

    async def rows(self, cluster: str, kind: str) -> dict[tuple[str, str], int]:
        """(namespace, name) → row id of what is stored as present."""
        return await anyio.to_thread.run_sync(self._rows, cluster, kind)

    async def versions(self, cluster: str, kind: str) -> Versions:
        return await anyio.to_thread.run_sync(self._versions, cluster, kind)

    async def until_synced(self, cluster: str) -> None:
        async def synced() -> bool:
            return await anyio.to_thread.run_sync(self._state, cluster) == "synced"

        await until(synced, within_s=_PATIENCE_S)

    async def until_equal(self, plane: ControlPlane, kind: str) -> Versions:
        """Wait until the store holds exactly the server's objects of a core kind; returns them."""
        found: Versions = {}

        async def equal() -> bool:
            nonlocal found
            found = await versions_of(plane, kind)
            return await self.versions(plane.name, kind) == found

        await until(equal, within_s=_PATIENCE_S)
        return found

    def _state(self, cluster: str) -> str:
        with self._reader.snapshot() as connection:
            return next((row.state for row in clusters.clusters(connection) if row.name == cluster), "")

    def _scope(self, cluster: str, plural: str) -> ScopeRow | None:
        with self._reader.snapshot() as connection:
            return next((row for row in clusters.scopes(connection, [cluster]) if row.plural == plural), None)

    def _states(self, cluster: str, plural: str) -> dict[str, str]:
        with self._reader.snapshot() as connection:
            rows = clusters.scopes(connection, [cluster])
            return {row.namespace: row.state for row in rows if row.plural == plural}

    def _rows(self, cluster: str, kind: str) -> dict[tuple[str, str], int]:
        with self._reader.snapshot() as connection:
            rows = objects.select(connection, clusters=[cluster], kind=kind)
            return {(row.namespace, row.name): row.id for row in rows}

    def _versions(self, cluster: str, kind: str) -> Versions:
        with self._reader.snapshot() as connection:
            rows = objects.select(connection, clusters=[cluster], group="", kind=kind)
            return {(row.namespace, row.name): row.resource_version for row in rows}


async def versions_of(plane: ControlPlane, kind: str) -> Versions:
    """What the server has of a core kind."""
    async with plane.api() as api:
        found = [obj["metadata"] for obj in await api.list_all("v1", kind)]
    return {(meta.get("namespace", ""), meta["name"]): meta["resourceVersion"] for meta in found}


@asynccontextmanager
async def mirroring(
    folder: Path,
    planes: Sequence[ControlPlane],
    settings: MirrorSettings | None = None,
    *,
    user: User = MIRROR,
) -> AsyncIterator[Mirrored]:
    """A mirror of these, from its start to its end; its store stays in the folder for the next one."""
    chosen = settings or MirrorSettings()
    accesses = [plane.access(user) for plane in planes]
    path = await anyio.to_thread.run_sync(write_kubeconfig, folder / "config", accesses)
    selection = await anyio.to_thread.run_sync(load_selection, [path], {})
    paths, clock = StorePaths(folder / "store.db"), SystemClock()
    async with Writer(paths, chosen.writer, clock) as writer:
        reader = await anyio.to_thread.run_sync(Reader, paths.store)
        tools = Tools(writer, Redactor(b"k" * 32), chosen, clock, random.Random())
        manager = Manager(selection, reader=reader, tools=tools, environ={})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(manager.run)
            yield Mirrored(reader)
            tasks.cancel_scope.cancel()
        await anyio.to_thread.run_sync(reader.close)


async def asked_for_objects(planes: Sequence[ControlPlane], since: float) -> list[str]:
    """What the mirror asked for since then, but for its look at who answers and what is served."""
    return [
        f"{request.verb} {request.path}"
        for plane in planes
        for request in await plane.requests(MIRROR, since=since)
        if request.path not in BACKGROUND
    ]

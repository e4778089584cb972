"""A mirror over fake API servers, in one loop, with time that only the test moves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import pytest
import trustme

from mirror.flux.redaction import Redactor
from mirror.informers.manager import Manager
from mirror.informers.tools import Tools
from mirror.keys import ObjectKey
from mirror.kube.kubeconfig import Selection, load_selection
from mirror.settings import MirrorSettings, WriterSettings
from mirror.store import clusters as cluster_rows
from mirror.store import documents, objects
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.rows import ClusterRow, MetaRow, ObjectRow, ScopeRow
from mirror.store.writer import Writer
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.clock import ManualClock
from mirror.testing.cluster import FakeCluster
from mirror.testing.crds import flux_crds
from mirror.testing.kubeconfig import write_kubeconfig
from mirror.testing.stream import WatchStream
from tests.mirror.informers.small_cluster import make_small

T = TypeVar("T")

_SMALL = ("HelmRelease", "Kustomization")
"""The Flux kinds of a small cluster."""

_PATIENCE_S = 20.0
_STEP_S = 0.1
_BEAT_S = MirrorSettings().heartbeat_s


class Bench:
    """Starts fake servers and mirrors them; looks into the store."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.clock = ManualClock()
        self.paths = StorePaths(folder / "store.db")
        self.redactor = Redactor(b"k" * 32)
        self.servers: dict[str, FakeAPIServer] = {}
        self.users: dict[str, Mapping[str, Any]] = {}
        self._made: list[str] = []
        self._edits: asyncio.Queue[Selection] = asyncio.Queue()
        self._folder = folder
        self._reader: Reader | None = None
        self._writer: Writer | None = None
        self._stack = stack

    async def serve(
        self,
        name: str,
        *,
        tokens: Mapping[str, str] | None = None,
        cluster: FakeCluster | None = None,
        whole: bool = False,
    ) -> FakeAPIServer:
        """A small cluster, a whole one with every kind of Flux, or that one, under that context name."""
        if cluster is None:
            cluster = FakeCluster(f"{name}-{len(self._made)}" if name in self._made else name)
            self._made.append(name)
            if not whole:
                make_small(cluster)
            for kind, definition in flux_crds().items():
                if whole or kind.kind in _SMALL:
                    cluster.create(definition)
        server = FakeAPIServer(cluster, tokens=tokens, anonymous=tokens is None, ca_pem=some_authority())
        self.servers[name] = await self._stack.enter_async_context(server)
        return server

    @asynccontextmanager
    async def mirroring(self, settings: MirrorSettings | None = None) -> AsyncIterator[None]:
        """A mirror of all servers, from its start to its end."""
        chosen = settings or MirrorSettings(writer=WriterSettings(gather_s=0.0))
        selection = await anyio.to_thread.run_sync(self._select)
        async with Writer(self.paths, chosen.writer, self.clock) as writer:
            self._writer = writer
            reader = await anyio.to_thread.run_sync(Reader, self.paths.store)
            manager = Manager(
                selection,
                reader=reader,
                tools=Tools(writer, self.redactor, chosen, self.clock, random.Random(7)),
                edits=self._edits.get,
                environ={},
            )
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(manager.run)
                yield
                tasks.cancel_scope.cancel()

    async def edit(self) -> None:
        """Let the running mirror have a kubeconfig of `servers` and `users` as they are now."""
        await self._edits.put(await anyio.to_thread.run_sync(self._select))

    def _select(self) -> Selection:
        path = self._folder / "kubeconfig"
        write_kubeconfig(path, self.servers, users=self.users)
        return load_selection([path], {})

    async def committed(self) -> None:
        """Wait until all that was handed to the writer so far is in the store."""
        assert self._writer is not None
        await self._writer.apply()

    async def until(self, condition: Callable[[], bool], *, step_s: float = _STEP_S) -> None:
        """Let time pass, step by step, until the store shows it; bounded."""
        with anyio.fail_after(_PATIENCE_S):
            while not await anyio.to_thread.run_sync(condition):
                self.clock.advance(step_s)

    async def passes(self, seconds: float) -> None:
        """Let so much time pass in heartbeats, each seen by the store."""
        for _ in range(int(seconds / _BEAT_S)):
            now = self.clock.wall()
            self.clock.advance(_BEAT_S)
            await self.until(partial(self._has_beaten, now))

    async def see(self, look: Callable[[], T]) -> T:
        """Look into the store, in a thread."""
        return await anyio.to_thread.run_sync(look)

    async def until_state(self, name: str, state: str) -> None:
        await self.until(lambda: self._states().get(name) == state)

    async def until_followed(self, name: str) -> set[WatchStream]:
        """Synced, and the streams of all scopes are open; returns them."""
        await self.until_state(name, "synced")
        watches = self.servers[name].watches
        await self.until(lambda: 0 < len(watches) == len(self.scopes(name)))
        return set(watches)

    def cluster(self, name: str) -> ClusterRow:
        return next(row for row in self.clusters() if row.name == name)

    def _states(self) -> dict[str, str]:
        return {row.name: row.state for row in self.clusters()}

    def _open(self) -> Reader:
        if self._reader is None:
            self._reader = Reader(self.paths.store)
        return self._reader

    def clusters(self) -> list[ClusterRow]:
        with self._open().snapshot() as connection:
            return cluster_rows.clusters(connection)

    def _has_beaten(self, since: float) -> bool:
        return (self._meta().heartbeat_at or 0.0) > since

    def _meta(self) -> MetaRow:
        with self._open().snapshot() as connection:
            return cluster_rows.meta(connection)

    def scopes(self, name: str) -> list[ScopeRow]:
        with self._open().snapshot() as connection:
            return [row for row in cluster_rows.scopes(connection) if row.cluster == name]

    def scope(self, name: str, plural: str) -> ScopeRow:
        return next(row for row in self.scopes(name) if row.plural == plural)

    def has_scope(self, name: str, plural: str, *, state: str = "") -> bool:
        found = [row for row in self.scopes(name) if row.plural == plural]
        return bool(found) and state in ("", found[0].state)

    def states(self, name: str, plural: str) -> dict[str, str]:
        """The state of each scope of a type, by namespace."""
        return {row.namespace: row.state for row in self.scopes(name) if row.plural == plural}

    def keys(self, name: str, kind: str = "") -> set[ObjectKey]:
        """What is stored as present."""
        with self._open().snapshot() as connection:
            return {row.key for row in objects.select(connection, clusters=[name], kind=kind or None)}

    def rows(self, name: str, kind: str) -> list[ObjectRow]:
        """The rows of a kind that are stored as present, in their order."""
        with self._open().snapshot() as connection:
            return objects.select(connection, clusters=[name], kind=kind)

    def bodies(self, name: str, kind: str) -> list[dict[str, Any]]:
        """Their documents."""
        with self._open().snapshot() as connection:
            rows = objects.select(connection, clusters=[name], kind=kind)
            found = documents.load(connection, [row.id for row in rows])
            return [found[row.id] for row in rows]

    def row(self, name: str, key: ObjectKey) -> ObjectRow:
        """The row of an object that is stored as present."""
        with self._open().snapshot() as connection:
            return next(
                row for row in objects.select(connection, clusters=[name], kind=key.kind) if row.key == key
            )

    def served(self, name: str) -> set[str]:
        """The kinds that the cluster is known to serve."""
        with self._open().snapshot() as connection:
            return {row.kind for row in cluster_rows.resources(connection, [name])}

    async def has(self, name: str, *keys: ObjectKey, step_s: float = _STEP_S) -> None:
        await self.until(lambda: set(keys) <= self.keys(name), step_s=step_s)

    async def lacks(self, name: str, *keys: ObjectKey, step_s: float = _STEP_S) -> None:
        await self.until(lambda: not set(keys) & self.keys(name), step_s=step_s)


@cache
def some_authority() -> bytes:
    """Without one, a client reads all authorities of the machine: 70 ms, for servers without TLS."""
    return trustme.CA().cert_pem.bytes()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench(tmp_path, stack)


def config_map(name: str, namespace: str = "apps") -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"key": "value"},
    }


def config_map_key(name: str, namespace: str = "apps") -> ObjectKey:
    return ObjectKey("", "ConfigMap", namespace, name)

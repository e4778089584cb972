"""What the store's tests are made of: one cluster, a few types, short ways to say what was listed or seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import anyio.to_thread
import msgspec
from msgspec import structs
from sqlalchemy import Connection

from mirror.keys import ClusterName, ObjectKey, ScopeKey
from mirror.records import EventRecord, Health, Record, Reference, Relation
from mirror.store import edges, objects
from mirror.store.changes import (
    ClusterState,
    ClusterUpdate,
    Deletion,
    ObjectBatch,
    ScopeState,
    ScopeUpdate,
)
from mirror.store.pages import Pages
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.rows import ObjectRow
from mirror.store.writer import Writer

T = TypeVar("T")

STAGING = ClusterName("staging")
RELEASES = ScopeKey(STAGING, "helm.toolkit.fluxcd.io", "helmreleases")
CONFIG_MAPS = ScopeKey(STAGING, "", "configmaps")
EVENTS = ScopeKey(STAGING, "", "events")
KINDS = {"helmreleases": "HelmRelease", "configmaps": "ConfigMap", "events": "Event"}


def key(name: str, kind: str = "HelmRelease", namespace: str = "apps") -> ObjectKey:
    group = "helm.toolkit.fluxcd.io" if kind == "HelmRelease" else ""
    return ObjectKey(group, kind, namespace, name)


def record(
    name: str,
    version: int = 10,
    *,
    kind: str = "HelmRelease",
    uid: str = "",
    needs: Sequence[str] = (),
    references: Sequence[Reference] = (),
    health: Health = Health.READY,
    body: bytes | None = None,
) -> Record:
    """needs: names of ConfigMaps that it reads."""
    own = key(name, kind)
    content = {"kind": kind, "metadata": {"name": name, "resourceVersion": str(version)}, "data": "same"}
    return Record(
        key=own,
        version="v1",
        uid=uid or f"uid-of-{name}",
        resource_version=str(version),
        health=health,
        references=(*(reads(need) for need in needs), *references),
        body=body if body is not None else msgspec.json.encode(content),
    )


def reads(name: str, *, optional: bool = False, field: str = "") -> Reference:
    return Reference(Relation.CONFIG, field or f"spec.valuesFrom[{name}]", key(name, "ConfigMap"), optional)


def event(
    uid: str, *, about: str = "podinfo", at: float = 100.0, count: int = 1, **fields: str
) -> EventRecord:
    return EventRecord(
        uid=uid,
        namespace="apps",
        name=f"{about}.{uid}",
        resource_version=fields.pop("resource_version", str(int(at))),
        involved=key(about),
        count=count,
        first_at=50.0,
        last_at=at,
        **fields,
    )


def pages(*content: Sequence[Record] | Sequence[EventRecord]) -> Pages:
    filled = Pages()
    for page in content:
        filled.add(page)
    return filled


def batch(
    *records: Record,
    gone: Sequence[Deletion] = (),
    events: Sequence[EventRecord] = (),
    scope: ScopeKey = RELEASES,
    version: str = "100",
    at: float = 1000.0,
) -> ObjectBatch:
    return ObjectBatch(
        scope=scope,
        records=records,
        events=tuple(events),
        deletions=tuple(gone),
        resource_version=version,
        received_at=at,
    )


def deletion(name: str, uid: str = "", kind: str = "HelmRelease", version: int = 99) -> Deletion:
    return Deletion(key(name, kind), uid or f"uid-of-{name}", str(version))


def cluster_update(
    cluster: str = STAGING, state: ClusterState = ClusterState.SYNCING, **more: Any
) -> ClusterUpdate:
    return ClusterUpdate(cluster=ClusterName(cluster), state=state, at=1.0, **more)


def scope_update(scope: ScopeKey, state: ScopeState = ScopeState.LISTING, **counted: int) -> ScopeUpdate:
    update = ScopeUpdate(scope=scope, kind=KINDS[scope.plural], version="v1", state=state, at=2.0)
    return structs.replace(update, **counted)


class Store:
    """An open writer, and looks at what it has committed."""

    def __init__(self, paths: StorePaths, writer: Writer) -> None:
        self.paths = paths
        self.writer = writer

    async def look(self, question: Callable[[Connection], T]) -> T:
        """The answer to a question over a fresh reader."""

        def ask() -> T:
            with Reader(self.paths.store) as reader, reader.snapshot() as connection:
                return question(connection)

        return await anyio.to_thread.run_sync(ask)

    async def objects(self, present: bool | None = True) -> dict[str, ObjectRow]:
        """Rows by name."""
        rows = await self.look(lambda connection: objects.select(connection, present=present))
        return {row.name: row for row in rows}

    async def names(self, present: bool | None = True) -> set[str]:
        return set(await self.objects(present))

    async def links(self) -> set[tuple[str, str, bool]]:
        """(source, target, optional) of every edge, by name."""

        def ask(connection: Connection) -> set[tuple[str, str, bool]]:
            rows = {row.id: row.name for row in objects.select(connection, present=None)}
            return {(rows[row.src], rows[row.dst], row.optional) for row in edges.outgoing(connection, rows)}

        return await self.look(ask)

    async def replace(
        self,
        *content: Sequence[Record] | Sequence[EventRecord],
        scope: ScopeKey = RELEASES,
        version: str = "50",
        at: float = 500.0,
    ) -> None:
        await self.writer.replace(scope, pages(*content), resource_version=version, at=at)

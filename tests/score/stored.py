"""Clusters of scenarios in a store: written by the real writer, redacted, and asked like any mirror's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mirror.flux.kinds import ALWAYS_MIRRORED, CLUSTER_SCOPED_KINDS, FLUX_KINDS
from mirror.flux.redaction import Redactor
from mirror.informers.transform import is_event, to_batch, to_event, to_record
from mirror.keys import ClusterName, GroupKind, Resource, ScopeKey, parse_api_version
from mirror.kube.frames import EventType, WatchEvent
from mirror.store.changes import (
    ClusterState,
    ClusterUpdate,
    Heartbeat,
    ResourcesDiscovered,
    ScopeState,
    ScopeUpdate,
)
from mirror.store.committer import Work
from mirror.store.pages import Pages
from mirror.store.reader import Reader
from mirror.testing.kinds import BUILT_IN_KINDS
from mirror.testing.objects import JSON
from mirror.testing.scenarios.scenario import Change
from query.results.answer import RootCause
from query.root_cause import find_root_cause
from query.view import open_view
from tests.query.commits import applied, commit, committing, replaced
from tests.query.stores import FixedClock

__all__ = ["Content", "Stored"]

_REDACTOR = Redactor(b"k" * 32)
_PLURALS = {kind.group_kind: kind.plural for kind in BUILT_IN_KINDS}
_CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


@dataclass(frozen=True)
class Content:
    """What a cluster has and what of it may be seen. hidden: kinds that RBAC forbids to list."""

    objects: Sequence[JSON]
    hidden: frozenset[str] = field(default_factory=frozenset)


class Stored:
    """A store that holds clusters and can be changed and asked; closes its files at the end of the block.

    folder: made if need be. now: wall seconds of the first write and of questions that do not say otherwise;
    `clock.at` may only grow.
    """

    def __init__(self, folder: Path, *, now: float) -> None:
        self.clock = FixedClock(now)
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "store.db"
        self._resources: dict[str, dict[GroupKind, Resource]] = {}
        self._version = 10

    def __enter__(self) -> Self:
        self._writing = committing(self._path, self.clock)
        self._committer = self._writing.__enter__()
        self._reader = Reader(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()
        self._writing.__exit__(kind, error, trace)

    def put(self, clusters: Mapping[str, Content]) -> None:
        """Let clusters be there, completely listed but for what is hidden."""
        commit(self._committer, self._put(clusters))

    def play(self, cluster: str, changes: Iterable[Change]) -> None:
        """Let writes in a cluster happen, seen at once. Objects of a kind that is hidden stay unseen."""
        commit(self._committer, self._play(cluster, changes))

    def why(self, *clusters: str, now: float | None = None, **asked: Any) -> RootCause:
        """The answer over these clusters, or all. asked: as for find_root_cause."""
        clock = self.clock if now is None else FixedClock(now)
        with open_view(self._reader, clock=clock, alive=True, clusters=clusters or None) as view:
            return find_root_cause(view, **asked)

    def _put(self, clusters: Mapping[str, Content]) -> Iterator[Work]:
        at = self.clock.wall()
        for name, content in clusters.items():
            served = self._resources[name] = _served(content.objects)
            yield applied(
                ClusterUpdate(cluster=ClusterName(name), state=ClusterState.SYNCED, at=at, uid=name),
                _discovered(name, served.values()),
            )
            for resource in served.values():
                yield self._list(name, content, resource)
        yield self._beat()

    def _list(self, cluster: str, content: Content, resource: Resource) -> Work:
        at = self.clock.wall()
        hidden = resource.kind in content.hidden
        update = ScopeUpdate(
            scope=_scope(cluster, resource),
            kind=resource.kind,
            version=resource.version,
            state=ScopeState.FORBIDDEN if hidden else ScopeState.WATCHING,
            at=at,
        )
        if hidden:
            return applied(update)
        own = [item for item in content.objects if _kind_of(item) == resource.group_kind]
        pages = Pages()
        if is_event(resource):
            pages.add([to_event(item, _REDACTOR) for item in own])
        else:
            pages.add([to_record(item, resource, _REDACTOR) for item in own])
        return replaced(_scope(cluster, resource), pages, update, at=at)

    def _play(self, cluster: str, changes: Iterable[Change]) -> Iterator[Work]:
        known = self._resources[cluster]
        for change in changes:
            kind = _kind_of(change.object)
            if kind not in known:
                known[kind] = _resource(change.object)
                yield applied(_discovered(cluster, known.values()))
                yield self._list(cluster, Content(()), known[kind])
            self._version += 1
            version = str(self._version)
            event = WatchEvent(EventType(change.type), change.object, version)
            scope, at = _scope(cluster, known[kind]), self.clock.wall()
            yield applied(to_batch(scope, known[kind], [event], _REDACTOR, version, at))
        yield self._beat()

    def _beat(self) -> Work:
        """The mirror lives, and everything it holds is as of now."""
        clusters = tuple(map(ClusterName, self._resources))
        return applied(Heartbeat(at=self.clock.wall(), confirmed=clusters))


def _served(objects: Iterable[JSON]) -> dict[GroupKind, Resource]:
    """What is always mirrored, Flux's kinds, and whatever occurs."""
    found: dict[GroupKind, Resource] = {}
    for item in objects:
        found.setdefault(_kind_of(item), _resource(item))
    for kind in ALWAYS_MIRRORED - found.keys():
        version = "v1"
        found[kind] = Resource(
            kind.group, version, kind.kind, _plural(kind), kind not in CLUSTER_SCOPED_KINDS
        )
    for kind, flux in FLUX_KINDS.items():
        known = found.get(kind)
        version = known.version if known else "v1"
        found[kind] = Resource(
            kind.group, version, kind.kind, flux.plural, True, short_names=flux.short_names
        )
    return found


def _resource(item: JSON) -> Resource:
    group, version = parse_api_version(item["apiVersion"])
    kind = GroupKind(group, item["kind"])
    return Resource(group, version, kind.kind, _plural(kind), "namespace" in item["metadata"])


def _plural(kind: GroupKind) -> str:
    return _PLURALS.get(kind, f"{kind.kind.lower()}s")


def _kind_of(item: JSON) -> GroupKind:
    return GroupKind(parse_api_version(item["apiVersion"])[0], item["kind"])


def _scope(cluster: str, resource: Resource) -> ScopeKey:
    return ScopeKey(ClusterName(cluster), resource.group, resource.plural)


def _discovered(cluster: str, resources: Iterable[Resource]) -> ResourcesDiscovered:
    listed = tuple(resources)
    return ResourcesDiscovered(
        cluster=ClusterName(cluster), resources=listed, served=tuple((item.version,) for item in listed)
    )

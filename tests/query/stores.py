"""Stores for tests of questions: plain manifests in, a Reader out. Written by real transactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from mirror.clock import parse_time
from mirror.flux.content import content_digest
from mirror.flux.fields import mapping, metadata, object_key, text
from mirror.flux.health import judge
from mirror.flux.mentions import mentions
from mirror.flux.references import references
from mirror.flux.revisions import applied_revision
from mirror.keys import ClusterName, GroupKind, Resource, ScopeKey, parse_api_version
from mirror.records import EventRecord, Record
from mirror.store.changes import (
    ClusterState,
    ClusterUpdate,
    Heartbeat,
    KindsAsked,
    ResourcesDiscovered,
    ScopeState,
    ScopeUpdate,
)
from mirror.store.committer import Work
from mirror.store.pages import Pages
from mirror.store.reader import Reader
from query.view import View, open_view
from tests.query.commits import applied, commit, committing, replaced

NOW = 1_795_000_000.0


class FixedClock:
    """Both clocks stand still."""

    def __init__(self, at: float = NOW) -> None:
        self.at = at

    def wall(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("a question does not wait")


def _resource(api_version: str, kind: str, plural: str, *short: str, namespaced: bool = True) -> Resource:
    group, version = parse_api_version(api_version)
    return Resource(group, version, kind, plural, namespaced, kind.lower(), short)


RESOURCES = (
    _resource("v1", "ConfigMap", "configmaps", "cm"),
    _resource("v1", "Event", "events", "ev"),
    _resource("v1", "Namespace", "namespaces", "ns", namespaced=False),
    _resource("v1", "Pod", "pods", "po"),
    _resource("v1", "Secret", "secrets"),
    _resource("v1", "Service", "services", "svc"),
    _resource("v1", "ServiceAccount", "serviceaccounts", "sa"),
    _resource("apps/v1", "Deployment", "deployments", "deploy"),
    _resource("apps/v1", "ReplicaSet", "replicasets", "rs"),
    _resource("batch/v1", "Job", "jobs"),
    _resource("source.toolkit.fluxcd.io/v1", "GitRepository", "gitrepositories", "gitrepo"),
    _resource("source.toolkit.fluxcd.io/v1", "HelmRepository", "helmrepositories", "helmrepo"),
    _resource("source.toolkit.fluxcd.io/v1", "HelmChart", "helmcharts", "hc"),
    _resource("source.toolkit.fluxcd.io/v1", "OCIRepository", "ocirepositories", "ocirepo"),
    _resource("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomizations", "ks"),
    _resource("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helmreleases", "hr"),
    _resource("fluxcd.controlplane.io/v1", "FluxInstance", "fluxinstances"),
    _resource("fluxcd.controlplane.io/v1", "FluxReport", "fluxreports"),
)


@dataclass(frozen=True)
class Content:
    """One cluster of a store.

    served: kinds it has; the others are not served. states: scopes that are not simply followed; None: served
    but nobody lists it. unlisted: kinds whose first list is not complete. lost: what became at NOW - 20 of
    scopes that had been followed since NOW - 60, the cluster being confirmed until NOW - 30. heard_at: when
    the open streams were last known to be open. alias_of: the cluster that has the objects. unread: groups of
    the API that discovery could not read.
    """

    objects: Sequence[dict[str, Any]] = ()
    events: Sequence[EventRecord] = ()
    state: ClusterState = ClusterState.SYNCED
    error: str = ""
    confirmed_at: float | None = NOW - 1.0
    served: Sequence[Resource] = RESOURCES
    states: Mapping[str, ScopeState | None] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    alias_of: str = ""
    unread: tuple[str, ...] = ()
    lost: Mapping[str, ScopeState] = field(default_factory=dict)
    heard_at: float | None = None


def record(document: dict[str, Any]) -> Record:
    """What the informers would make of a manifest, without redaction."""
    verdict = judge(document)
    meta = metadata(document)
    revision = applied_revision(document)
    return Record(
        key=object_key(document),
        version=parse_api_version(document["apiVersion"])[1],
        uid=text(meta.get("uid")),
        resource_version="1",
        generation=1,
        observed_generation=verdict.observed_generation,
        created_at=parse_time(text(meta.get("creationTimestamp"))),
        health=verdict.health,
        reason=verdict.reason,
        message=verdict.message,
        since=verdict.since,
        revision=revision,
        labels=mapping(meta.get("labels")),
        references=references(document),
        mentions=mentions(document),
        digest=content_digest(document, health=verdict.health, reason=verdict.reason, revision=revision),
        body=msgspec.json.encode(document),
    )


def write_store(
    path: Path,
    fleet: Mapping[str, Content],
    *,
    heartbeat_at: float | None = NOW,
    asked: Mapping[GroupKind, float] = MappingProxyType({}),
) -> Reader:
    """A store with these clusters; the heartbeat is that of a living mirror unless it is told otherwise.

    asked: kinds that were asked for, and when.
    """
    with committing(path, FixedClock()) as committer:
        commit(committer, _works(fleet, heartbeat_at, asked))
    return Reader(path)


@contextmanager
def view_of(
    path: Path,
    fleet: Mapping[str, Content],
    clusters: Sequence[str] | None = None,
    *,
    asked: Mapping[GroupKind, float] = MappingProxyType({}),
) -> Iterator[View]:
    """A View of a store that holds these clusters."""
    with (
        write_store(path / "store.db", fleet, asked=asked) as reader,
        open_view(reader, clock=FixedClock(), alive=True, clusters=clusters) as view,
    ):
        yield view


def _works(
    fleet: Mapping[str, Content], heartbeat_at: float | None, asked: Mapping[GroupKind, float]
) -> Iterator[Work]:
    for kind, at in asked.items():
        yield applied(KindsAsked((kind,), at, forget_before=0.0))
    for name, content in fleet.items():
        yield from _write_cluster(ClusterName(name), content)
    for name, content in fleet.items():
        yield from _lose(ClusterName(name), content)
    for name, content in fleet.items():
        if content.heard_at is not None:
            yield applied(Heartbeat(at=content.heard_at, confirmed=(), heard=(ClusterName(name),)))
    confirmed: dict[float, list[ClusterName]] = {}
    for name, content in fleet.items():
        if content.confirmed_at is not None:
            confirmed.setdefault(content.confirmed_at, []).append(ClusterName(name))
    for at, names in sorted(confirmed.items()):
        yield applied(Heartbeat(at=at, confirmed=tuple(names)))
    if heartbeat_at is not None:
        yield applied(Heartbeat(at=heartbeat_at, confirmed=()))


def _lose(name: ClusterName, content: Content) -> Iterator[Work]:
    """Streams that were open go down."""
    for resource in content.served:
        if resource.kind in content.lost:
            yield applied(
                Heartbeat(at=NOW - 30, confirmed=(name,)),
                ScopeUpdate(
                    scope=ScopeKey(name, resource.group, resource.plural),
                    kind=resource.kind,
                    version=resource.version,
                    state=content.lost[resource.kind],
                    at=NOW - 20,
                ),
            )


def _write_cluster(name: ClusterName, content: Content) -> Iterator[Work]:
    yield applied(
        ClusterUpdate(
            cluster=name,
            state=content.state,
            at=NOW - 60,
            error=content.error,
            server=f"https://{name}.example.com",
            uid=f"uid-{name}",
            alias_of=ClusterName(content.alias_of),
            version="v1.35.0",
        ),
        ResourcesDiscovered(
            cluster=name,
            resources=tuple(content.served),
            served=tuple((resource.version,) for resource in content.served),
            unread=content.unread,
        ),
    )
    for resource in content.served:
        state = content.states.get(resource.kind, ScopeState.WATCHING)
        if state is not None:
            yield _write_scope(name, content, resource, state)


def _write_scope(name: ClusterName, content: Content, resource: Resource, state: ScopeState) -> Work:
    key = ScopeKey(name, resource.group, resource.plural)
    update = ScopeUpdate(scope=key, kind=resource.kind, version=resource.version, state=state, at=NOW - 60)
    if state is not ScopeState.WATCHING or resource.kind in content.unlisted:
        return applied(update)
    pages = Pages()
    if resource.kind == "Event":
        pages.add(list(content.events))
    else:
        pages.add([record(item) for item in content.objects if _is_of(item, resource)])
    return replaced(key, pages, update, at=NOW - 50)


def _is_of(document: dict[str, Any], resource: Resource) -> bool:
    group, _ = parse_api_version(document["apiVersion"])
    return (group, document["kind"]) == (resource.group, resource.kind)

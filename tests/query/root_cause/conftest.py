"""Clusters as stores: recorded ones and small ones by hand, written by the real writer, redacted."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mirror.flux.kinds import ALWAYS_MIRRORED, FLUX_KINDS
from mirror.flux.redaction import Redactor
from mirror.informers.transform import is_event, to_event, to_record
from mirror.keys import ClusterName, GroupKind, Resource, ScopeKey, parse_api_version
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
from query.results.answer import RootCause
from query.root_cause import find_root_cause
from query.view import View, open_view
from tests.query.commits import applied, commit, committing, replaced
from tests.query.root_cause.fleet import AT
from tests.query.stores import FixedClock

RECORDED = Path(__file__).parents[2] / "data" / "recorded"
REDACTOR = Redactor(b"k" * 32)

Document = dict[str, Any]
States = Mapping[str, ScopeState | None]
Ask = Callable[..., RootCause]


@dataclass(frozen=True)
class Cluster:
    """objects: as the server has them. states: scopes by kind that are not followed; None: nobody lists it.

    also: kinds that are served although there is no object of them.
    """

    objects: Sequence[Document]
    states: States = field(default_factory=dict)
    also: Sequence[Resource] = ()


def read(scenario: str, which: str) -> list[Document]:
    """The objects of one recorded state."""
    with gzip.open(RECORDED / scenario / f"{which}.jsonl.gz") as lines:
        return [msgspec.json.decode(line) for line in lines]


def label(scenario: str) -> Document:
    """What the people who made the fault say about it."""
    found: Document = msgspec.json.decode((RECORDED / scenario / "label.json").read_bytes())
    return found


def shuffled(objects: Sequence[Document], seed: int) -> list[Document]:
    copy = list(objects)
    random.Random(seed).shuffle(copy)
    return copy


def write(path: Path, clusters: Mapping[str, Cluster], at: float) -> Reader:
    """A store of these clusters, all of them synced at that time (wall seconds)."""
    with committing(path, FixedClock(at)) as committer:
        commit(committer, _works(clusters, at))
    return Reader(path)


@contextmanager
def view_of(
    path: Path,
    clusters: Mapping[str, Cluster],
    *,
    at: float = AT,
    now: float | None = None,
    chosen: Sequence[str] | None = None,
) -> Iterator[View]:
    """A View of these clusters as they were last heard of at that time; opened then, or at `now`."""
    with (
        write(path / "store.db", clusters, at) as reader,
        open_view(reader, clock=FixedClock(at if now is None else now), alive=True, clusters=chosen) as view,
    ):
        yield view


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """find_root_cause over one cluster `staging`, or over several, made of plain manifests."""

    def question(
        objects: Sequence[Document] | Mapping[str, Sequence[Document]],
        *,
        states: States | None = None,
        also: Sequence[Resource] = (),
        now: float | None = None,
        **arguments: Any,
    ) -> RootCause:
        folder = tmp_path / f"store-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        fleet = objects if isinstance(objects, Mapping) else {"staging": objects}
        clusters = {name: Cluster(items, states or {}, also) for name, items in fleet.items()}
        with view_of(folder, clusters, now=now) as view:
            return find_root_cause(view, **arguments)

    return question


def served(cluster: Cluster) -> list[Resource]:
    """What is always mirrored, Flux's kinds, and whatever occurs."""
    found = {
        kind.group_kind: Resource(kind.group, kind.versions[0], kind.kind, kind.plural, kind.namespaced)
        for kind in BUILT_IN_KINDS
        if kind.group_kind in ALWAYS_MIRRORED
    }
    found.update({resource.group_kind: resource for resource in cluster.also})
    for item in cluster.objects:
        group, version = parse_api_version(item["apiVersion"])
        key, flux = GroupKind(group, item["kind"]), FLUX_KINDS.get(GroupKind(group, item["kind"]))
        plural = flux.plural if flux else f"{item['kind'].lower()}s"
        names = flux.short_names if flux else ()
        namespaced = "namespace" in item["metadata"]
        found.setdefault(key, Resource(group, version, item["kind"], plural, namespaced, short_names=names))
    for key, kind in FLUX_KINDS.items():
        found.setdefault(
            key, Resource(key.group, "v1", key.kind, kind.plural, True, short_names=kind.short_names)
        )
    return list(found.values())


def _works(clusters: Mapping[str, Cluster], at: float) -> Iterator[Work]:
    for name, cluster in clusters.items():
        resources = served(cluster)
        versions = tuple((resource.version,) for resource in resources)
        yield applied(
            ClusterUpdate(cluster=ClusterName(name), state=ClusterState.SYNCED, at=at, uid=name),
            ResourcesDiscovered(cluster=ClusterName(name), resources=tuple(resources), served=versions),
        )
        for resource in resources:
            state = cluster.states.get(resource.kind, ScopeState.WATCHING)
            if state is not None:
                yield _write_scope(name, cluster, resource, state, at)
    yield applied(Heartbeat(at=at, confirmed=tuple(ClusterName(name) for name in clusters)))


def _write_scope(name: str, cluster: Cluster, resource: Resource, state: ScopeState, at: float) -> Work:
    key = ScopeKey(ClusterName(name), resource.group, resource.plural)
    update = ScopeUpdate(scope=key, kind=resource.kind, version=resource.version, state=state, at=at)
    if state is not ScopeState.WATCHING:
        return applied(update)
    own = [item for item in cluster.objects if _is_of(item, resource)]
    pages = Pages()
    if is_event(resource):
        pages.add([to_event(item, REDACTOR) for item in own])
    else:
        pages.add([to_record(item, resource, REDACTOR) for item in own])
    return replaced(key, pages, update, at=at)


def _is_of(item: Document, resource: Resource) -> bool:
    group, _ = parse_api_version(item["apiVersion"])
    return (group, item["kind"]) == (resource.group, resource.kind)

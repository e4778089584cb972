"""The picture of the README: the delivery of the simulated fleet, drawn as everybody's is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import anyio

from mirror.flux.redaction import Redactor
from mirror.informers.transform import to_record
from mirror.keys import ClusterName, Resource, ScopeKey, parse_api_version
from mirror.settings import WriterSettings
from mirror.store.changes import (
    ClusterState,
    ClusterUpdate,
    Heartbeat,
    ResourcesDiscovered,
    ScopeState,
    ScopeUpdate,
)
from mirror.store.pages import Pages
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from mirror.testing.clock import ManualClock
from mirror.testing.cluster import FakeCluster
from mirror.testing.fleet import simulated_fleet
from query.graph.delivery import delivery_graph
from query.view import open_view
from server.render.drawing import render_graph

__all__ = ["delivery_picture"]

_CLUSTERS = ("staging", "production-eu", "production-us")
_REDACTOR = Redactor(b"for a picture: nothing secret is in it")


@cache
def delivery_picture() -> str:
    """`flux-mirror graph hr/checkout --view delivery --format svg` on the fleet of the demo."""
    clock = ManualClock()
    fleet = simulated_fleet(clock)
    with tempfile.TemporaryDirectory(prefix="flux-mirror-docs-") as folder:
        paths = StorePaths(Path(folder) / "store.db")
        anyio.run(_store, paths, {name: fleet[name] for name in _CLUSTERS}, clock)
        with Reader(paths.store) as reader, open_view(reader, clock=clock, alive=True) as view:
            graph = delivery_graph(view, kind="HelmRelease", name="checkout", namespace="shop")
    return render_graph(graph, "svg", plan="delivery", budget=None).picture


async def _store(paths: StorePaths, fleet: dict[str, FakeCluster], clock: ManualClock) -> None:
    names = tuple(ClusterName(name) for name in fleet)
    async with Writer(paths, WriterSettings(gather_s=0.0), clock) as writer:
        for name, cluster in zip(names, fleet.values(), strict=True):
            await _cluster(writer, name, list(cluster.objects()), clock.wall())
        await writer.apply(Heartbeat(at=clock.wall(), confirmed=names))


async def _cluster(writer: Writer, name: ClusterName, objects: Iterable[dict[str, Any]], at: float) -> None:
    by_resource: dict[Resource, list[dict[str, Any]]] = {}
    for item in objects:
        if item["kind"] != "Event":
            by_resource.setdefault(_resource(item), []).append(item)
    await writer.apply(
        ClusterUpdate(cluster=name, state=ClusterState.SYNCED, at=at, uid=name),
        ResourcesDiscovered(
            cluster=name, resources=tuple(by_resource), served=tuple((each.version,) for each in by_resource)
        ),
    )
    async with anyio.create_task_group() as lists:
        for resource, own in by_resource.items():
            lists.start_soon(_list, writer, name, resource, own, at)


async def _list(
    writer: Writer, name: ClusterName, resource: Resource, objects: list[dict[str, Any]], at: float
) -> None:
    key = ScopeKey(name, resource.group, resource.plural)
    update = ScopeUpdate(
        scope=key, kind=resource.kind, version=resource.version, state=ScopeState.WATCHING, at=at
    )
    pages = Pages()
    pages.add([to_record(item, resource, _REDACTOR) for item in objects])
    await writer.replace(key, pages, update, resource_version="1", at=at)


def _resource(item: dict[str, Any]) -> Resource:
    group, version = parse_api_version(item["apiVersion"])
    kind = item["kind"]
    return Resource(group, version, kind, f"{kind.lower()}s", "namespace" in item["metadata"])

"""get_flux_instance as text: some lines per cluster."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from query.results.kubernetes import ClusterFlux, FluxInstances
from server.render.budget import BUDGET_BYTES, Draft, Page, showable
from server.render.freshness import freshness_lines, unreached
from server.render.words import ago, clip, count, listing, value

__all__ = ["render_flux_instances"]

_SOURCES = {
    "FluxInstance": "managed by a FluxInstance",
    "FluxReport": "by its FluxReport, without a FluxInstance",
    "controllers": "without the Flux Operator, derived from the controllers",
}
_SPEC_SHOWN = ("distribution", "components", "cluster")


def render_flux_instances(found: FluxInstances, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts the clusters."""
    unread = {line.cluster for line in found.freshness if unreached([line])}
    items = showable(found.clusters, lambda cluster: _lines(cluster, now, unread), budget)
    return Draft(
        head=[_verdict(found, unread)],
        items=items,
        foot=freshness_lines(found.freshness),
        noun="cluster",
        omitted=found.omitted.count + len(found.clusters) - len(items),
        spaced=True,
    ).fit(budget)


def _verdict(found: FluxInstances, unread: Collection[str]) -> str:
    total = len(found.clusters) + found.omitted.count
    with_flux = [cluster for cluster in found.clusters if cluster.source != "none"]
    versions = sorted({cluster.installation.version or "unknown version" for cluster in with_flux})
    said = f": {listing(versions)}" if versions else ""
    unknown = f"; {len(unread)} not read yet" if unread else ""
    return f"Flux in {len(with_flux)} of {count(total, 'cluster')}{said}{unknown}"


def _lines(cluster: ClusterFlux, now: float, unread: Collection[str]) -> list[str]:
    installed = cluster.installation
    flux = f"Flux {installed.version}" if installed.version else "Flux of unknown version"
    state = f"{flux}, {_SOURCES[cluster.source]}" if cluster.source != "none" else "no Flux to be seen"
    if cluster.source == "none" and cluster.cluster in unread:
        state = "unknown, not read yet"
    lines = [f"{cluster.cluster}: {state}"]
    facts = {
        "distribution": installed.distribution,
        "operator": cluster.operator,
        "kubernetes": cluster.kubernetes,
        "state": _state(cluster, now),
        "sync": _flat(cluster.sync or {}),
        **{f"spec.{key}": _flat((cluster.spec or {}).get(key)) for key in _SPEC_SHOWN},
        "controllers": "; ".join(
            f"{controller.name} {_tag(controller.image)}{'' if controller.ready else ' NOT READY'}"
            for controller in installed.controllers
        ),
        "reconcilers": "; ".join(
            f"{entry.kind} {entry.running}"
            + (f", {entry.failing} failing" if entry.failing else "")
            + (f", {entry.suspended} suspended" if entry.suspended else "")
            for entry in cluster.reconcilers
        ),
    }
    return lines + [f"  {name}: {fact}" for name, fact in facts.items() if fact]


def _state(cluster: ClusterFlux, now: float) -> str:
    if not cluster.health:
        return ""
    since = ago(cluster.since, now)
    message = f": {clip(cluster.message, 200)}" if cluster.message else ""
    return f"{cluster.health} {cluster.reason}{f' for {since}' if since else ''}{message}"


def _flat(content: Any) -> str:
    """`url ssh://…, path clusters/a`: a small map on one line."""
    if isinstance(content, Mapping):
        return ", ".join(
            f"{key} {_flat(part)}" for key, part in content.items() if part not in (None, "", {})
        )
    if isinstance(content, list):
        return " ".join(str(part) for part in content)
    return "" if content is None else value(content, 160)


def _tag(image: str) -> str:
    """The version of an image: its tag, or a short digest."""
    name, _, pinned = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or pinned[:19] or image

"""Parts of get_fleet_status as text that speak of the whole fleet: versions, suspended objects, ownership."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from query.results.fleet import ClusterStatus, FleetStatus, Ownership, OwnershipFinding, SuspendedObject
from server.render.words import ago, count, listing

__all__ = ["ownership_lines", "skew_lines", "suspended_lines"]

SUSPENDED = 6
"""Suspended objects with a line of their own; the same one in several clusters is one."""

FINDINGS = 3
"""Objects named per problem of ownership; the same one in several clusters is one."""

VALUES = 4
"""Different versions that are told; the most common ones."""

_TAG = re.compile(r".*?(?::(?P<tag>[^/@:]+))?(?:@(?P<digest>.*))?")

_PROBLEMS = {
    "claimed twice": ("Claimed by two appliers, which undo each other", "listed by"),
    "gone": ("In an inventory and gone", "listed by"),
    "orphan": ("Orphans: labelled by an applier that does not list them", "labelled by"),
}


def skew_lines(clusters: Sequence[ClusterStatus]) -> list[str]:
    """Flux versions, and versions of controllers that differ although Flux does not; nothing without skew."""
    versions = _by_value({cluster.cluster: cluster.flux.version for cluster in clusters})
    if len(versions) > 1:
        return ["", f"Flux versions differ: {_spread(versions)}"]
    lines = []
    names = {controller.name for cluster in clusters for controller in cluster.flux.controllers}
    for name in sorted(names):
        tags = _by_value(
            {
                cluster.cluster: _tag(controller.image)
                for cluster in clusters
                for controller in cluster.flux.controllers
                if controller.name == name
            }
        )
        if len(tags) > 1:
            lines.append(f"{name} differs: {_spread(tags)}")
    return ["", *lines] if lines else []


def suspended_lines(status: FleetStatus, now: float) -> list[str]:
    """What is suspended and for how long."""
    total = sum(kind.suspended for cluster in status.clusters for kind in cluster.kinds)
    if not status.suspended:
        return []
    groups: dict[str, list[SuspendedObject]] = defaultdict(list)
    for found in status.suspended:
        groups[str(found.object)].append(found)
    lines = ["", f"Suspended, {count(total, 'object')}:"]
    for name, members in list(groups.items())[:SUSPENDED]:
        ages = {ago(member.since, now) for member in members}
        age = f" for {ages.pop()}" if len(ages) == 1 and "" not in ages else ""
        lines.append(f"- {name}{age} in {listing(member.object.cluster for member in members)}")
    told = sum(len(members) for members in list(groups.values())[:SUSPENDED])
    if total > told:
        lines.append(f"- … {total - told:,} more: search_fleet with health=Suspended")
    return lines


def ownership_lines(ownership: Ownership | None) -> list[str]:
    """One paragraph per problem; without any, one sentence that says so."""
    if ownership is None:
        return []
    totals = {
        "claimed twice": ownership.claimed_twice,
        "gone": ownership.gone,
        "orphan": ownership.orphans,
    }
    lines: list[str] = []
    for problem, (title, verb) in _PROBLEMS.items():
        if totals[problem]:
            found = [finding for finding in ownership.findings if finding.problem == problem]
            lines += ["", f"{title}, {count(totals[problem], 'object')}:"]
            lines += _finding_lines(found, verb, totals[problem])
    if not lines:
        lines = ["", "Ownership: nothing is claimed twice, gone from an inventory, or orphaned"]
    if ownership.unknown:
        lines.append(f"Ownership that cannot be told: {count(ownership.unknown, 'object')}")
    return lines


def _finding_lines(findings: Iterable[OwnershipFinding], verb: str, total: int) -> list[str]:
    groups: dict[tuple[str, tuple[str, ...], bool], list[str]] = defaultdict(list)
    for found in findings:
        groups[str(found.object), found.appliers, found.applier_exists].append(found.object.cluster)
    shown = list(groups.items())[:FINDINGS]
    lines = [
        f"- {name} in {listing(clusters)}: {verb} {' and '.join(appliers)}"
        + ("" if exists else ", which is gone")
        for (name, appliers, exists), clusters in shown
    ]
    told = sum(len(clusters) for _, clusters in shown)
    return lines + ([f"- … {total - told:,} more"] if total > told else [])


def _by_value(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Clusters by value, the most common one first; nothing is said of clusters without one."""
    found: dict[str, list[str]] = defaultdict(list)
    for cluster, value in values.items():
        if value:
            found[value].append(cluster)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _spread(values: Mapping[str, Sequence[str]]) -> str:
    """`v2.7.3 in 48 clusters, v2.6.1 in c03, c17`; only the rare ones are named."""
    (common, most), *others = values.items()
    parts = [f"{common} in {count(len(most), 'cluster')}"]
    parts += [f"{value} in {listing(clusters, 3)}" for value, clusters in others[: VALUES - 1]]
    parts += [f"{len(values) - VALUES} more"] if len(values) > VALUES else []
    return "; ".join(parts)


def _tag(image: str) -> str:
    match = _TAG.fullmatch(image)
    return (match["tag"] or (match["digest"] or "")[:19]) if match else ""

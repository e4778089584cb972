"""get_fleet_status as text: who is in trouble, then what exactly fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from mirror.flux.kinds import FLUX_KINDS
from query.results.answer import Freshness, ObjectRef
from query.results.fleet import ClusterStatus, FailingObject, FleetStatus, Incident, KindCount
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.fleet_sections import ownership_lines, skew_lines, suspended_lines
from server.render.freshness import blind, freshness_lines, unreached
from server.render.table import columns
from server.render.words import ago, clip, count, listing

__all__ = ["render_fleet", "worst_first"]

INCIDENTS = 5
"""Causes seen in several places that are spelled out; they repeat what the failing objects say."""

ROWS = 25
"""Clusters with a line of their own; in larger fleets only the first ROWS_IN_TROUBLE that are not well."""

ROWS_IN_TROUBLE = 10


def render_fleet(status: FleetStatus, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts the failing objects over all clusters."""
    listed = [found for cluster in status.clusters for found in cluster.failing]
    told = _told(status.incidents[:INCIDENTS])
    groups = _groups(found for found in listed if _place(found.object) not in told)
    hidden = len(listed) - sum(len(group) for group in groups)
    head = [_verdict(status), *_cluster_lines(status.clusters, _doubts(status.freshness))]
    head += _kind_lines(status.clusters)
    head += skew_lines(status.clusters)
    head += suspended_lines(status, now)
    head += ownership_lines(status.ownership) if not _unread(status) else []
    head += _incident_lines(status.incidents, now)
    page = Draft(
        head=head,
        items=[[_failing(group, now)] for group in groups],
        foot=freshness_lines(status.freshness),
        noun="failing object",
        omitted=status.omitted.count,
        title="Failing besides:" if hidden else "Failing:",
        weights=[len(group) for group in groups],
    ).fit(budget)
    return page._replace(kept=hidden + page.kept)


def worst_first(status: FleetStatus) -> FleetStatus:
    """The same with its clusters in the order of the text: those first in which most fails."""
    ordered = sorted(status.clusters, key=lambda each: (-_failures(each), each.cluster))
    return msgspec.structs.replace(status, clusters=tuple(ordered))


def _verdict(status: FleetStatus) -> str:
    total = _sum(status.clusters, "total")
    bad = sum(len(cluster.failing) for cluster in status.clusters) + status.omitted.count
    if not status.clusters:
        return "Nothing is known: no cluster is mirrored"
    if _unread(status):
        return "Nothing could be read yet: no cluster has answered"
    hidden = blind(status.freshness)
    if bad:
        troubled = sum(1 for cluster in status.clusters if _failures(cluster))
        verb = "fails" if bad == 1 else "fail"
        flux = f"{_sum(status.clusters, 'failing'):,} of {count(total, 'Flux object')}"
        return f"{count(bad, 'object')} {verb}, in {troubled} of {_clusters(status)} ({flux})"
    if not total:
        return f"No Flux objects in {_clusters(status)}{_reserve(hidden)}"
    return f"No failing Flux object in {_clusters(status)} ({total:,} looked at){_reserve(hidden)}"


def _unread(status: FleetStatus) -> bool:
    return not status.clusters or (not _sum(status.clusters, "total") and unreached(status.freshness))


def _doubts(freshness: Iterable[Freshness]) -> dict[str, str]:
    """What "all ready" and "none" must not be said of without, by cluster: what is old or cannot be seen."""
    found: dict[str, str] = {}
    for line in freshness:
        if unreached([line]):
            found[line.cluster] = _NOT_READ
        elif line.state in _OLD:
            found[line.cluster] = " when last seen"
        elif line.state == "syncing" or _FLUX_PLURALS.intersection(
            hidden.partition(":")[0] for hidden in line.not_visible
        ):
            found[line.cluster] = ", as far as can be seen"
    return found


_NOT_READ = "unknown, not read yet"
_OLD = ("stale", "unreachable", "forbidden")
_FLUX_PLURALS = frozenset(kind.plural for kind in FLUX_KINDS.values())


def _clusters(status: FleetStatus) -> str:
    return count(len(status.clusters), "cluster")


def _reserve(hidden: Sequence[str]) -> str:
    return f"; not everything could be seen in {listing(hidden)}" if hidden else ""


def _sum(clusters: Sequence[ClusterStatus], word: str) -> int:
    number: Callable[[KindCount], int] = attrgetter(word)
    return sum([number(kind) for cluster in clusters for kind in cluster.kinds])


def _cluster_lines(clusters: Sequence[ClusterStatus], doubts: Mapping[str, str]) -> list[str]:
    """Troubled clusters first; in a large fleet the others share a line for each doubt."""
    ordered = sorted(clusters, key=lambda each: (-_failures(each), each.cluster))
    shown, rest = ordered, []
    calm: dict[str, list[ClusterStatus]] = {}
    if len(ordered) > ROWS:
        uneasy: list[ClusterStatus] = []
        for cluster in ordered:
            if _calm(cluster):
                calm.setdefault(doubts.get(cluster.cluster, ""), []).append(cluster)
            else:
                uneasy.append(cluster)
        shown, rest = uneasy[:ROWS_IN_TROUBLE], uneasy[ROWS_IN_TROUBLE:]
    lines = columns(
        [
            [cluster.cluster, _counts(cluster, doubts.get(cluster.cluster, "")), _flux(cluster)]
            for cluster in shown
        ]
    )
    if rest:
        names = listing(
            (f"{cluster.cluster} ({_failures(cluster):,} failing)" for cluster in rest), ROWS_IN_TROUBLE
        )
        lines.append(f"not well either: {names}")
    for doubt, members in sorted(calm.items()):
        names = listing((cluster.cluster for cluster in members), ROWS)
        lines.append(f"all ready{doubt}: {names} ({count(_sum(members, 'total'), 'object')})")
    return ["", *lines] if lines else []


def _calm(cluster: ClusterStatus) -> bool:
    if cluster.failing or _down(cluster):
        return False
    return _sum([cluster], "ready") == _sum([cluster], "total") > 0


def _failures(cluster: ClusterStatus) -> int:
    """Flux objects that fail, all of them, and workloads."""
    return _sum([cluster], "failing") + _workloads(cluster)


def _workloads(cluster: ClusterStatus) -> int:
    listed = sum(found.object.api_version.startswith(("apps/", "batch/")) for found in cluster.failing)
    return max(listed, cluster.failing_workloads)


def _counts(cluster: ClusterStatus, doubt: str) -> str:
    total = _sum([cluster], "total")
    workloads = [f"{count(_workloads(cluster), 'workload')} failing"] if _workloads(cluster) else []
    if not total:
        return ", ".join([_NOT_READ if doubt == _NOT_READ else f"no Flux objects{doubt}", *workloads])
    numbers = {
        word: _sum([cluster], word) for word in ("failing", "progressing", "suspended", "unknown", "ready")
    }
    if numbers["ready"] == total:
        return ", ".join([*workloads, f"all {total:,} Flux objects ready{doubt}"])
    return ", ".join([*workloads, *(f"{number:,} {word}" for word, number in numbers.items() if number)])


def _flux(cluster: ClusterStatus) -> str:
    flux = cluster.flux
    name = f"Flux {flux.version}" if flux.version else ""
    down = _down(cluster)
    return f"{name}{'; ' if name and down else ''}{f'controllers not ready: {listing(down)}' if down else ''}"


def _down(cluster: ClusterStatus) -> list[str]:
    return [controller.name for controller in cluster.flux.controllers if not controller.ready]


def _kind_lines(clusters: Sequence[ClusterStatus]) -> list[str]:
    """One line over all clusters: `Ready: Kustomization 34/36, HelmRelease 60/63`."""
    totals: dict[str, tuple[int, int]] = {}
    for kind in (kind for cluster in clusters for kind in cluster.kinds):
        ready, total = totals.get(kind.kind, (0, 0))
        totals[kind.kind] = (ready + kind.ready, total + kind.total)
    parts = [f"{kind} {ready}/{total}" for kind, (ready, total) in sorted(totals.items()) if total]
    return ["", f"Ready: {', '.join(parts)}"] if parts else []


def _incident_lines(incidents: Sequence[Incident], now: float) -> list[str]:
    if not incidents:
        return []
    lines = ["", "Same cause in several places:"]
    for incident in incidents[:INCIDENTS]:
        since = ago(incident.since, now)
        lines.append(f"- {clip(incident.cause, 200)}")
        places = f"{count(incident.count, 'object')} in {listing(incident.clusters)}"
        names = listing(dict.fromkeys(str(found) for found in incident.objects), 3)
        lines.append(f"  {places}{f', for {since}' if since else ''}: {names}")
    if len(incidents) > INCIDENTS:
        lines.append(f"- … {count(len(incidents) - INCIDENTS, 'more such cause')}")
    return lines


def _told(incidents: Sequence[Incident]) -> set[tuple[str, str]]:
    """What an incident says everything about: one object that fails in several clusters for one reason."""
    alone = (found for found in incidents if len({str(ref) for ref in found.objects}) == 1)
    return {_place(ref) for incident in alone for ref in incident.objects}


def _place(ref: ObjectRef) -> tuple[str, str]:
    return ref.cluster, str(ref)


def _groups(listed: Iterable[FailingObject]) -> list[list[FailingObject]]:
    """The same object that fails with the same words in several clusters is told once."""
    groups: dict[tuple[str, str, str], list[FailingObject]] = {}
    for found in listed:
        groups.setdefault((str(found.object), found.reason, found.message), []).append(found)
    return list(groups.values())


def _failing(group: Sequence[FailingObject], now: float) -> str:
    found = min(group, key=lambda one: one.since or "~")
    since = ago(found.since, now)
    state = f"{found.reason or 'Failed'}{f' for {since}' if since else ''}"
    message = clip(found.message, 240)
    clusters = listing(one.object.cluster for one in group)
    return f"{found.object} in {clusters}: {state}{f': {message}' if message else ''}"

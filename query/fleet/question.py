"""get_fleet_status: what runs where, and what is failing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mirror.clock import to_rfc3339
from mirror.flux.kinds import FLUX_KINDS, Category
from mirror.keys import GroupKind
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.fleet.incidents import fold_incidents
from query.fleet.installation import INSTANCE, REPORT, installations
from query.fleet.ownership import ownership as ownership_of
from query.kinds import is_flux
from query.results.answer import Omitted
from query.results.fleet import ClusterStatus, FailingObject, FleetStatus, KindCount, SuspendedObject
from query.view import View

__all__ = ["fleet_status"]

WORKLOADS = frozenset(
    {
        GroupKind("apps", "DaemonSet"),
        GroupKind("apps", "Deployment"),
        GroupKind("apps", "StatefulSet"),
        GroupKind("batch", "Job"),
    }
)
"""Failing ones are listed beside Flux objects; their ReplicaSets and Pods are not."""

Counts = Mapping[GroupKind, Mapping[str, int]]
"""How many objects of each kind have each health; what none has is left out."""


def fleet_status(view: View, *, ownership: bool = False, limit: int = 20) -> FleetStatus:
    """Flux version, controllers, counts per Flux kind and failing objects of each chosen cluster, the
    incidents that several objects or clusters share, and what is suspended since when.

    ownership: also who owns what, see query/fleet/ownership.py; looks at every object.

    limit: failing objects listed over all clusters (each failing cluster gets its share, Flux objects and the
    oldest first), incidents, objects named per incident, suspended objects, and findings about ownership of
    each sort; 0 means all. `omitted` counts failing objects.
    """
    view.touch()
    counts = _counts(view)
    failing = _failing(view, counts)
    most = limit if limit > 0 else len(failing)
    installed = installations(view, view.objects(**REPORT._asdict()), view.objects(**INSTANCE._asdict()))
    shown = _shares(failing, view.names, most)
    return FleetStatus(
        clusters=tuple(
            ClusterStatus(
                cluster=name,
                flux=installed[name],
                kinds=_kind_counts(counts.get(name, {})),
                failing=tuple(_failing_object(view, row) for row in shown[name]),
                failing_workloads=_failing_workloads(counts.get(name, {})),
            )
            for name in view.names
        ),
        incidents=tuple(fold_incidents(failing, view.ref, most_objects=most)[:most]),
        suspended=_suspended(view, counts, limit),
        ownership=ownership_of(view, limit=limit) if ownership else None,
        freshness=view.freshness(),
        omitted=Omitted(count=len(failing) - sum(len(rows) for rows in shown.values())),
    )


def _counts(view: View) -> Mapping[str, Counts]:
    """By cluster; Flux kinds and workloads only."""
    found: dict[str, dict[GroupKind, dict[str, int]]] = {}
    for cluster, group, kind, health, count in view.count_by_health(WORKLOADS | FLUX_KINDS.keys()):
        found.setdefault(cluster, {}).setdefault(GroupKind(group, kind), {})[health] = count
    return found


def _failing_workloads(counts: Counts) -> int:
    return sum(counts[kind].get(Health.FAILED, 0) for kind in WORKLOADS if kind in counts)


def _failing(view: View, counts: Mapping[str, Counts]) -> list[ObjectRow]:
    """Only kinds of which something fails are looked at; Flux objects first, the oldest first."""
    kinds = {
        kind
        for by_kind in counts.values()
        for kind, by_health in by_kind.items()
        if Health.FAILED in by_health
    }
    rows = [
        row
        for kind in sorted(kinds)
        for row in view.objects(group=kind.group, kind=kind.kind, health=Health.FAILED)
    ]
    return sorted(rows, key=lambda row: (not is_flux(row.group), row.since or view.now, row.key))


def _suspended(view: View, counts: Mapping[str, Counts], limit: int) -> tuple[SuspendedObject, ...]:
    """Flux objects, the longest suspended first; those of which nobody knows at the end."""
    kinds = {
        kind
        for by_kind in counts.values()
        for kind, by_health in by_kind.items()
        if kind in FLUX_KINDS and Health.SUSPENDED in by_health
    }
    rows = [row for kind in kinds for row in view.objects(**kind._asdict(), health=Health.SUSPENDED)]
    rows.sort(key=lambda row: (row.since or view.now, row.key, row.cluster))
    return tuple(
        SuspendedObject(object=view.ref(row), since=_time(row.since))
        for row in (rows[:limit] if limit > 0 else rows)
    )


def _shares(failing: Iterable[ObjectRow], clusters: Sequence[str], most: int) -> dict[str, list[ObjectRow]]:
    """At most `most` rows, dealt out one per cluster and round."""
    left: dict[str, list[ObjectRow]] = {name: [] for name in clusters}
    for row in failing:
        left[row.cluster].append(row)
    dealt: dict[str, list[ObjectRow]] = {name: [] for name in clusters}
    rounds = max((len(rows) for rows in left.values()), default=0)
    turns = (name for turn in range(rounds) for name in clusters if turn < len(left[name]))
    for name, _ in zip(turns, range(most), strict=False):
        dealt[name].append(left[name][len(dealt[name])])
    return dealt


def _kind_counts(counts: Counts) -> tuple[KindCount, ...]:
    return tuple(
        KindCount(
            kind=group_kind.kind,
            total=sum(by_health.values()),
            ready=by_health.get(Health.READY, 0),
            failing=by_health.get(Health.FAILED, 0),
            progressing=by_health.get(Health.PROGRESSING, 0),
            suspended=by_health.get(Health.SUSPENDED, 0),
            unknown=by_health.get(Health.UNKNOWN, 0),
        )
        for group_kind, by_health in sorted(counts.items(), key=lambda item: item[0].kind)
        if group_kind in FLUX_KINDS and FLUX_KINDS[group_kind].category is not Category.REPORT
    )


def _failing_object(view: View, row: ObjectRow) -> FailingObject:
    return FailingObject(object=view.ref(row), reason=row.reason, message=row.message, since=_time(row.since))


def _time(seconds: float | None) -> str:
    return "" if seconds is None else to_rfc3339(seconds)

"""get_fleet_status: what runs where, and what is failing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mirror.clock import to_rfc3339
from mirror.flux.kinds import FLUX_KINDS, Category
from mirror.keys import GroupKind
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.fleet.incidents import fold_incidents
from query.fleet.installation import installations
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

Counts = Mapping[GroupKind, Counter[str]]


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
    installed = installations(view)
    shown = _shares(failing, view.names, most)
    return FleetStatus(
        clusters=tuple(
            ClusterStatus(
                cluster=name,
                flux=installed[name],
                kinds=_kind_counts(counts[name]),
                failing=tuple(_failing_object(view, row) for row in shown[name]),
                failing_workloads=sum(counts[name][kind][Health.FAILED] for kind in WORKLOADS),
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
    """Cluster → kind → how many of each health; Flux kinds and workloads only."""
    found: dict[str, dict[GroupKind, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for cluster, group, kind, health, count in view.count_by_health(WORKLOADS | FLUX_KINDS.keys()):
        found[cluster][GroupKind(group, kind)][health] += count
    return found


def _failing(view: View, counts: Mapping[str, Counts]) -> list[ObjectRow]:
    """Only kinds of which something fails are looked at; Flux objects first, the oldest first."""
    kinds = {
        kind for by_kind in counts.values() for kind, by_health in by_kind.items() if by_health[Health.FAILED]
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
        if kind in FLUX_KINDS and by_health[Health.SUSPENDED]
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
            total=by_health.total(),
            ready=by_health[Health.READY],
            failing=by_health[Health.FAILED],
            progressing=by_health[Health.PROGRESSING],
            suspended=by_health[Health.SUSPENDED],
            unknown=by_health[Health.UNKNOWN],
        )
        for group_kind, by_health in sorted(counts.items(), key=lambda item: item[0].kind)
        if group_kind in FLUX_KINDS and FLUX_KINDS[group_kind].category is not Category.REPORT
    )


def _failing_object(view: View, row: ObjectRow) -> FailingObject:
    return FailingObject(object=view.ref(row), reason=row.reason, message=row.message, since=_time(row.since))


def _time(seconds: float | None) -> str:
    return "" if seconds is None else to_rfc3339(seconds)

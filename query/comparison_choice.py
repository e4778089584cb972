"""Which objects a comparison is about: one by name, all of a kind, or a whole namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mirror.keys import ObjectKey
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.comparison import Entry
from query.errors import QueryError
from query.kinds import is_flux
from query.labels import parse_selector
from query.selectors import find_objects, resolve_kind, unknown_namespace
from query.view import View

__all__ = ["choose_entries"]

GENERATED_KINDS = frozenset(
    {
        "ControllerRevision",
        "EndpointSlice",
        "Endpoints",
        "Event",
        "FluxReport",
        "Lease",
        "Pod",
        "PodMetrics",
        "ReplicaSet",
    }
)
"""Made by controllers out of other objects; they differ between any two clusters."""

GENERATED_NAMES = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "istio-ca-root-cert"),
        ("ConfigMap", "openshift-service-ca.crt"),
    }
)

HELM_STORAGE = "sh.helm.release.v1."

RANKS = {
    "Deployment": 1,
    "StatefulSet": 1,
    "DaemonSet": 1,
    "CronJob": 1,
    "Job": 1,
    "ConfigMap": 2,
    "Secret": 2,
}
"""Order of the answer: Flux objects (0), workloads, configuration, everything else (3)."""


def choose_entries(
    view: View,
    *,
    api_version: str | None,
    kind: str | None,
    name: str | None,
    namespace: str | None,
    selector: str | None,
) -> list[Entry]:
    """The objects to compare, those that are most looked at first.

    Raises QueryError when nothing narrows the question down, and UnknownKindError, UnknownObjectError,
    SelectorError.
    """
    if name and not kind:
        raise QueryError(f"of what kind is `{name}`?", hint="give kind as well, for example HelmRelease")
    if name and kind:
        return _named(view, find_objects(view, kind, name, namespace, api_version))
    if kind:
        group, resolved = resolve_kind(view, kind, api_version)
        rows = view.objects(group=group, kind=resolved, namespace=namespace or None)
    elif namespace:
        rows = _of_namespace(view, namespace)
    else:
        raise QueryError(
            "what is to be compared?", hint="give kind and name, or a namespace, or kind and selector"
        )
    wanted = parse_selector(selector) if selector else None
    return _by_key(view, (row for row in rows if wanted is None or wanted.matches(row.labels)))


def _named(view: View, rows: list[ObjectRow]) -> list[Entry]:
    """The namespace may have another name in each cluster, as long as each has just one such object."""
    by_cluster = {row.cluster: row for row in rows}
    if len(by_cluster) == len(rows) and len({row.namespace for row in rows}) > 1:
        return [_entry(view, by_cluster)]
    return _by_key(view, rows)


def _by_key(view: View, rows: Iterable[ObjectRow]) -> list[Entry]:
    found: dict[ObjectKey, dict[str, ObjectRow]] = defaultdict(dict)
    for row in rows:
        found[row.key][row.cluster] = row
    return [_entry(view, found[key]) for key in sorted(found, key=_rank)]


def _entry(view: View, rows: dict[str, ObjectRow]) -> Entry:
    return Entry.of(rows, (name for name in view.names if name not in rows), view.absence_is_real)


def _rank(key: ObjectKey) -> tuple[int, ObjectKey]:
    return (0 if is_flux(key.group) else RANKS.get(key.kind, 3), key)


def _of_namespace(view: View, namespace: str) -> list[ObjectRow]:
    rows = view.objects(namespace=namespace)
    if not rows:
        raise unknown_namespace(view, namespace)
    kept = [row for row in rows if not _is_generated(row)]
    # ownerReferences and HelmReleases' charts: their makers are compared instead.
    ids = {row.id for row in kept}
    made = {edge.src for edge in view.outgoing(ids, {Relation.OWNER})}
    charts = [row.id for row in kept if row.kind == "HelmChart"]
    made |= {edge.dst for edge in view.incoming(charts) if edge.relation == Relation.GENERATES}
    return [row for row in kept if row.id not in made]


def _is_generated(row: ObjectRow) -> bool:
    if row.kind in GENERATED_KINDS or (row.kind, row.name) in GENERATED_NAMES:
        return True
    return row.kind == "Secret" and row.name.startswith(HELM_STORAGE)

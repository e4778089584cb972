"""ResourceQuotas and LimitRanges: they may refuse what is created in their namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.derived.nodes import DerivedEdge, Nodes

__all__ = ["LIMITED", "LIMITS", "limited_from", "limited_to"]

LIMITS: Final = (GroupKind("", "ResourceQuota"), GroupKind("", "LimitRange"))

LIMITED: Final = (
    GroupKind("apps", "ReplicaSet"),
    GroupKind("apps", "StatefulSet"),
    GroupKind("apps", "DaemonSet"),
    GroupKind("batch", "Job"),
    GroupKind("", "PersistentVolumeClaim"),
)
"""What creates Pods, and claims; a Deployment is limited through its ReplicaSets, as it happens."""

_FIELD: Final = "metadata.namespace"


def limited_from(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From what may be refused to the quotas and limits of its namespace."""
    limited = [row for row in rows if row.present and GroupKind(row.group, row.kind) in LIMITED]
    if Relation.LIMIT not in relations or not limited:
        return
    by_place: dict[tuple[str, str], list[ObjectRow]] = defaultdict(list)
    for kind in LIMITS:
        for found in nodes.of_kind((row.cluster for row in limited), kind).values():
            for limit in found:
                by_place[limit.cluster, limit.namespace].append(limit)
    for row in limited:
        for limit in by_place.get((row.cluster, row.namespace), ()):
            yield DerivedEdge(row, limit, Relation.LIMIT.value, _FIELD)


def limited_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From everything that a quota or limit may refuse to it."""
    if Relation.LIMIT not in relations:
        return
    limits: dict[str, list[ObjectRow]] = defaultdict(list)
    for row in rows:
        if row.present and GroupKind(row.group, row.kind) in LIMITS:
            limits[row.namespace].append(row)
    for namespace, ours in limits.items():
        for kind in LIMITED:
            limited = nodes.of_kind((limit.cluster for limit in ours), kind, namespace)
            for limit in ours:
                for row in limited.get(limit.cluster, ()):
                    yield DerivedEdge(row, limit, Relation.LIMIT.value, _FIELD)

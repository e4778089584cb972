"""What a workload owns, and has owned: ReplicaSets, Jobs and Pods, also those that are gone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.view import View

__all__ = ["WORKLOADS", "owned_by", "was_owned"]

DEPTH = 3
"""Steps of ownership: a CronJob, its Jobs, their Pods."""

_HASH = "[bcdfghjklmnpqrstvwxz2456789]"
"""The alphabet of generated names (apimachinery, util/rand)."""

_POD = GroupKind("", "Pod")
_NAMES = {
    GroupKind("apps", "Deployment"): rf"-{_HASH}{{6,10}}(-{_HASH}{{5}})?",
    GroupKind("apps", "ReplicaSet"): rf"-{_HASH}{{5}}",
    GroupKind("apps", "StatefulSet"): r"-\d+",
    GroupKind("apps", "DaemonSet"): rf"-{_HASH}{{5}}",
    GroupKind("batch", "Job"): rf"-{_HASH}{{5}}",
    GroupKind("batch", "CronJob"): rf"-\d{{8,12}}(-{_HASH}{{5}})?",
}
"""What the names of the owned ones add to that of the workload."""

WORKLOADS = frozenset(_NAMES)
OWNED_KINDS = frozenset({_POD, GroupKind("apps", "ReplicaSet"), GroupKind("batch", "Job")})


def owned_by(view: View, rows: Iterable[ObjectRow]) -> list[ObjectRow]:
    """The objects that exist and say that one of these, or something these own, is their owner."""
    found: dict[int, ObjectRow] = {}
    edge = [row.id for row in rows]
    for _ in range(DEPTH):
        ids = {link.src for link in view.incoming(edge, {Relation.OWNER})} - found.keys()
        if not ids:
            break
        found |= {id_: row for id_, row in view.by_ids(ids).items() if row.present}
        edge = list(ids)
    return list(found.values())


def was_owned(workload: ObjectKey, other: ObjectKey) -> bool:
    """By its name, the other one was made by the workload: its Pods come and go, their events stay."""
    pattern = _NAMES.get(GroupKind(workload.group, workload.kind))
    if pattern is None or other.namespace != workload.namespace:
        return False
    if GroupKind(other.group, other.kind) not in OWNED_KINDS:
        return False
    name = other.name.removeprefix(workload.name)
    return name != other.name and re.fullmatch(pattern, name) is not None

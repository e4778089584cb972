"""Who wrote what a Pod is made from."""

from __future__ import annotations

from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case

__all__ = ["author"]

_BUILT_IN = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})
_GENERATIONS = 4


def author(case: Case) -> ObjectRow:
    """The outermost built-in owner of the judged object: Pod → ReplicaSet → Deployment; itself without one."""
    row = case.row
    for _ in range(_GENERATIONS):
        owners = [link.row for link in case.scene.targets(row, Relation.OWNER) if link.row.kind in _BUILT_IN]
        present = [owner for owner in owners if owner.present]
        if not present:
            return row
        row = present[0]
    return row

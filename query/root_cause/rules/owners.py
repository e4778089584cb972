"""Who wrote what a Pod is made from."""

from __future__ import annotations

from mirror.store.rows import ObjectRow
from query.root_cause.case import Case

__all__ = ["author"]

_BUILT_IN = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})
_GENERATIONS = 4


def author(case: Case) -> ObjectRow:
    """The outermost built-in owner: Pod → ReplicaSet → Deployment; the judged object itself without one."""
    row = case.row
    for _ in range(_GENERATIONS):
        present = [owner for owner in case.scene.owners(row) if owner.present and owner.kind in _BUILT_IN]
        if not present:
            return row
        row = present[0]
    return row

"""Who wrote what a Pod is made from."""

from __future__ import annotations

from collections.abc import Iterator

from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case

__all__ = ["author", "outlived"]

_KEEPERS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})
_BUILT_IN = _KEEPERS | {"CronJob"}
_GENERATIONS = 4


def author(case: Case) -> ObjectRow:
    """The outermost built-in owner: Pod → ReplicaSet → Deployment; the judged object itself without one."""
    return list(_line(case))[-1]


def outlived(case: Case) -> bool:
    """An owner of the judged object is ready: it does not need this one any more."""
    return any(row.kind in _KEEPERS and row.health == Health.READY for row in list(_line(case))[1:])


def _line(case: Case) -> Iterator[ObjectRow]:
    """The object, its owner, the owner's owner."""
    row = case.row
    yield row
    for _ in range(_GENERATIONS):
        owners = [owner for owner in case.scene.owners(row) if owner.present and owner.kind in _BUILT_IN]
        if not owners:
            return
        row = owners[0]
        yield row

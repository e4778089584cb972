"""Who suffers from a cause: everything that depends on it, directly or not, and is not well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mirror.flux.kinds import Category, flux_kind
from mirror.keys import GroupKind
from mirror.store.rows import ObjectRow
from query.graph import REFERENCES
from query.root_cause.ranking import Incident
from query.root_cause.rules.common import unwell
from query.root_cause.scene import Scene, object_order
from query.root_cause.verdicts import CauseClass

__all__ = ["victims"]

_DEPTH, _MOST = 8, 500

_PARTS = frozenset({"Pod", "ReplicaSet"})
"""Kinds that nobody writes down: their owner is counted."""

_UNNOTICED = frozenset({CauseClass.SUSPENDED, CauseClass.STALE, CauseClass.CONTROLLER_DOWN})
"""Classes whose victims stay green: they keep running what they have."""


def victims(scenes: Mapping[str, Scene], incident: Incident) -> list[ObjectRow]:
    """Nearest first, then by name, at most 500 per cluster; without the cause, Pods and ReplicaSets."""
    found = incident.found
    walked = [step.row for trail in incident.trails for step in trail.steps]
    suffering: dict[int, tuple[int, ObjectRow]] = {}
    for cluster in sorted({row.cluster for row in walked}):
        seeds = [
            row for row in (found.object, *incident.others, *walked) if row.cluster == cluster and row.id
        ]
        for row_id, depth in _dependants(scenes[cluster], seeds).items():
            row = scenes[cluster].rows([row_id]).get(row_id)
            if row is not None and _suffers(row, incident):
                suffering[row_id] = (depth, row)
    ordered = sorted(suffering.values(), key=lambda item: (item[0], object_order(item[1])))
    return [row for _, row in ordered]


def _dependants(scene: Scene, seeds: Iterable[ObjectRow]) -> dict[int, int]:
    """Steps to everything that refers to the seeds, directly or not."""
    depth = {row.id: 0 for row in seeds}
    frontier = list(depth)
    for distance in range(1, _DEPTH + 1):
        edges = scene.edges_to(frontier).values()
        reached = {edge.src for found in edges for edge in found if edge.relation in REFERENCES}
        frontier = sorted(reached.difference(depth))[: max(0, _MOST - len(depth))]
        depth.update(dict.fromkeys(frontier, distance))
        if not frontier:
            break
    scene.rows(depth)
    return depth


def _suffers(row: ObjectRow, incident: Incident) -> bool:
    if row.key == incident.found.object.key and row.cluster == incident.found.object.cluster:
        return False
    if not row.present or row.kind in _PARTS:
        return False
    return unwell(row) or (incident.found.class_ in _UNNOTICED and _is_applier(row))


def _is_applier(row: ObjectRow) -> bool:
    kind = flux_kind(GroupKind(row.group, row.kind))
    return kind is not None and kind.category is Category.APPLIER

"""Who suffers from a cause: everything that depends on it, directly or not, and is not well."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from mirror.flux.kinds import Category, flux_kind
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.derived import DerivedEdge
from query.graph.neighbourhood import REFERENCES
from query.root_cause.order import object_order
from query.root_cause.ranking import Incident
from query.root_cause.rules.common import unwell
from query.root_cause.rules.creation import FAILED_CREATE
from query.root_cause.scene import Scene
from query.root_cause.verdicts import CauseClass

__all__ = ["PARTS", "victims"]

_DEPTH, _MOST = 8, 500

PARTS = frozenset({"Pod", "ReplicaSet"})
"""Kinds that nobody writes down: their owner is counted."""

_HURTING = (*REFERENCES, Relation.LIMIT, Relation.DEFINITION)

_FEEDING = (Relation.SOURCE, Relation.GENERATES, Relation.DEPENDS)

_UNNOTICED = frozenset({CauseClass.SUSPENDED, CauseClass.STALE, CauseClass.CONTROLLER_DOWN})
"""Classes whose victims stay green: they keep running what they have."""


def victims(scenes: Mapping[str, Scene], incident: Incident) -> list[ObjectRow]:
    """Nearest first, then by name, at most 500 per cluster; without the cause, Pods and ReplicaSets."""
    found = incident.found
    walked = [step.row for trail in incident.trails for step in trail.steps]
    suffering: dict[int, tuple[int, ObjectRow]] = {}
    for cluster in sorted({row.cluster for row in (*walked, *incident.others)}):
        scene = scenes[cluster]
        seeds = [row for row in (found.object, *incident.others, *walked) if row.cluster == cluster]
        depth = _dependants(scene, seeds, _HURTING)
        held = _dependants(scene, seeds, _FEEDING) if found.class_ in _UNNOTICED else {}
        for row in scene.facts.rows(depth).values():
            if _counts(row, found.object) and (unwell(row) or (row.id in held and _is_applier(row))):
                suffering[row.id] = (depth[row.id], row)
    ordered = sorted(suffering.values(), key=lambda item: (item[0], object_order(item[1])))
    return [row for _, row in ordered]


def _dependants(scene: Scene, seeds: Iterable[ObjectRow], relations: Collection[Relation]) -> dict[int, int]:
    """Steps to everything that refers to the seeds by these relations, directly or not, or that made it."""
    facts = scene.facts
    rows = {row.id: row for row in seeds}
    depth = dict.fromkeys(rows, 0)
    for distance in range(1, _DEPTH + 1):
        edges = facts.edges_to(rows).values()
        reached = {edge.src for found in edges for edge in found if edge.relation in relations}
        derived = [edge for edge in facts.derived_to(rows.values(), relations) if _suffers(edge)]
        facts.know(edge.src for edge in derived)
        parts = [row.id for row in rows.values() if row.kind in PARTS]
        made_by = facts.outgoing(parts, (Relation.OWNER,)) if parts else []
        reached |= {edge.src.id for edge in derived} | {edge.dst for edge in made_by}
        frontier = sorted(reached.difference(depth))[: max(0, _MOST - len(depth))]
        depth.update(dict.fromkeys(frontier, distance))
        rows = facts.rows(frontier)
        if not rows:
            break
    return depth


def _suffers(edge: DerivedEdge) -> bool:
    """A quota and a limit stand in the way only of what cannot make its Pods."""
    return edge.relation != Relation.LIMIT or edge.src.reason in FAILED_CREATE


def _counts(row: ObjectRow, cause: ObjectRow) -> bool:
    return row.present and row.kind not in PARTS and (row.cluster, row.key) != (cause.cluster, cause.key)


def _is_applier(row: ObjectRow) -> bool:
    kind = flux_kind(GroupKind(row.group, row.kind))
    return kind is not None and kind.category is Category.APPLIER

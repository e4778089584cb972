"""Who suffers from a cause: everything that depends on it, directly or not, and is not well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from mirror.flux.kinds import Category, flux_kind
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import ObjectRow, identity
from query.derived import DerivedEdge
from query.graph.neighbourhood import REFERENCES
from query.root_cause.facts import Facts
from query.root_cause.ranking import Incident
from query.root_cause.rules.common import unwell
from query.root_cause.rules.creation import FAILED_CREATE
from query.root_cause.verdicts import CauseClass
from query.stored import by_cluster

__all__ = ["PARTS", "victims"]

_DEPTH, _MOST = 8, 500

PARTS = frozenset({"Pod", "ReplicaSet"})
"""Kinds that nobody writes down: their owner is counted."""

_HURTING = (*REFERENCES, Relation.LIMIT, Relation.DEFINITION)

_FEEDING = (Relation.SOURCE, Relation.GENERATES, Relation.DEPENDS)

_UNNOTICED = frozenset({CauseClass.SUSPENDED, CauseClass.STALE, CauseClass.CONTROLLER_DOWN})
"""Classes whose victims stay green: they keep running what they have."""


def victims(facts: Facts, incidents: Sequence[Incident]) -> list[list[ObjectRow]]:
    """Of each incident: nearest first, then by name, at most 500 per cluster; without the cause, Pods and
    ReplicaSets."""
    places = [(incident, seeds) for incident in incidents for seeds in _seeds(incident)]
    depths = _dependants(facts, [seeds for _, seeds in places], _HURTING)
    quiet = [number for number, (incident, _) in enumerate(places) if incident.found.class_ in _UNNOTICED]
    held = dict(
        zip(quiet, _dependants(facts, [places[number][1] for number in quiet], _FEEDING), strict=True)
    )
    suffering: dict[int, dict[int, tuple[int, ObjectRow]]] = {id(incident): {} for incident in incidents}
    for number, ((incident, _), depth) in enumerate(zip(places, depths, strict=True)):
        for row in facts.rows(depth).values():
            hurt = unwell(row) or (row.id in held.get(number, ()) and _is_applier(row))
            if hurt and _counts(row, incident.found.object):
                suffering[id(incident)][row.id] = (depth[row.id], row)
    return [
        [row for _, row in sorted(suffering[id(incident)].values(), key=_nearness)] for incident in incidents
    ]


def _seeds(incident: Incident) -> Iterator[list[ObjectRow]]:
    """The objects from which the trouble spreads, cluster by cluster."""
    walked = [step.row for trail in incident.trails for step in trail.steps]
    involved = by_cluster((incident.found.object, *incident.others, *walked))
    for cluster in sorted({row.cluster for row in (*walked, *incident.others)}):
        yield involved[cluster]


def _nearness(found: tuple[int, ObjectRow]) -> tuple[object, ...]:
    return found[0], identity(found[1])


def _dependants(
    facts: Facts, places: Sequence[Sequence[ObjectRow]], relations: Collection[Relation]
) -> list[dict[int, int]]:
    """Steps to everything that refers to the seeds by these relations, directly or not, or that made it.

    Of each place for itself, and read for all of them level by level.
    """
    fronts = [{row.id: row for row in seeds} for seeds in places]
    depths = [dict.fromkeys(front, 0) for front in fronts]
    for distance in range(1, _DEPTH + 1):
        together = {row_id: row for front in fronts for row_id, row in front.items()}
        if not together:
            break
        near = _beside(facts, together, relations)
        facts.rows(set(chain.from_iterable(near.values())))
        for number, depth in enumerate(depths):
            reached = {other for row_id in fronts[number] for other in near.get(row_id, ())}
            frontier = sorted(reached.difference(depth))[: max(0, _MOST - len(depth))]
            depth.update(dict.fromkeys(frontier, distance))
            fronts[number] = facts.rows(frontier)
    return depths


def _beside(
    facts: Facts, rows: Mapping[int, ObjectRow], relations: Collection[Relation]
) -> dict[int, set[int]]:
    """Of each object those that suffer with it: one step away."""
    near: dict[int, set[int]] = defaultdict(set)
    for edge in facts.incoming(rows, relations):
        near[edge.dst].add(edge.src)
    derived = [edge for edge in facts.derived_to(rows.values(), relations) if _suffers(edge)]
    facts.know(edge.src for edge in derived)
    for tied in derived:
        near[tied.dst.id].add(tied.src.id)
    parts = [row.id for row in rows.values() if row.kind in PARTS]
    for made_by in facts.outgoing(parts, (Relation.OWNER,)) if parts else ():
        near[made_by.src].add(made_by.dst)
    return near


def _suffers(edge: DerivedEdge) -> bool:
    """A quota and a limit stand in the way only of what cannot make its Pods."""
    return edge.relation != Relation.LIMIT or edge.src.reason in FAILED_CREATE


def _counts(row: ObjectRow, cause: ObjectRow) -> bool:
    return row.present and row.kind not in PARTS and (row.cluster, row.key) != (cause.cluster, cause.key)


def _is_applier(row: ObjectRow) -> bool:
    kind = flux_kind(GroupKind(row.group, row.kind))
    return kind is not None and kind.category is Category.APPLIER

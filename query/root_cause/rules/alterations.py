"""Which field of a Deployment somebody has changed behind the back of its applier.

Nobody says so: it follows from what the Deployment has done about it, ReplicaSets and the Events of scaling.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mirror.flux.fields import integer, mapping, sequence, text
from mirror.records import Relation
from mirror.store.rows import EventRow, ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called
from query.root_cause.verdicts import Proof

__all__ = ["Alteration", "alteration"]

_SCALED = "ScalingReplicaSet"
_ROLLOUT_S = 600.0
"""Seconds that a rollout may take: Events of two ReplicaSets within it are one rollout and no scaling."""

_MARGIN_S = 60.0


class Alteration(NamedTuple):
    """field: dotted path. text: what it was and what it is."""

    field: str
    text: str
    proof: Proof


def alteration(case: Case, row: ObjectRow, applied_at: float | None) -> Alteration | None:
    """What was changed of a Deployment; None for other kinds, and where nothing tells.

    applied_at: when its applier wrote it last, wall seconds; None: not known.
    """
    if (row.group, row.kind) != ("apps", "Deployment") or not row.present:
        return None
    return _new_template(case, row, applied_at) or _other_scale(case, row)


def _new_template(case: Case, row: ObjectRow, applied_at: float | None) -> Alteration | None:
    """A ReplicaSet that is younger than what was applied: it was made from another template."""
    links = [link for link in case.scene.sources(row, Relation.OWNER) if link.row.kind == "ReplicaSet"]
    newest = sorted(links, key=lambda link: (-(link.row.created_at or 0.0), link.row.name))[:2]
    made_at = newest[0].row.created_at if newest else None
    if len(newest) < 2 or applied_at is None or made_at is None or made_at <= applied_at + _MARGIN_S:
        return None
    now, before = (_images(case.scene.document(link.row)) for link in newest)
    made = newest[0].row
    for index, (name, image) in enumerate(now.items()):
        if before.get(name, image) != image:
            told = f"the image of container {name} is {image} and was {before[name]}"
            field = f"spec.template.spec.containers[{index}].image"
            return Alteration(field, told, Proof(made, "history", told, made_at))
    told = f"{called(made)} was made from another template than the one that was applied"
    return Alteration("spec.template", told, Proof(made, "history", told, made_at))


def _other_scale(case: Case, row: ObjectRow) -> Alteration | None:
    """Its only ReplicaSet was brought to the number of Pods that it wants now, long after it was made."""
    events = case.other(row).events(_SCALED)
    newest = events[0] if events else None
    match = patterns.SCALED.search(newest.message) if newest is not None else None
    if newest is None or match is None or _is_rollout(events, match["name"]):
        return None
    made = case.scene.find("ReplicaSet", row.namespace, match["name"], group="apps")
    if made is None or made.created_at is None or newest.last_at <= made.created_at + _MARGIN_S:
        return None
    wanted = integer(mapping(case.scene.document(row).get("spec")).get("replicas"))
    if wanted is None or str(wanted) != match["to"]:
        return None
    told = f"{newest.type} {newest.reason}: {newest.message}"
    before = match["from"] or match["before"]
    was = f" and was {before}" if before else ""
    return Alteration(
        "spec.replicas", f"spec.replicas is {wanted}{was}", Proof(row, "event", told, newest.last_at)
    )


def _is_rollout(events: list[EventRow], name: str) -> bool:
    """Another ReplicaSet was scaled at the same time."""
    latest = events[0].last_at
    recent = [event for event in events if latest - event.last_at <= _ROLLOUT_S]
    names = {match["name"] for event in recent if (match := patterns.SCALED.search(event.message))}
    return names != {name}


def _images(replica_set: dict[str, Any]) -> dict[str, str]:
    template = mapping(mapping(replica_set.get("spec")).get("template"))
    containers = map(mapping, sequence(mapping(template.get("spec")).get("containers")))
    return {text(item.get("name")): text(item.get("image")) for item in containers}

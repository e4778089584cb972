"""Findings as the answer that people and assistants read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mirror.clock import to_rfc3339
from mirror.flux.revisions import short_revision
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.results.answer import Affected, Cause, PathStep, TransientObject
from query.root_cause.evidence import evidence
from query.root_cause.logs import log_call
from query.root_cause.ranking import Incident
from query.root_cause.scene import Scene
from query.root_cause.verdicts import Step
from query.view import View

__all__ = ["cause", "path_steps", "standing"]

EXAMPLES = 5
"""Affected objects that are named."""


def cause(
    view: View, scenes: Mapping[str, Scene], number: int, incident: Incident, hurt: Sequence[ObjectRow]
) -> Cause:
    """The incident in the words of its finding; hurt: who suffers from it."""
    found = incident.found
    scene = scenes[found.object.cluster]
    elsewhere = sorted({row.cluster for row in incident.others} - {found.object.cluster})
    also = f" (the same in {', '.join(elsewhere)})" if elsewhere else ""
    everyone = [*incident.others, *(row for row in hurt if row not in incident.others)]
    return Cause(
        rank=number,
        object=view.ref(found.object),
        class_=found.class_.value,
        reason=found.reason,
        message=" ".join(found.message.split()) + also,
        since=to_rfc3339(incident.first) if incident.first else "",
        next_step=found.next_step,
        path=path_steps(scenes, incident.trail.steps),
        evidence=evidence(scene, incident.trail),
        affected=Affected(count=len(everyone), examples=tuple(view.ref(row) for row in everyone[:EXAMPLES])),
        field=found.field,
        logs=log_call(scene, incident.trail),
    )


def path_steps(scenes: Mapping[str, Scene], steps: Iterable[Step]) -> tuple[PathStep, ...]:
    """Objects with their state and the edge that leads to each."""
    return tuple(_path_step(scenes[step.row.cluster], step) for step in steps)


def standing(view: View, row: ObjectRow) -> TransientObject:
    """An object that is no cause, in its own words; a suspended one with what it holds on to."""
    since = to_rfc3339(row.since) if row.since else ""
    message = row.message
    if row.health == Health.SUSPENDED and row.revision:
        message = f"holds {short_revision(row.revision)}"
    return TransientObject(object=view.ref(row), reason=row.reason, message=message, since=since)


def _path_step(scene: Scene, step: Step) -> PathStep:
    state = scene.state(step.row)
    return PathStep(
        object=scene.view.ref(step.row),
        health=state.health,
        reason=step.row.reason or state.reason,
        relation=step.relation,
        field=step.field,
    )

"""Why is this not working? Or, with nothing named: what is broken, and what broke it?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mirror.clock import to_rfc3339
from mirror.flux.kinds import FLUX_GROUPS
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.results import Affected, Cause, Omitted, PathStep, RootCause, TransientObject
from query.root_cause.affected import victims
from query.root_cause.evidence import evidence
from query.root_cause.facts import Facts
from query.root_cause.order import object_order
from query.root_cause.ranking import Incident, fold, rank
from query.root_cause.rules.controllers import controllers_down
from query.root_cause.scene import Scene
from query.root_cause.verdicts import Step
from query.root_cause.walk import Outcome, Trail, Walk
from query.selectors import find_objects, require_namespace, resolve_kind
from query.view import View

__all__ = ["find_root_cause"]

SYMPTOMS = 1_000
"""Failing objects of one cluster that are walked from when nothing is named."""

WEIGHED = 100
"""Causes whose victims are counted; the ranking of the others goes by class and age alone."""

EXAMPLES = 5
TRANSIENT = 50


class _Walked(NamedTuple):
    trails: list[Trail]
    transient: list[ObjectRow]
    hidden: list[str]


def find_root_cause(
    view: View,
    *,
    api_version: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    limit: int = 10,
) -> RootCause:
    """The first broken objects behind a symptom, the most likely first.

    kind and name: the symptom, in every chosen cluster that has it; a name that is only referred to counts.
    With kind alone every failing object of that kind is a symptom, with neither every failing object; then
    suspended objects are causes only where something waits for them. limit: causes; `omitted` counts those
    that are left out, and transient objects beyond the first fifty.
    healthy: no cause was found, as far as could be seen; `transient` may still name objects on their way.
    Raises UnknownKindError, UnknownObjectError.
    """
    view.touch()
    named = kind is not None and name is not None
    if kind is not None and name is not None:
        symptoms = find_objects(view, kind, name, namespace, api_version, referenced=True)
    else:
        if namespace:
            require_namespace(view, namespace)
        symptoms = _failing(view, kind, namespace, api_version)
    facts = Facts(view)
    facts.prime(symptoms)
    scenes = {cluster: Scene(facts, cluster) for cluster in view.names}
    walked = _walk(scenes, symptoms, check_controllers=not named and kind is None)
    incidents = fold(walked.trails)
    hurt = {id(incident): victims(scenes, incident) for incident in incidents[:WEIGHED]}
    weights = {id(incident): len(hurt.get(id(incident), ())) for incident in incidents}
    ranked = rank(incidents, weights, named=named)
    shown = ranked[: max(1, limit)]
    transient = _unexplained(walked)
    return RootCause(
        healthy=not ranked,
        causes=tuple(
            _cause(view, scenes, number, incident, hurt.get(id(incident), []))
            for number, incident in enumerate(shown, start=1)
        ),
        transient=tuple(_transient(view, row) for row in transient[:TRANSIENT]),
        not_visible=tuple(sorted(set(walked.hidden))),
        freshness=view.freshness(),
        omitted=Omitted(count=len(ranked) - len(shown) + len(transient[TRANSIENT:])),
    )


def _failing(view: View, kind: str | None, namespace: str | None, api_version: str | None) -> list[ObjectRow]:
    group: str | None = None
    if kind is not None:
        group, kind = resolve_kind(view, kind, api_version)
    states = (Health.FAILED.value, Health.PROGRESSING.value)
    rows = [
        row
        for row in view.objects(group=group, kind=kind, namespace=namespace, health=states)
        if row.health == Health.FAILED or kind is not None or row.group in FLUX_GROUPS
    ]
    return sorted(rows, key=lambda row: (row.group not in FLUX_GROUPS, object_order(row)))


def _walk(scenes: dict[str, Scene], symptoms: Iterable[ObjectRow], *, check_controllers: bool) -> _Walked:
    by_cluster: dict[str, list[ObjectRow]] = {}
    for row in symptoms:
        by_cluster.setdefault(row.cluster, []).append(row)
    walked = _Walked([], [], [])
    for cluster, scene in scenes.items():
        if check_controllers:
            walked.trails.extend(
                Trail(item, (Step(item.object), *item.tail)) for item in controllers_down(scene)
            )
        rows = by_cluster.get(cluster, [])
        if len(rows) > SYMPTOMS:
            walked.hidden.append(
                f"{cluster}: {len(rows) - SYMPTOMS} more failing objects were not looked into"
            )
        walk = Walk(scene)
        for row in rows[:SYMPTOMS]:
            _add(walked, walk.explain(row))
    return walked


def _add(walked: _Walked, outcome: Outcome) -> None:
    walked.trails.extend(outcome.trails)
    walked.transient.extend(outcome.transient)
    walked.hidden.extend(outcome.hidden)


def _unexplained(walked: _Walked) -> list[ObjectRow]:
    """Transient objects, once each, without those that a cause explains."""
    explained = {object_order(step.row) for trail in walked.trails for step in trail.steps}
    rows = {object_order(row): row for row in walked.transient}
    return [rows[key] for key in sorted(rows) if key not in explained]


def _cause(
    view: View, scenes: dict[str, Scene], number: int, incident: Incident, hurt: Sequence[ObjectRow]
) -> Cause:
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
        since=to_rfc3339(found.since) if found.since else "",
        next_step=found.next_step,
        path=tuple(_path_step(scene, step) for step in incident.trail.steps),
        evidence=evidence(scene, incident.trail),
        affected=Affected(count=len(everyone), examples=tuple(view.ref(row) for row in everyone[:EXAMPLES])),
        field=found.field,
    )


def _path_step(scene: Scene, step: Step) -> PathStep:
    state = scene.state(step.row)
    return PathStep(
        object=scene.view.ref(step.row),
        health=state.health,
        reason=step.row.reason or state.reason,
        relation=step.relation,
        field=step.field,
    )


def _transient(view: View, row: ObjectRow) -> TransientObject:
    since = to_rfc3339(row.since) if row.since else ""
    return TransientObject(object=view.ref(row), reason=row.reason, message=row.message, since=since)

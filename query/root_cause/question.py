"""Why is this not working? Or, with nothing named: what is broken, and what broke it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health
from mirror.store.rows import ObjectRow, identity
from query.places import listed
from query.results.answer import Found, Omitted, PathStep, RootCause
from query.root_cause.affected import PARTS, victims
from query.root_cause.answer import cause, path_steps, standing
from query.root_cause.facts import Facts
from query.root_cause.outside import join_outside
from query.root_cause.ranking import fold, rank
from query.root_cause.rules.controllers import controllers_down
from query.root_cause.scene import Scene
from query.root_cause.support import supports
from query.root_cause.symptoms import failing, paused
from query.root_cause.verdicts import Step
from query.root_cause.walk import Outcome, Trail, Walk
from query.selectors import find_objects, kind_needed, require_namespace
from query.stored import by_cluster
from query.view import View

__all__ = ["find_root_cause"]

SYMPTOMS = 1_000
"""Failing objects of one cluster that are walked from when nothing is named."""

WEIGHED = 100
"""Causes whose victims are counted; the ranking of the others goes by class and age alone."""

LISTED = 50
"""Transient objects, and suspended ones, that are named."""


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
    With kind alone every failing object of that kind is a symptom, with neither every failing object. Then
    suspended objects are causes only where something waits for them; all of them are listed as `suspended`.
    An outside host that fails is one cause with everything in the view that suffers from it.
    limit: causes, 0 means all; `omitted` counts those that are left out, and the transient and suspended
    objects beyond the first fifty each.
    healthy: no cause was found, as far as could be seen, and something could be; `transient` may still name
    objects on their way.
    Raises UnknownKindError, UnknownObjectError, and SelectorError for a name without a kind.
    """
    view.touch()
    if name and not kind:
        raise kind_needed(view, name, namespace)
    named = kind is not None and name is not None
    held: list[ObjectRow] = []
    if kind is not None and name is not None:
        symptoms = find_objects(view, kind, name, namespace, api_version, referenced=True)
    else:
        if namespace:
            require_namespace(view, namespace)
        symptoms = failing(view, kind, namespace, api_version)
        held = paused(view, kind, namespace, api_version)
    facts = Facts(view)
    facts.know(symptoms)
    if not named:  # objects of one name are read together anyway
        facts.prime(symptoms)
    scenes: dict[str, Scene] = {}
    scenes.update({cluster: Scene(facts, cluster, scenes) for cluster in view.names})
    walked = _walk(facts, scenes, symptoms, check_controllers=not named and kind is None)
    incidents = join_outside(view, scenes, fold(walked.trails)) if named else fold(walked.trails)
    weighed = incidents[:WEIGHED]
    hurt = {id(incident): rows for incident, rows in zip(weighed, victims(facts, weighed), strict=True)}
    weights = {id(incident): len(hurt.get(id(incident), ())) for incident in incidents}
    ranked = rank(incidents, weights, named=named)
    shown = ranked[:limit] if limit > 0 else ranked
    causes = tuple(
        cause(view, scenes, number, incident, hurt.get(id(incident), []))
        for number, incident in enumerate(shown, start=1)
    )
    transient = _unexplained(walked, scenes)
    held = _unmentioned(held, walked)
    freshness = view.freshness()
    return RootCause(
        healthy=not ranked and any(line.age_s is not None for line in freshness),
        causes=causes,
        transient=tuple(standing(view, row) for row in transient[:LISTED]),
        suspended=tuple(standing(view, row) for row in held[:LISTED]),
        depends_on=_support(scenes, symptoms) if named and not ranked else (),
        not_visible=_not_visible(walked, scenes),
        not_mirrored=_not_mirrored(scenes),
        found=Found(len(ranked), len(transient), len(held)),
        asked=_asked(symptoms) if named else "",
        freshness=freshness,
        omitted=Omitted(count=len(ranked) - len(shown) + len(transient[LISTED:]) + len(held[LISTED:])),
    )


def _walk(
    facts: Facts, scenes: Mapping[str, Scene], symptoms: Iterable[ObjectRow], *, check_controllers: bool
) -> _Walked:
    symptoms_of = by_cluster(symptoms)
    first = [row for rows in symptoms_of.values() for row in rows[:SYMPTOMS]]
    facts.documents(first)  # what every walk begins with, read for all clusters at once
    facts.read_events(first)
    walked = _Walked([], [], [])
    for cluster, scene in scenes.items():
        rows = symptoms_of.get(cluster, [])
        if check_controllers:
            down = controllers_down(scene)
            walked.trails.extend(Trail(item, (Step(item.object), *item.tail)) for item in down)
            rows = [*(item.object for item in down if item.object.present), *rows]
        if len(rows) > SYMPTOMS:
            walked.hidden.append(
                f"{cluster}: {len(rows) - SYMPTOMS} more failing objects were not looked into"
            )
        walk = Walk(scene)
        if len(rows) > 1:
            scene.prefetch(rows[:SYMPTOMS])
            scene.prefetch_events(rows[:SYMPTOMS])
        for row in rows[:SYMPTOMS]:
            _add(walked, walk.explain(row))
    return walked


def _add(walked: _Walked, outcome: Outcome) -> None:
    walked.trails.extend(outcome.trails)
    walked.transient.extend(outcome.transient)
    walked.hidden.extend(outcome.hidden)


def _unexplained(walked: _Walked, scenes: Mapping[str, Scene]) -> list[ObjectRow]:
    """Transient objects, once each, without those that a cause explains and without the parts of others."""
    explained = {identity(step.row) for trail in walked.trails for step in trail.steps}
    rows = {identity(row): row for row in walked.transient}
    known = explained.union(rows)

    def is_part(row: ObjectRow) -> bool:
        owners = scenes[row.cluster].owners(row) if row.kind in PARTS else ()
        return any(identity(owner) in known for owner in owners)

    return [rows[key] for key in sorted(rows) if key not in explained and not is_part(rows[key])]


def _unmentioned(held: Iterable[ObjectRow], walked: _Walked) -> list[ObjectRow]:
    """Without those that are causes already."""
    blamed = {identity(trail.found.object) for trail in walked.trails}
    return [row for row in held if identity(row) not in blamed]


def _asked(symptoms: Sequence[ObjectRow]) -> str:
    """Where it was found, and its state where that is not Ready; of many clusters the first are named."""
    clusters: dict[tuple[ObjectKey, str], list[str]] = {}
    for row in symptoms:
        state = row.health if row.present else "not there"
        clusters.setdefault((row.key, "" if state == Health.READY else f" ({state})"), []).append(row.cluster)
    return "; ".join(f"{key} in {listed(names)}{state}" for (key, state), names in sorted(clusters.items()))


def _support(scenes: Mapping[str, Scene], symptoms: Sequence[ObjectRow]) -> tuple[PathStep, ...]:
    """Of one object that is well; of several of one name each would have its own."""
    if len(symptoms) != 1 or symptoms[0].health != Health.READY:
        return ()
    return path_steps(scenes, supports(scenes[symptoms[0].cluster], symptoms[0]))


def _not_visible(walked: _Walked, scenes: Mapping[str, Scene]) -> tuple[str, ...]:
    blind = (text for scene in scenes.values() for text in scene.blind)
    return tuple(sorted({*walked.hidden, *blind}))


def _not_mirrored(scenes: Mapping[str, Scene]) -> tuple[str, ...]:
    """`Kind.group`, as commands and tools take a kind."""
    kinds: set[GroupKind] = {kind for scene in scenes.values() for kind in scene.unmirrored}
    return tuple(sorted(f"{kind}.{group}".rstrip(".") for group, kind in kinds))

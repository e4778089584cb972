"""From an object that is not well to the first broken objects behind it.

Every object is judged once. Neighbours that a rule points at are judged in turn; a loop of neighbours ends
where it closes (a loop of dependencies is a cause of its own and found by a rule).
"""

from __future__ import annotations

from typing import NamedTuple

from mirror.records import Health
from mirror.store.rows import ObjectRow, identity
from query.root_cause.case import Case
from query.root_cause.failures import failures
from query.root_cause.scene import Scene
from query.root_cause.table import judge, judge_late
from query.root_cause.verdicts import Found, Step, Verdict

__all__ = ["Outcome", "Trail", "Walk"]

DEEPEST = 40
"""Hops from a symptom; a longer chain of distinct objects is not followed to its end."""

WIDEST = 60
"""Causes kept per object, the nearest ones."""


class Trail(NamedTuple):
    """A cause and the way to it; the first step is the object the walk began at."""

    found: Found
    steps: tuple[Step, ...]

    @property
    def object_id(self) -> tuple[str, str, str, str, str]:
        return identity(self.found.object)


class Outcome(NamedTuple):
    """trails: nearest first. transient: objects that are not ready and yet not to blame."""

    trails: tuple[Trail, ...] = ()
    transient: tuple[ObjectRow, ...] = ()
    hidden: tuple[str, ...] = ()


class Walk:
    """Judges objects of one cluster and what they do in others; keeps what it has learnt."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._known: dict[object, Outcome] = {}
        self._open: set[object] = set()

    def explain(self, row: ObjectRow) -> Outcome:
        """What is behind the state of this object. An empty outcome: nothing is wrong with it."""
        key = (row.cluster, row.key)
        if key in self._known:
            return self._known[key]
        if key in self._open or len(self._open) >= DEEPEST:
            return Outcome()
        self._open.add(key)
        outcome = self._judge(row)
        self._open.discard(key)
        self._known[key] = outcome
        return outcome

    def _judge(self, row: ObjectRow) -> Outcome:
        scene = self.scene.of(row)
        if scene is None:
            return Outcome()
        verdicts: list[Verdict] = []
        passed: list[Outcome] = []
        case = Case(scene, row)
        for failure in failures(case):
            verdict = judge(Case(scene, row, failure) if failure is not None else case)
            verdicts.append(verdict)
            outcomes = [(step, self.explain(step.row)) for step in verdict.look]
            trails = _own(row, verdict.found) + _through(row, outcomes)
            passed.extend(outcome for _, outcome in outcomes)
            if trails:
                return _outcome(trails, passed, verdicts)
        otherwise = next((verdict.otherwise for verdict in verdicts if verdict.otherwise), ())
        if not otherwise:
            otherwise = judge_late(case).found
        outcome = _outcome(_own(row, otherwise), passed, verdicts)
        settled = row.health in (Health.READY, Health.SUSPENDED) or any(said.over for said in verdicts)
        if outcome.trails or settled or not row.present:
            return outcome
        return outcome._replace(transient=_unique((row, *outcome.transient)))


def _own(row: ObjectRow, found: tuple[Found, ...]) -> list[Trail]:
    return [Trail(item, (Step(row), *item.tail)) for item in found]


def _through(row: ObjectRow, outcomes: list[tuple[Step, Outcome]]) -> list[Trail]:
    """The trails of neighbours, one step longer: the first step of each learns how it was reached."""
    return [
        Trail(trail.found, (Step(row), step._replace(row=trail.steps[0].row), *trail.steps[1:]))
        for step, outcome in outcomes
        for trail in outcome.trails
    ]


def _outcome(trails: list[Trail], passed: list[Outcome], verdicts: list[Verdict]) -> Outcome:
    hidden = [text for verdict in verdicts for text in verdict.hidden]
    hidden += [text for outcome in passed for text in outcome.hidden]
    return Outcome(
        trails=_nearest(trails),
        transient=_unique(tuple(row for outcome in passed for row in outcome.transient)),
        hidden=tuple(dict.fromkeys(hidden)),
    )


def _nearest(trails: list[Trail]) -> tuple[Trail, ...]:
    """One trail per cause, the shortest."""
    best: dict[object, Trail] = {}
    for trail in sorted(trails, key=_length):
        best.setdefault((trail.object_id, trail.found.class_, trail.found.field), trail)
    return tuple(best.values())[:WIDEST]


def _length(trail: Trail) -> tuple[object, ...]:
    return (len(trail.steps), trail.object_id, [identity(step.row) for step in trail.steps])


def _unique(rows: tuple[ObjectRow, ...]) -> tuple[ObjectRow, ...]:
    return tuple({(row.cluster, row.key): row for row in rows}.values())

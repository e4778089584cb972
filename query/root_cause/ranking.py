"""Which causes are one and the same, and which of them comes first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mirror.flux.kinds import flux_kind
from mirror.keys import GroupKind
from mirror.store.rows import ObjectRow, identity
from query.root_cause.patterns import normalise
from query.root_cause.rules.common import unwell
from query.root_cause.verdicts import CauseClass, Found
from query.root_cause.walk import Trail

__all__ = ["Incident", "fold", "rank"]

FIRST = frozenset(
    {CauseClass.MISSING, CauseClass.CYCLE, CauseClass.SUSPENDED, CauseClass.STALE, CauseClass.CONTROLLER_DOWN}
)
"""Classes that end a search: whatever else is red may only follow from them."""


class Incident(NamedTuple):
    """One cause, however many symptoms and clusters show it.

    trail: the one that is shown. trails: all of them. others: the objects in the same state elsewhere.
    first: when the first of all these was noticed, wall seconds; None when nothing says so.
    """

    trail: Trail
    trails: tuple[Trail, ...]
    others: tuple[ObjectRow, ...] = ()
    first: float | None = None

    @property
    def found(self) -> Found:
        return self.trail.found

    def joined(self, trails: Iterable[Trail]) -> Incident:
        """With what the same outside fact does to objects that nobody has asked about."""
        more = list(trails)
        known = {identity(row) for row in (self.found.object, *self.others)}
        new = {identity(trail.found.object): trail.found.object for trail in more}
        return self._replace(
            others=(*self.others, *(new[key] for key in sorted(new) if key not in known)),
            first=_earliest([self.first, *(trail.found.since for trail in more)]),
        )


def fold(trails: Iterable[Trail]) -> list[Incident]:
    """Joins trails to one object, one outside host, or equally named objects that fail alike elsewhere."""
    per_object: dict[tuple[object, ...], list[Trail]] = {}
    for trail in _outages(list(trails)):
        found = trail.found
        per_object.setdefault((trail.object_id, found.class_, found.field), []).append(trail)
    groups: dict[tuple[str, ...], list[Trail]] = {}
    for ours in per_object.values():
        ours.sort(key=_plainness)
        groups.setdefault(_same(ours[0].found), []).extend(ours)
    return [_incident(sorted(group, key=_plainness)) for group in groups.values()]


def _outages(trails: list[Trail]) -> list[Trail]:
    """A controller that is down is said once: not also as a workload that does not run, and not at all when
    what keeps it from running is known; then its victims are those of that cause."""
    down = {trail.object_id for trail in trails if trail.found.class_ is CauseClass.CONTROLLER_DOWN}
    behind: dict[object, Trail] = {}
    for trail in trails:
        for number, step in enumerate(trail.steps):
            if identity(step.row) in down and trail.object_id not in down:
                behind.setdefault(identity(step.row), Trail(trail.found, trail.steps[number + 1 :]))
    kept = []
    for trail in trails:
        outage = trail.found.class_ is CauseClass.CONTROLLER_DOWN
        deeper = behind.get(trail.object_id) if outage else None
        if deeper is not None:
            trail = Trail(deeper.found, (*trail.steps, *deeper.steps))  # noqa: PLW2901  goes on to the cause
        if outage or trail.object_id not in down:
            kept.append(trail)
    return kept


def rank(incidents: Iterable[Incident], affected: dict[int, int], *, named: bool) -> list[Incident]:
    """The most likely first.

    affected: how many objects suffer, by `id(incident)`. named: one object was asked about, so that every
    cause explains the same symptom and the oldest counts; else the one that breaks most counts.
    """

    def key(incident: Incident) -> tuple[object, ...]:
        found = incident.found
        since = incident.first if incident.first is not None else float("inf")
        weight = -affected[id(incident)]
        order = (since, weight) if named else (weight, since)
        return (found.class_ not in FIRST, *order, identity(found.object), found.field)

    return sorted(incidents, key=key)


def _incident(trails: list[Trail]) -> Incident:
    first = trails[0]
    since = _earliest(trail.found.since for trail in trails)
    if since is None and first.found.class_ is CauseClass.MISSING:
        # Nobody writes down since when something is absent; the nearest that suffers from it does.
        since = next((step.row.since for step in reversed(first.steps) if unwell(step.row)), None)
    objects = {identity(trail.found.object): trail.found.object for trail in trails}
    objects.pop(identity(first.found.object))
    return Incident(
        first,
        tuple(trails),
        tuple(objects[key] for key in sorted(objects)),
        since,
    )


def _earliest(moments: Iterable[float | None]) -> float | None:
    return min((at for at in moments if at is not None), default=None)


def _same(found: Found) -> tuple[str, ...]:
    """What makes two findings one: the same outside fact, or the same object failing in the same way."""
    if found.shared:
        return (found.class_.value, found.shared)
    row = found.object
    return (
        found.class_.value,
        row.group,
        row.kind,
        row.namespace,
        row.name,
        found.field,
        normalise(found.message),
    )


def _plainness(trail: Trail) -> tuple[object, ...]:
    """Which of several trails tells the story best: from a Flux object, by the shortest way."""
    symptom = trail.steps[0].row
    is_flux = flux_kind(GroupKind(symptom.group, symptom.kind)) is not None
    return (
        identity(trail.found.object),
        not is_flux,
        len(trail.steps),
        [identity(step.row) for step in trail.steps],
    )

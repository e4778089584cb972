"""Two appliers that list one object: each undoes what the other has done, and both say that all is well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mirror.flux.kinds import Category, flux_kind
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import EventRow, ObjectRow, identity
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called
from query.root_cause.rules.common import found, step
from query.root_cause.scene import Link, Scene
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame

__all__ = ["contested", "rivals"]

_OFTEN = 2
"""Times that both have changed it: once may be a change that was meant."""

_RECENT_S = 3_600.0
"""Seconds in which changes count as going on."""

_APPLIED = ("Progressing", "DriftCorrected")
"""Reasons of the Events in which appliers list what they have changed."""


def contested(case: Case) -> Verdict | None:
    """Goes by the Events of both: that an object stands in two inventories does no harm by itself."""
    if not case.row.present:
        return None
    suspects: Iterable[tuple[ObjectRow, Step | None]]
    suspects = [(case.row, None)] if not _is_applier(case.row) else _changed_by(case)
    blamed = (_blame(case, row, (way,) if way else ()) for row, way in suspects)
    first = next((finding for finding in blamed if finding is not None), None)
    return blame(first) if first is not None else None


def rivals(scene: Scene, row: ObjectRow) -> list[Link]:
    """The appliers that list the object, where there are several of them."""
    links = {link.row.id: link for link in scene.sources(row, Relation.MANAGES) if _is_applier(link.row)}
    present = [link for link in links.values() if link.row.present]
    return sorted(present, key=lambda link: identity(link.row)) if len(present) > 1 else []


def _changed_by(case: Case) -> Iterator[tuple[ObjectRow, Step]]:
    """What the applier has changed again and again."""
    told = [event for event in _recent(case.scene, case.row) if event.count >= _OFTEN]
    named = {
        (match["kind"], match["namespace"] or "", match["name"])
        for event in told
        for match in patterns.CONFIGURED.text.finditer(event.message)
    }
    if named:
        for link in case.targets(Relation.MANAGES):
            if (link.row.kind, link.row.namespace, link.row.name) in named:
                yield link.row, step(link)


def _blame(case: Case, row: ObjectRow, tail: tuple[Step, ...]) -> Found | None:
    fighting = [
        (link, event) for link in rivals(case.scene, row) if (event := _change(case.scene, link.row, row))
    ]
    if len(fighting) < _OFTEN:
        return None
    names = " and ".join(called(link.row) for link, _ in fighting)
    proofs = [
        Proof(link.row, "event", f"{event.reason} ({event.count} times): {event.message}", event.last_at)
        for link, event in fighting
    ]
    return found(
        case,
        CauseClass.INVALID,
        f"let only one of {names} have {called(row)}: take it out of the other's manifests, after it was "
        "annotated there with kustomize.toolkit.fluxcd.io/prune: disabled, or it is deleted",
        object=row,
        reason="Contested",
        message=f"{names} both apply {called(row)}, and each undoes what the other has applied",
        since=min(event.first_at for _, event in fighting),
        tail=tail,
        proofs=tuple(proofs),
    )


def _change(scene: Scene, applier: ObjectRow, row: ObjectRow) -> EventRow | None:
    """The newest word of an applier that it has changed this object, which it said more than once."""
    said = [event for event in _recent(scene, applier) if _names(event, row)]
    return said[0] if sum(event.count for event in said) >= _OFTEN else None


def _recent(scene: Scene, applier: ObjectRow) -> list[EventRow]:
    own = scene.of(applier) or scene
    since = own.now - _RECENT_S
    return [event for event in own.events(applier) if event.reason in _APPLIED and event.last_at >= since]


def _names(event: EventRow, row: ObjectRow) -> bool:
    wanted = (row.kind, row.namespace, row.name)
    matches = patterns.CONFIGURED.text.finditer(event.message)
    return any((match["kind"], match["namespace"] or "", match["name"]) == wanted for match in matches)


def _is_applier(row: ObjectRow) -> bool:
    kind = flux_kind(GroupKind(row.group, row.kind))
    return kind is not None and kind.category is Category.APPLIER

"""Objects that were told to pause, and appliers that run on a source that stands still."""

from __future__ import annotations

from mirror.flux.fields import mapping, sequence
from mirror.flux.kinds import OPERATOR_GROUP, flux_kind
from mirror.flux.revisions import short_revision
from mirror.records import Health, Relation
from query.root_cause.case import Case
from query.root_cause.commands import called, resume
from query.root_cause.rules.common import found, step
from query.root_cause.verdicts import CauseClass, Proof, Step, Verdict, blame, look

__all__ = ["still_source", "suspended"]


_INPUTS = "ResourceSetInputProvider"


def suspended(case: Case) -> Verdict | None:
    """The way to the cause leads here and the object is paused: nothing gets better before it is resumed."""
    if case.row.health != Health.SUSPENDED:
        return None
    last = case.conditions.get("Ready")
    held = f" and stays at {short_revision(case.row.revision)}" if case.row.revision else ""
    state = f"Ready={last.status} {last.reason}: {last.message}" if last else ""
    told = f"suspended; what it said last: {state}" if state else "suspended before it said anything"
    broken = f"; before, it said {state}" if last is not None and not last.true else ""
    return blame(
        found(
            case,
            CauseClass.SUSPENDED,
            resume(case.row),
            field=_field(case),
            reason="Suspended",
            message=f"{called(case.row)} is suspended{held}{broken}",
            since=None,
            proofs=(Proof(case.row, "condition", told, last and last.since),),
        )
    )


def _field(case: Case) -> str:
    kind = flux_kind(case.kind)
    if case.spec.get("suspend") is True or kind is None or not kind.suspend_annotation:
        return "spec.suspend"
    return f"metadata.annotations[{kind.suspend_annotation}]"


def still_source(case: Case) -> Verdict | None:
    """Without a complaint of its own it may still run on old content: its source is suspended or fails."""
    if case.failure is not None or case.row.health not in (Health.READY, Health.PROGRESSING):
        return None
    steps = [step(link) for link in case.targets(Relation.SOURCE, Relation.GENERATES) if not link.optional]
    if case.row.kind == "ResourceSet":
        steps = _inputs(case)
    return look(*steps) if steps else None


def _inputs(case: Case) -> list[Step]:
    """The providers whose values it keeps using, by name and by the labels it selects them with."""
    named = [step(link) for link in case.targets(Relation.CONFIG) if link.row.kind == _INPUTS]
    selectors = [
        (f"spec.inputsFrom[{index}].selector", mapping(mapping(entry).get("selector")).get("matchLabels"))
        for index, entry in enumerate(sequence(case.spec.get("inputsFrom")))
    ]
    chosen = [(field, labels) for field, labels in selectors if isinstance(labels, dict) and labels]
    rows = case.scene.of_kind(_INPUTS, group=OPERATOR_GROUP, namespace=case.row.namespace) if chosen else []
    return named + [
        Step(row, Relation.CONFIG.value, field)
        for row in rows
        for field, labels in chosen
        if labels.items() <= row.labels.items()
    ]

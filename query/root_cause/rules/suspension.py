"""Objects that were told to pause, and appliers that run on a source that stands still."""

from __future__ import annotations

from mirror.clock import to_rfc3339
from mirror.records import Health, Relation
from query.root_cause.case import Case
from query.root_cause.commands import resume
from query.root_cause.rules.common import found, step
from query.root_cause.verdicts import CauseClass, Proof, Verdict, blame, look

__all__ = ["still_source", "suspended"]


_INPUTS = "ResourceSetInputProvider"


def suspended(case: Case) -> Verdict | None:
    """The way to the cause leads here and the object is paused: nothing gets better before it is resumed."""
    if case.row.health != Health.SUSPENDED:
        return None
    last = case.conditions.get("Ready")
    held = f", at revision {case.row.revision}" if case.row.revision else ""
    state = f"; Ready={last.status} {last.reason}: {last.message}" if last else ""
    when = f" since {to_rfc3339(last.since)}" if last and last.since else ""
    return blame(
        found(
            case,
            CauseClass.SUSPENDED,
            resume(case.row),
            field="spec.suspend" if case.spec.get("suspend") is True else "metadata.annotations",
            reason="Suspended",
            message=f"{case.row.kind} is suspended and changes nothing any more{held}{state}",
            since=None,
            proofs=(Proof(case.row, "condition", f"suspended, last reported{when}{state}"),),
        )
    )


def still_source(case: Case) -> Verdict | None:
    """Without a complaint of its own it may still run on old content: its source is suspended or fails."""
    if case.failure is not None or case.row.health not in (Health.READY, Health.PROGRESSING):
        return None
    links = case.targets(Relation.SOURCE, Relation.GENERATES)
    if case.row.kind == "ResourceSet":
        links = [link for link in case.targets(Relation.CONFIG) if link.row.kind == _INPUTS]
    fed = [link for link in links if not link.optional]
    return look(*(step(link) for link in fed)) if fed else None

"""What a rule can say about one object: it is to blame, look over there, or nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from mirror.store.rows import ObjectRow

__all__ = ["CauseClass", "Found", "Proof", "Step", "Verdict", "blame", "look"]


class CauseClass(StrEnum):
    """What is wrong with the object of a cause."""

    MISSING = "Missing"
    """It is referred to and does not exist."""
    INVALID = "Invalid"
    """One of its fields is wrong."""
    DENIED = "Denied"
    """It does not allow what somebody needs: RBAC, quota, credentials, admission."""
    FAILED = "Failed"
    """What it was asked to do failed, for a reason that is in its content or in its message."""
    SUSPENDED = "Suspended"
    STALE = "Stale"
    """It stopped following its origin although nothing reports an error."""
    CYCLE = "Cycle"
    """It waits for itself through others."""
    WORKLOAD = "Workload"
    """Its containers cannot start, do not stay up or do not become ready."""
    EXTERNAL = "External"
    """Something outside of the cluster does not answer."""
    CONTROLLER_DOWN = "ControllerDown"


class Step(NamedTuple):
    """One hop of a path. relation, field: the edge that leads to `row` from the step before."""

    row: ObjectRow
    relation: str = ""
    field: str = ""


class Proof(NamedTuple):
    """One piece of evidence. kind: condition, event, history or reference. at: wall seconds."""

    row: ObjectRow
    kind: str
    text: str
    at: float | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A first broken object.

    object: what a person must change or restore. field: dotted path in `object` when one field is wrong.
    tail: steps from the judged object to where the trouble shows; they need not end at `object`.
    since: wall seconds; None when nothing says so.
    shared: an outside fact (a host) that makes findings on different objects one and the same incident.
    """

    object: ObjectRow
    class_: CauseClass
    reason: str
    message: str
    next_step: str
    field: str = ""
    since: float | None = None
    tail: tuple[Step, ...] = ()
    proofs: tuple[Proof, ...] = ()
    shared: str = ""


class Verdict(NamedTuple):
    """found: blamed outright. look: neighbours that may know more, judged next.

    otherwise: blamed when no neighbour turns out to be broken; without it such an object is in transition.
    hidden: what would have been needed and could not be seen, `staging: secrets: forbidden`.
    over: whatever the object says happened before, and nobody waits for it any more.
    A verdict with nothing in it means that nothing is wrong here.
    """

    found: tuple[Found, ...] = ()
    look: tuple[Step, ...] = ()
    otherwise: tuple[Found, ...] = ()
    hidden: tuple[str, ...] = ()
    over: bool = False


def blame(*found: Found) -> Verdict:
    return Verdict(found=found)


def look(*steps: Step, otherwise: Found | None = None) -> Verdict:
    return Verdict(look=steps, otherwise=(otherwise,) if otherwise else ())

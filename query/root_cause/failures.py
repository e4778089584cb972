"""What the last finished attempt of an object reported, whatever it is doing at this moment."""

from __future__ import annotations

from collections.abc import Iterator

from mirror.clock import parse_time
from mirror.flux.conditions import Condition
from mirror.flux.fields import mapping, sequence, text
from mirror.flux.kinds import KUSTOMIZE_GROUP, OPERATOR_GROUP
from mirror.keys import GroupKind
from mirror.records import Health
from mirror.store.rows import EventRow
from query.root_cause.case import Case, Failure
from query.root_cause.patterns import headline, normalise
from query.root_cause.verdicts import Proof

__all__ = ["failures"]

REMEDIATED = frozenset(
    {
        "MissingRollbackTarget",
        "RetriesExceeded",
        "RollbackFailed",
        "RollbackSucceeded",
        "UninstallFailed",
        "UninstallSucceeded",
    }
)
"""Reasons of a HelmRelease's Ready=False that tell what was done about a failure, not what failed."""

NOT_A_RESULT = frozenset({"DriftDetected", "DriftCorrected", "RollbackSucceeded", "UninstallSucceeded"})
"""Event reasons that neither mean that an attempt failed nor that it succeeded."""

SUCCESSES = frozenset({"NewArtifact", "ArtifactUpToDate"})
"""Event reasons of a good attempt that do not end in `Succeeded`."""

_JUDGED_BY_ROW = frozenset({"", "apps", "batch"})
"""Groups whose kinds have no Ready condition that says more than their row."""

_REMEMBERING = frozenset(
    {
        GroupKind(KUSTOMIZE_GROUP, "Kustomization"),
        GroupKind(OPERATOR_GROUP, "ResourceSet"),
        GroupKind(OPERATOR_GROUP, "FluxInstance"),
    }
)
"""Kinds whose every success leaves an event and an entry in `status.history`, so that a Warning can be told
from an outdated one. helm-controller recovers from wrong values without a word."""

PASSING = frozenset(
    {"DependencyNotReady", "HealthCheckCanceled", "Progressing", "ProgressingWithRetry", "SourceNotReady"}
)
"""Reasons that a retry can put in the place of what failed before."""


def failures(case: Case) -> Iterator[Failure | None]:
    """What the object's last finished attempt reported, the most telling first; None when it reports nothing.

    Controllers turn Ready to Unknown while they retry, and to a waiting reason while a dependency is busy:
    what failed is then only in other conditions and in events. Old reports of an object that is Ready, and
    events from before its last success, do not count.
    """
    row = case.row
    said: list[str] = []
    if row.health != Health.READY and row.present and row.group not in _JUDGED_BY_ROW:
        for failure in _reported(case):
            # Healthy=False repeats the tail of Ready=False, and an event repeats either of them.
            known = normalise(failure.message)
            if not any(known in text_ for text_ in said):
                said.append(known)
                yield failure
    if not said:
        yield None


def _reported(case: Case) -> Iterator[Failure]:
    final = False
    for condition in _failed_conditions(case.conditions):
        final = final or condition.reason not in PASSING
        text_ = f"{condition.type}={condition.status} {condition.reason}: {condition.message}"
        proof = Proof(case.row, "condition", text_, condition.since)
        yield Failure(condition.reason, condition.message, condition.since, proof)
    if not final and case.kind in _REMEMBERING:
        event = _failed_event(case)
        if event is not None:
            message = headline(event.message)
            proof = Proof(case.row, "event", f"{event.type} {event.reason}: {message}", event.last_at)
            yield Failure(event.reason, message, event.first_at, proof)


def _failed_conditions(found: dict[str, Condition]) -> list[Condition]:
    ready = found.get("Ready")
    others = [found[name] for name in ("Released", "Healthy") if name in found and found[name].false]
    if ready is None or not ready.false:
        return others
    if ready.reason in REMEDIATED:
        return others or [ready]
    return [ready, *others] if ready.reason in PASSING else [ready]


def _failed_event(case: Case) -> EventRow | None:
    """The newest Warning, when nothing has succeeded since."""
    for event in case.events():
        if event.reason in NOT_A_RESULT:
            continue
        if event.reason.endswith("Succeeded") or event.reason in SUCCESSES:
            return None
        if event.type == "Warning":
            return None if _succeeded_since(case, event.last_at) else event
    return None


def _succeeded_since(case: Case, at: float) -> bool:
    latest = mapping(next(iter(sequence(case.status.get("history"))), None))
    if text(latest.get("lastReconciledStatus")) != "ReconciliationSucceeded":
        return False
    when = parse_time(text(latest.get("lastReconciled")))
    return when is not None and when >= at

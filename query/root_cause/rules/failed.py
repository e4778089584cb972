"""The last word: an object that says itself that it failed, when no other rule knows more."""

from __future__ import annotations

from mirror.flux.conditions import STALLED
from mirror.flux.kinds import Category, flux_kind
from mirror.records import Health, Relation
from query.root_cause.case import Case
from query.root_cause.commands import called, kubectl, reconcile
from query.root_cause.rules.common import found
from query.root_cause.verdicts import CauseClass, Found, Verdict, blame

__all__ = ["WAITING", "failed", "failed_itself"]

WAITING = frozenset(
    {
        "DependencyNotReady",
        "SourceNotReady",
        "NoSourceArtifact",
        "SourceUnavailable",
        "HealthCheckFailed",
        "HealthCheckCanceled",
        "Progressing",
        "ProgressingWithRetry",
    }
)
"""Reasons that speak of somebody else; an object with one of them is never to blame itself."""


def failed_itself(case: Case) -> Verdict | None:
    """Blames the object, unless it only waits or is on its way."""
    if case.reason in WAITING or (case.failure is None and case.row.health != Health.FAILED):
        return None
    return blame(failed(case))


def failed(case: Case) -> Found:
    """The object, in its own words."""
    return found(case, CauseClass.FAILED, _next_step(case), message=case.message.strip())


def _next_step(case: Case) -> str:
    kind = flux_kind(case.kind)
    if kind is None:
        return f"look at {called(case.row)}: {kubectl(case.row, 'describe')}"
    flags = ["--with-source"] if kind.category is Category.APPLIER and kind.kind != "ResourceSet" else []
    stalled = case.conditions.get(STALLED)
    if kind.kind == "HelmRelease" and stalled is not None and stalled.true:
        flags.append("--reset")  # it has used up its retries
    source = next((link.row for link in case.targets(Relation.SOURCE) if link.row.present), None)
    where = f" in the content of {called(source)}" if source and kind.kind == "Kustomization" else ""
    return f"correct what the message names{where}, then: {reconcile(case.row, *flags)}"

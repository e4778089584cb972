"""Health: one verdict per object, from the object alone.

Flux kinds are read in the order Suspended, Terminating, Stalled, Ready False, generation not yet
observed, Ready Unknown, Ready True. Two things differ from kstatus on purpose: a False Ready
condition is a failure also while the controller retries, and a controller that waits for somebody
else is not broken itself.
"""

from __future__ import annotations

import re
from typing import Any, Final

from mirror.clock import parse_time
from mirror.flux.cluster_objects import CLUSTER_RULES
from mirror.flux.conditions import READY, RECONCILING, STALLED, Condition, conditions
from mirror.flux.fields import group_kind, integer, mapping, metadata, sequence, text
from mirror.flux.kinds import Category, FluxKind, Suspend, flux_kind
from mirror.flux.pods import judge_pod
from mirror.flux.verdict import Verdict, from_condition, observed_generation, terminating, unobserved
from mirror.flux.workloads import WORKLOAD_RULES
from mirror.keys import GroupKind
from mirror.records import Health

__all__ = ["Verdict", "judge", "waits"]

_NAMESPACE: Final = GroupKind("", "Namespace")
_RULES: Final = {**WORKLOAD_RULES, **CLUSTER_RULES, GroupKind("", "Pod"): judge_pod}

_WAITING: Final = frozenset(
    {
        "DependencyNotReady",
        "HealthCheckCanceled",
        "NoSourceArtifact",
        "SkippedDueToSchedule",
        "SourceNotReady",
    }
)
"""Reasons of a False Ready that blame nobody: somebody else is not ready, a newer revision has interrupted
the attempt, or its hour has not come."""

_SOURCE_ABSENT: Final = re.compile(
    r"artifact not found|\.source\.(?:toolkit\.fluxcd|extensions\.fluxcd)\.io \"[^\"]*\" not found"
)
_FAILED_ATTEMPT: Final = re.compile(r"Failed$|Error$|Denied$")


def judge(obj: dict[str, Any]) -> Verdict:
    """The health of any object, with reason, message, time and observed generation.

    Never raises: what cannot be read counts as absent, an object without a kind is UNKNOWN. Kinds
    whose state means nothing (ConfigMap, Secret, RBAC ...) are READY: they exist.
    """
    kind = group_kind(obj)
    if not kind.kind:
        return Verdict(Health.UNKNOWN)
    flux = flux_kind(kind)
    if flux is not None:
        return _judge_flux(obj, flux)
    leaving = None if kind == _NAMESPACE else terminating(obj)
    verdict = leaving or _RULES.get(kind, _judge_custom)(obj)
    return verdict.observing(observed_generation(obj))


def waits(condition: Condition) -> bool:
    """A False Ready condition that only says: not yet."""
    if condition.reason in _WAITING:
        return True
    return condition.reason == "ArtifactFailed" and _SOURCE_ABSENT.search(condition.message) is not None


def _judge_flux(obj: dict[str, Any], kind: FluxKind) -> Verdict:
    found = conditions(obj)
    ready = found.get(READY)
    observed = observed_generation(obj) if kind.observed_generation else None
    if observed is None and ready is not None:
        observed = ready.observed_generation
    if _suspended(obj, kind):
        # Its conditions are those of the moment it was suspended: worth showing, not worth trusting.
        verdict = Verdict(Health.SUSPENDED, "Suspended", ready.message if ready else "")
    else:
        # A FluxReport's controller writes its spec: it is always one generation behind itself.
        seen = None if kind.category is Category.REPORT else observed
        verdict = terminating(obj) or _judge_conditions(obj, kind, found, seen)
    return verdict.observing(observed)


def _suspended(obj: dict[str, Any], kind: FluxKind) -> bool:
    if kind.suspend is Suspend.FIELD:
        return mapping(obj.get("spec")).get("suspend") is True
    annotations = mapping(metadata(obj).get("annotations"))
    return text(annotations.get(kind.suspend_annotation)).lower() == "disabled"


def _judge_conditions(
    obj: dict[str, Any], kind: FluxKind, found: dict[str, Condition], observed: int | None
) -> Verdict:
    ready, stalled = found.get(READY), found.get(STALLED)
    if stalled is not None and stalled.true:
        return _judge_stalled(stalled, ready)
    if ready is None:
        return _judge_silent(obj, kind, found)
    if ready.false:
        return _judge_not_ready(ready)
    if ready.true:
        return unobserved(obj, observed) or from_condition(Health.READY, ready)
    return _judge_retry(obj, ready) or from_condition(Health.PROGRESSING, ready)


def _judge_stalled(stalled: Condition, ready: Condition | None) -> Verdict:
    """The controller has given up. Ready says why; Stalled often only how many times it tried."""
    if ready is None or not ready.false:
        return from_condition(Health.FAILED, stalled)
    verdict = _judge_not_ready(ready)._replace(health=Health.FAILED)
    if stalled.reason == ready.reason:
        return verdict
    return verdict._replace(message=f"{ready.message} ({stalled.reason}: {stalled.message})")


def _judge_silent(obj: dict[str, Any], kind: FluxKind, found: dict[str, Condition]) -> Verdict:
    """No Ready condition: fine for kinds that never have one, too early for the others."""
    static_repository = kind.kind == "HelmRepository" and mapping(obj.get("spec")).get("type") == "oci"
    if kind.static or static_repository:
        return Verdict(Health.READY)
    reconciling = found.get(RECONCILING)
    if reconciling is not None and reconciling.true:
        return from_condition(Health.PROGRESSING, reconciling)
    return Verdict(Health.UNKNOWN, "NoConditions", "no controller has reported on it yet")


def _judge_not_ready(ready: Condition) -> Verdict:
    return from_condition(Health.PROGRESSING if waits(ready) else Health.FAILED, ready)


def _judge_retry(obj: dict[str, Any], ready: Condition) -> Verdict | None:
    """FAILED for an object that is Unknown only because it tries the same failing thing again.

    A failing Kustomization alternates False, Unknown, False; its history remembers the outcome of
    the last attempt at this revision. A HelmRelease counts its failures and resets the counter
    when its chart, values or spec change.
    """
    status = mapping(obj.get("status"))
    latest = mapping(next(iter(sequence(status.get("history"))), None))
    outcome = text(latest.get("lastReconciledStatus"))
    if _FAILED_ATTEMPT.search(outcome):
        attempted = text(status.get("lastAttemptedRevision"))
        if attempted and attempted != text(mapping(latest.get("metadata")).get("revision")):
            return None
        # The entry's firstReconciled is of no use: it belongs to content, which older revisions may share.
        since = parse_time(text(latest.get("lastReconciled")))
        message = f"the last attempt failed, trying again: {ready.message}"
        return Verdict(Health.FAILED, outcome, message, since)
    released = conditions(obj).get("Released")
    same = status.get("lastAttemptedGeneration") == metadata(obj).get("generation")
    if released is not None and released.false and same and (integer(status.get("failures")) or 0) > 0:
        return from_condition(Health.FAILED, released)
    return None


def _judge_custom(obj: dict[str, Any]) -> Verdict:
    """kstatus's generic rule: what a kind without a rule of its own says through its conditions."""
    found = conditions(obj)
    gap = unobserved(obj)
    if gap is not None:
        return gap
    reconciling, stalled, ready = found.get(RECONCILING), found.get(STALLED), found.get(READY)
    if reconciling is not None and reconciling.true:
        return from_condition(Health.PROGRESSING, reconciling)
    if stalled is not None and stalled.true:
        return from_condition(Health.FAILED, stalled)
    if ready is not None and ready.true:
        return from_condition(Health.READY, ready)
    return Verdict(Health.READY) if ready is None else from_condition(Health.PROGRESSING, ready)

"""What is wrong with the object of a cause, in the words that come after its name."""

from __future__ import annotations

from query.results.answer import Cause

__all__ = ["verdict"]

_READY = "Ready"

_OF_CLASS = {
    "Missing": "is missing",
    "Invalid": "is invalid",
    "Denied": "is refused",
    "Failed": "failed",
    "Suspended": "is suspended",
    "Stale": "is stale",
    "Cycle": "is part of a dependency cycle",
    "Workload": "does not become ready",
    "External": "depends on something outside that fails",
    "ControllerDown": "is down",
}

_OF_REASON = {
    "DriftDetected": "has drifted",
    "DriftCorrected": "is changed again and again by somebody else",
    "ExistsAlready": "exists already and belongs to somebody else",
    "NoShard": "waits for a shard that no controller watches",
    "ScaledToZero": "is scaled to zero",
    "Terminating": "is being deleted and does not go away",
}
"""Reasons of ours that say more than the class of the cause."""

_OF_KIND = {
    ("Denied", "ClusterRole"): "does not allow what is needed",
    ("Denied", "ClusterRoleBinding"): "does not allow what is needed",
    ("Denied", "LimitRange"): "does not allow what is needed",
    ("Denied", "ResourceQuota"): "does not allow what is needed",
    ("Denied", "Role"): "does not allow what is needed",
    ("Denied", "RoleBinding"): "does not allow what is needed",
    ("Denied", "ServiceAccount"): "may not do what it is used for",
    ("External", "ConfigMap"): "leads to something outside that fails",
    ("External", "Secret"): "leads to something outside that fails",
    ("Workload", "CronJob"): "fails",
    ("Workload", "Job"): "failed",
}
"""What the class of a cause means where it is not the object itself that does it."""

_SPOKEN = frozenset({*_OF_REASON, "DependencyCycle", "NotFound"})
"""Reasons that the words say already."""


def verdict(cause: Cause) -> str:
    """`is invalid in spec.ref.branch (GitOperationFailed)`: words for a sentence, then the reason if it adds
    anything to them."""
    words = _words(cause)
    told = cause.reason in _SPOKEN or cause.reason.lower() in words
    return words if told or not cause.reason else f"{words} ({cause.reason})"


def _words(cause: Cause) -> str:
    known = _OF_REASON.get(cause.reason) or _OF_KIND.get((cause.class_, cause.object.kind))
    if known is not None:
        return known
    if cause.class_ == "Invalid" and cause.field:
        return f"is invalid in {cause.field}"
    if cause.class_ == "Workload" and _runs(cause):
        return "did not become ready"
    return _OF_CLASS.get(cause.class_, f"is {cause.class_}")


def _runs(cause: Cause) -> bool:
    """It is ready by now: what failed was taken back."""
    own = [step for step in cause.path if step.object == cause.object]
    return bool(own) and own[-1].health == _READY

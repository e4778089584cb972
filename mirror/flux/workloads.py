"""Workloads: the built-in controllers that keep Pods running.

The rules are kstatus's (cli-utils pkg/kstatus), with its reason words. Where kstatus waits for ever
(a quota refuses every new Pod) or calls a failure current (a failed Job), the verdict is FAILED.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mirror.clock import parse_time
from mirror.flux.conditions import Condition, conditions
from mirror.flux.fields import integer, mapping, sequence, text
from mirror.flux.verdict import Verdict, from_condition, observed_generation, unobserved
from mirror.keys import GroupKind
from mirror.records import Health

__all__ = ["WORKLOAD_RULES"]

_SCALED_TO_ZERO: Final = "ScaledToZero"
_PAUSED: Final = "DeploymentPaused"


def _count(obj: dict[str, Any], field: str) -> int:
    return integer(mapping(obj.get("status")).get(field)) or 0


def _wanted(obj: dict[str, Any]) -> int:
    """`spec.replicas`, which defaults to 1."""
    replicas = integer(mapping(obj.get("spec")).get("replicas"))
    return 1 if replicas is None else replicas


def _progressing(reason: str, message: str, since: float | None = None) -> Verdict:
    return Verdict(Health.PROGRESSING, reason, message, since)


def _short(since: float | None, *counts: tuple[str, str, int, int]) -> Verdict | None:
    """PROGRESSING for the first (reason, word, there, needed) of which there are fewer than needed."""
    for reason, word, there, needed in counts:
        if there < needed:
            return _progressing(reason, f"{word}: {there}/{needed}", since)
    return None


def _running(wanted: int, since: float | None = None) -> Verdict:
    reason = "" if wanted else _SCALED_TO_ZERO
    return Verdict(Health.READY, reason, f"replicas: {wanted}", since)


def _refused(found: dict[str, Condition]) -> Verdict | None:
    """FAILED when Pods cannot be created: quota, missing ServiceAccount, admission."""
    failure = found.get("ReplicaFailure")
    return from_condition(Health.FAILED, failure) if failure is not None and failure.true else None


def _judge_deployment(obj: dict[str, Any]) -> Verdict:
    found = conditions(obj)
    progress, available = found.get("Progressing"), found.get("Available")
    early = _refused(found) or unobserved(obj)
    if early is not None:
        return early
    if progress is not None and progress.reason == "ProgressDeadlineExceeded":
        return from_condition(Health.FAILED, progress)
    wanted, replicas, updated = _wanted(obj), _count(obj, "replicas"), _count(obj, "updatedReplicas")
    moved = _last_progress(obj)
    short = _short(
        moved,
        ("LessReplicas", "replicas", replicas, wanted),
        ("LessUpdated", "updated", updated, wanted),
        ("ExtraPods", "pods needed", wanted, replicas),
        ("LessAvailable", "available", _count(obj, "availableReplicas"), updated),
        ("LessReady", "ready", _count(obj, "readyReplicas"), wanted),
    )
    if short is not None:
        return short
    if progress is not None and progress.reason != "NewReplicaSetAvailable":
        # Paused: all Pods are there, and none of a later template ever will be.
        reason = progress.reason if progress.reason == _PAUSED else "ReplicaSetNotAvailable"
        return _progressing(reason, "the new ReplicaSet is not available", moved)
    if available is not None and not available.true:
        return from_condition(Health.PROGRESSING, available)
    return _running(wanted, available.since if available else None)


def _last_progress(obj: dict[str, Any]) -> float | None:
    """When the rollout last moved: Progressing keeps its transition time over many rollouts."""
    for entry in sequence(mapping(obj.get("status")).get("conditions")):
        if mapping(entry).get("type") == "Progressing":
            return parse_time(text(entry.get("lastUpdateTime")))
    return None


def _judge_stateful_set(obj: dict[str, Any]) -> Verdict:
    strategy = mapping(mapping(obj.get("spec")).get("updateStrategy"))
    gap, wanted, replicas = unobserved(obj), _wanted(obj), _count(obj, "replicas")
    if gap is not None:
        return gap
    if strategy.get("type") == "OnDelete":
        return _running(wanted)
    short = _short(
        None,
        ("LessReplicas", "replicas", replicas, wanted),
        ("LessReady", "ready", _count(obj, "readyReplicas"), wanted),
        ("ExtraPods", "pods needed", wanted, replicas),
    )
    return short or _stateful_rollout(obj, strategy, wanted) or _running(wanted)


def _stateful_rollout(obj: dict[str, Any], strategy: dict[str, Any], wanted: int) -> Verdict | None:
    """PROGRESSING until every replica above the partition has the new revision."""
    status, updated = mapping(obj.get("status")), _count(obj, "updatedReplicas")
    partition = integer(mapping(strategy.get("rollingUpdate")).get("partition"))
    if partition:
        return _short(None, ("PartitionRollout", "updated", updated, wanted - partition))
    if status.get("currentRevision") != status.get("updateRevision"):
        return _progressing("RevisionMismatch", f"updated: {updated}/{wanted}")
    return None


def _judge_daemon_set(obj: dict[str, Any]) -> Verdict:
    gap = unobserved(obj)
    if gap is not None:
        return gap
    if observed_generation(obj) is None:
        return _progressing("NoObservedGeneration", "the controller has not reported yet")
    wanted = _count(obj, "desiredNumberScheduled")
    short = _short(
        None,
        ("LessCurrent", "current", _count(obj, "currentNumberScheduled"), wanted),
        ("LessUpdated", "updated", _count(obj, "updatedNumberScheduled"), wanted),
        ("LessAvailable", "available", _count(obj, "numberAvailable"), wanted),
        ("LessReady", "ready", _count(obj, "numberReady"), wanted),
    )
    return short or Verdict(Health.READY, "", f"scheduled: {wanted}")


def _judge_replica_set(obj: dict[str, Any]) -> Verdict:
    early, wanted = _refused(conditions(obj)) or unobserved(obj), _wanted(obj)
    if early is not None:
        return early
    short = _short(
        None,
        ("LessLabelled", "labelled", _count(obj, "fullyLabeledReplicas"), wanted),
        ("LessAvailable", "available", _count(obj, "availableReplicas"), wanted),
        ("LessReady", "ready", _count(obj, "readyReplicas"), wanted),
        ("ExtraPods", "pods needed", wanted, _count(obj, "replicas")),
    )
    return short or _running(wanted)


def _judge_job(obj: dict[str, Any]) -> Verdict:
    """As Flux judges Jobs: complete is READY, failed is FAILED, started is not enough."""
    found = conditions(obj)
    for type_, health in (
        ("Complete", Health.READY),
        ("Failed", Health.FAILED),
        ("FailureTarget", Health.FAILED),
    ):
        condition = found.get(type_)
        if condition is not None and condition.true:
            return from_condition(health, condition)
    paused = found.get("Suspended")
    if mapping(obj.get("spec")).get("suspend") is True:
        return Verdict(Health.SUSPENDED, "Suspended", since=paused.since if paused else None)
    status = mapping(obj.get("status"))
    counts = f"active: {_count(obj, 'active')}, failed: {_count(obj, 'failed')}"
    return _progressing("InProgress", counts, parse_time(text(status.get("startTime"))))


def _judge_cron_job(obj: dict[str, Any]) -> Verdict:
    paused = mapping(obj.get("spec")).get("suspend") is True
    return Verdict(Health.SUSPENDED, "Suspended") if paused else Verdict(Health.READY)


WORKLOAD_RULES: Final[dict[GroupKind, Callable[[dict[str, Any]], Verdict]]] = {
    GroupKind("apps", "Deployment"): _judge_deployment,
    GroupKind("apps", "StatefulSet"): _judge_stateful_set,
    GroupKind("apps", "DaemonSet"): _judge_daemon_set,
    GroupKind("apps", "ReplicaSet"): _judge_replica_set,
    GroupKind("batch", "Job"): _judge_job,
    GroupKind("batch", "CronJob"): _judge_cron_job,
}
"""The rule of every kind of this module, by group and kind; Pods have a module of their own."""

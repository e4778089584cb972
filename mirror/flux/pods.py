"""Pods: the signals that say why a container does not run.

kstatus calls a failed Pod "current", because it is final; here it is FAILED.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from mirror.clock import parse_time
from mirror.flux.conditions import READY, Condition, conditions
from mirror.flux.fields import integer, mapping, sequence, text
from mirror.flux.verdict import Verdict, from_condition
from mirror.records import Health

__all__ = ["IMAGE_WAITS", "judge_pod"]

IMAGE_WAITS: Final = frozenset(
    {
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RegistryUnavailable",
    }
)
"""Waiting reasons of a container whose image cannot be had."""

_FAILING_WAITS: Final = IMAGE_WAITS | {
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "StartError",
}


class _Container(NamedTuple):
    """The parts of one container status that a verdict needs."""

    name: str
    ready: bool
    restarts: int
    waiting: dict[str, Any]
    terminated: dict[str, Any]
    last: dict[str, Any]

    @classmethod
    def read(cls, status: object) -> _Container:
        fields = mapping(status)
        state, last = mapping(fields.get("state")), mapping(fields.get("lastState"))
        return cls(
            text(fields.get("name")),
            fields.get("ready") is True,
            integer(fields.get("restartCount")) or 0,
            mapping(state.get("waiting")),
            mapping(state.get("terminated")),
            mapping(last.get("terminated")),
        )


def judge_pod(obj: dict[str, Any]) -> Verdict:
    """Phase, containers, scheduling, readiness, in this order; without a phase UNKNOWN.

    Unschedulable is FAILED at once: this function has no clock, so that a Pod waiting for a new node is
    told from one that waits in vain by `since` alone.
    """
    status = mapping(obj.get("status"))
    phase = text(status.get("phase"))
    found = conditions(obj)
    ready = found.get(READY)
    since = ready.since if ready else None
    if phase == "Succeeded":
        return Verdict(Health.READY, "Completed", since=since)
    containers = [
        _Container.read(entry)
        for field in ("initContainerStatuses", "containerStatuses")
        for entry in sequence(status.get(field))
    ]
    if phase == "Failed":
        return _judge_failed(status, containers, since)
    failure = next((v for c in containers if (v := _judge_container(c, since)) is not None), None)
    if failure is not None:
        return failure
    scheduled = found.get("PodScheduled")
    if scheduled is not None and scheduled.false:
        health = Health.PROGRESSING if scheduled.reason == "SchedulingGated" else Health.FAILED
        return from_condition(health, scheduled)
    return _judge_phase(phase, ready, containers)


def _judge_failed(status: dict[str, Any], containers: list[_Container], since: float | None) -> Verdict:
    """Phase Failed: the Pod's own reason (Evicted, NodeLost), else that of the container that failed."""
    reason, message = text(status.get("reason")), text(status.get("message"))
    if reason:
        return Verdict(Health.FAILED, reason, message, since)
    for container in containers:
        if integer(container.terminated.get("exitCode")):
            return _exited(container, container.terminated, since)
    return Verdict(Health.FAILED, "Failed", message, since)


def _judge_container(container: _Container, since: float | None) -> Verdict | None:
    """FAILED when this container cannot start, has failed, or came back from a failure and is not ready."""
    reason = text(container.waiting.get("reason"))
    if reason in _FAILING_WAITS:
        message = _told(container, text(container.waiting.get("message")) or reason)
        if text(container.last.get("reason")) == "OOMKilled":
            reason = "OOMKilled"
        return Verdict(Health.FAILED, reason, message + _last_exit(container), since)
    if integer(container.terminated.get("exitCode")):
        return _exited(container, container.terminated, since)
    if not container.ready and container.restarts and integer(container.last.get("exitCode")):
        # Between two crashes a container runs for a while; that does not make it healthy.
        return _exited(container, container.last, since)
    return None


def _judge_phase(phase: str, ready: Condition | None, containers: list[_Container]) -> Verdict:
    if phase == "Running" and ready is not None and ready.true:
        return Verdict(Health.READY, "Running", since=ready.since)
    if phase not in ("Running", "Pending"):
        return Verdict(Health.UNKNOWN, phase or "NoStatus")
    waiting = next((c for c in containers if c.waiting), None)
    since = ready.since if ready else None
    if waiting is not None and text(waiting.waiting.get("reason")):
        message = _told(waiting, text(waiting.waiting.get("message")))
        return Verdict(Health.PROGRESSING, text(waiting.waiting.get("reason")), message, since)
    if ready is None:
        return Verdict(Health.PROGRESSING, phase)
    return from_condition(Health.PROGRESSING, ready)


def _exited(container: _Container, terminated: dict[str, Any], since: float | None) -> Verdict:
    reason = text(terminated.get("reason")) or "Error"
    message = text(terminated.get("message")).strip()
    told = _told(container, f"exit code {integer(terminated.get('exitCode'))}, {container.restarts} restarts")
    began = since if since is not None else parse_time(text(terminated.get("finishedAt")))
    return Verdict(Health.FAILED, reason, f"{told}: {message}" if message else told, began)


def _last_exit(container: _Container) -> str:
    if not container.last:
        return ""
    reason, code = text(container.last.get("reason")), integer(container.last.get("exitCode"))
    return f"; last exit: {reason or 'unknown'} ({code})"


def _told(container: _Container, message: str) -> str:
    return f"container {container.name}: {message}" if message else f"container {container.name}"

"""Built-in kinds other than workloads whose status means something.

The rules are kstatus's (cli-utils pkg/kstatus) where it has one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mirror.clock import parse_time
from mirror.flux.conditions import conditions
from mirror.flux.fields import mapping, metadata, text
from mirror.flux.verdict import TERMINATING, Verdict, from_condition
from mirror.keys import GroupKind
from mirror.records import Health

__all__ = ["CLUSTER_RULES"]


def _judge_claim(obj: dict[str, Any]) -> Verdict:
    phase = text(mapping(obj.get("status")).get("phase"))
    storage_class = text(mapping(obj.get("spec")).get("storageClassName"))
    message = f"storage class {storage_class}" if storage_class else ""
    created = parse_time(text(metadata(obj).get("creationTimestamp")))
    if phase == "Bound":
        return Verdict(Health.READY, phase)
    if phase == "Lost":
        return Verdict(Health.FAILED, phase, "the volume it was bound to is gone")
    return Verdict(Health.PROGRESSING, phase or "Pending", message, created)


def _judge_node(obj: dict[str, Any]) -> Verdict:
    """READY with reason SchedulingDisabled when cordoned; a pressure condition is named the same way."""
    found = conditions(obj)
    ready = found.get("Ready")
    if ready is None:
        return Verdict(Health.UNKNOWN, "NoConditions")
    if not ready.true:
        return from_condition(Health.FAILED, ready)
    for type_ in ("DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable"):
        pressure = found.get(type_)
        if pressure is not None and pressure.true:
            return Verdict(Health.READY, type_, pressure.message, pressure.since)
    if mapping(obj.get("spec")).get("unschedulable") is True:
        return Verdict(Health.READY, "SchedulingDisabled", since=ready.since)
    return from_condition(Health.READY, ready)


def _judge_namespace(obj: dict[str, Any]) -> Verdict:
    """A namespace under deletion says what is left in it."""
    phase = text(mapping(obj.get("status")).get("phase"))
    if phase != TERMINATING:
        return Verdict(Health.READY, phase)
    deleted_at = parse_time(text(metadata(obj).get("deletionTimestamp")))
    left = [c.message for c in conditions(obj).values() if c.true and c.message]
    return Verdict(Health.PROGRESSING, phase, "; ".join(left), deleted_at)


def _judge_definition(obj: dict[str, Any]) -> Verdict:
    found = conditions(obj)
    accepted, established = found.get("NamesAccepted"), found.get("Established")
    if accepted is not None and accepted.false:
        return from_condition(Health.FAILED, accepted)
    if established is None:
        return Verdict(Health.PROGRESSING, "NotEstablished")
    return from_condition(Health.READY if established.true else Health.PROGRESSING, established)


CLUSTER_RULES: Final[dict[GroupKind, Callable[[dict[str, Any]], Verdict]]] = {
    GroupKind("", "PersistentVolumeClaim"): _judge_claim,
    GroupKind("", "Node"): _judge_node,
    GroupKind("", "Namespace"): _judge_namespace,
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): _judge_definition,
}
"""The rule of every kind of this module, by group and kind."""

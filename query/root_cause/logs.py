"""Where the words of a failing container are: the call that reads them. The words are never stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mirror.flux.fields import integer, mapping, sequence, text
from mirror.store.rows import ObjectRow
from query.results import ToolCall
from query.root_cause.scene import Scene
from query.root_cause.verdicts import CauseClass
from query.root_cause.walk import Trail

__all__ = ["LINES", "log_call"]

LINES = 50
"""Lines that the call asks for: the last ones say why a process has ended."""

_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"})
_TELLING = frozenset({CauseClass.WORKLOAD, CauseClass.CONTROLLER_DOWN, CauseClass.FAILED})


def log_call(scene: Scene, trail: Trail) -> ToolCall | None:
    """`get_kubernetes_logs` of the container that shows the trouble, of its previous run where it is between
    two. By workload where no Pod of it can be seen. None where nothing has run: an image that cannot be
    pulled, a Pod that fits nowhere.
    """
    found = trail.found
    if found.class_ not in _TELLING:
        return None
    pods = list(_pods(trail))
    for row in pods:
        spoken = _container(scene.document(row))
        if spoken is not None:
            name, previous = spoken
            return _call(row, container=name, **({"previous": True} if previous else {}))
    row = found.object
    if pods or found.class_ is not CauseClass.WORKLOAD or row.kind not in _WORKLOADS or not row.present:
        return None
    return _call(row)


def _pods(trail: Trail) -> Iterator[ObjectRow]:
    """The Pods that speak for the cause, the nearest to it first."""
    rows = [step.row for step in reversed(trail.steps)]
    rows += [proof.row for proof in trail.found.proofs]
    seen: set[int] = set()
    for row in rows:
        if row.kind == "Pod" and not row.group and row.present and row.id not in seen:
            seen.add(row.id)
            yield row


def _container(pod: dict[str, Any]) -> tuple[str, bool] | None:
    """(name, whether its previous run is meant) of the container that has most to tell; None without one."""
    status = mapping(pod.get("status"))
    every = [*sequence(status.get("initContainerStatuses")), *sequence(status.get("containerStatuses"))]
    spoken = [found for found in (_spoken(mapping(each)) for each in every) if found is not None]
    if not spoken:
        return None
    _, name, previous = min(spoken, key=lambda found: found[0])
    return name, previous


def _spoken(container: dict[str, Any]) -> tuple[int, str, bool] | None:
    """(how much it matters, name, previous) of a container that is not well and has run; else None."""
    name = text(container.get("name"))
    state, last = mapping(container.get("state")), mapping(container.get("lastState"))
    crashed = integer(mapping(last.get("terminated")).get("exitCode")) is not None
    if integer(mapping(state.get("terminated")).get("exitCode")):
        return 0, name, False
    if "waiting" in state:
        return (0, name, True) if crashed else None
    if "running" not in state or container.get("ready") is True:
        return None
    failed = bool(integer(mapping(last.get("terminated")).get("exitCode")))
    return (1, name, True) if failed else (2, name, False)


def _call(row: ObjectRow, **more: Any) -> ToolCall:
    arguments = {"cluster": row.cluster, "kind": row.kind, "name": row.name, "namespace": row.namespace}
    return ToolCall(tool="get_kubernetes_logs", arguments={**arguments, **more, "limit": LINES})

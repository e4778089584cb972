"""Where the words of a failing container are: the call that reads them. The words are never stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mirror.store.rows import ObjectRow
from query.results.answer import ToolCall
from query.root_cause.containers import spoken_container
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
    two. By workload where no Pod of it is known. None where nothing has run (an image that cannot be
    pulled, a Pod that fits nowhere) and where the Pod in trouble is gone, and its words with it.
    """
    found = trail.found
    if found.class_ not in _TELLING:
        return None
    pods = list(_pods(trail))
    for row in pods:
        spoken = spoken_container(scene.document(row))
        if spoken is not None:
            previous = {"previous": True} if spoken.previous else {}
            return _call(row, container=spoken.name, **previous)
    row = found.object
    if (
        pods
        or any(_is_pod(step.row) for step in trail.steps)
        or found.class_ is not CauseClass.WORKLOAD
        or row.kind not in _WORKLOADS
        or not row.present
    ):
        return None
    return _call(row)


def _is_pod(row: ObjectRow) -> bool:
    return row.kind == "Pod" and not row.group


def _pods(trail: Trail) -> Iterator[ObjectRow]:
    """The Pods that speak for the cause, the nearest to it first."""
    rows = [step.row for step in reversed(trail.steps)]
    rows += [proof.row for proof in trail.found.proofs]
    seen: set[int] = set()
    for row in rows:
        if _is_pod(row) and row.present and row.id not in seen:
            seen.add(row.id)
            yield row


def _call(row: ObjectRow, **more: Any) -> ToolCall:
    arguments = {"cluster": row.cluster, "kind": row.kind, "name": row.name, "namespace": row.namespace}
    return ToolCall(tool="get_kubernetes_logs", arguments={**arguments, **more, "limit": LINES})

"""A whole workload that stops working."""

from __future__ import annotations

from mirror.testing.scenarios import rollouts
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import Workload

__all__ = ["crashes"]


def crashes(
    stage: Stage, workload: Workload, reason: str = "Error", exit_code: int = 1, *, restarts: int = 7
) -> None:
    """Every container of a Deployment ends again and again; `OOMKilled` with 137 when memory is short."""
    for pod in workload.pods:
        rollouts.crashes(stage, pod, code=exit_code, reason=reason, restarts=restarts)
    _unavailable(stage, workload)


def _unavailable(stage: Stage, workload: Workload) -> None:
    """The Deployment and its ReplicaSet count that no Pod is ready."""
    none = {"readyReplicas": None, "availableReplicas": None}
    stage.patch(workload.replica_set, {"status": none})
    found = stage.get(workload.deployment)
    counts = {**none, "unavailableReplicas": found["spec"]["replicas"]}
    lacking = {
        "type": "Available",
        "status": "False",
        "reason": "MinimumReplicasUnavailable",
        "message": "Deployment does not have minimum availability.",
        "lastUpdateTime": stage.stamp,
        "lastTransitionTime": stage.stamp,
    }
    others = [item for item in found["status"]["conditions"] if item["type"] != "Available"]
    stage.patch(found, {"status": {**counts, "conditions": [lacking, *others]}})

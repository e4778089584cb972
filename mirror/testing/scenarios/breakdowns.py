"""Workloads that stop working: what kubelet, ReplicaSet and Deployment controllers write then."""

from __future__ import annotations

from mirror.testing.objects import JSON
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import Workload

__all__ = ["containers_wait", "crashes", "unavailable"]


def crashes(
    stage: Stage, workload: Workload, reason: str = "Error", exit_code: int = 1, *, restarts: int = 7
) -> None:
    """Every container ends again and again; `OOMKilled` with exit code 137 when it needs too much memory."""
    for pod in workload.pods:
        name = pod["spec"]["containers"][0]["name"]
        wait = "back-off 5m0s restarting failed container=" + f"{name} pod={pod['metadata']['name']}"
        ended = {
            "exitCode": exit_code,
            "reason": reason,
            "startedAt": stage.stamp,
            "finishedAt": stage.stamp,
        }
        containers_wait(stage, pod, "CrashLoopBackOff", wait, phase="Running", last=ended, restarts=restarts)
        text = f"Back-off restarting failed container {name} in pod {pod['metadata']['name']}"
        stage.event(pod, "BackOff", text, count=restarts)
    unavailable(stage, workload)


def containers_wait(
    stage: Stage,
    pod: Ref,
    reason: str,
    message: str,
    *,
    phase: str = "Pending",
    last: JSON | None = None,
    restarts: int = 0,
) -> JSON:
    """The first container of a Pod waits. last: how it ended before, `lastState.terminated`."""
    found = stage.get(pod)
    container = found["spec"]["containers"][0]
    status = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": restarts,
        "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": last} if last else {},
    }
    changed = {
        "status": {"phase": phase, "containerStatuses": [status], "conditions": _not_ready(stage, found)}
    }
    return stage.patch(pod, changed)


def unavailable(stage: Stage, workload: Workload, *, ready: int = 0) -> None:
    """The Deployment and its ReplicaSet count how few Pods are ready."""
    stage.patch(workload.replica_set, {"status": {"readyReplicas": ready, "availableReplicas": ready}})
    found = stage.get(workload.deployment)
    replicas = found["spec"]["replicas"]
    counts = {
        "replicas": replicas,
        "updatedReplicas": replicas,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": replicas - ready,
    }
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


def _not_ready(stage: Stage, pod: JSON) -> list[JSON]:
    """The Pod's conditions with Ready and ContainersReady turned False."""
    why = f"containers with unready status: [{pod['spec']['containers'][0]['name']}]"
    said = {
        "status": "False",
        "reason": "ContainersNotReady",
        "message": why,
        "lastTransitionTime": stage.stamp,
    }
    return [
        {**item, **said} if item["type"] in ("Ready", "ContainersReady") else item
        for item in pod["status"]["conditions"]
    ]

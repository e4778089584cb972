"""Workloads that get worse: new Pods that do not come up, as kubelet and Kubernetes' controllers report it.

The statuses are those of Kubernetes 1.35. Every function works on the objects as they are on stage now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mirror.testing.manifests import digest, obj
from mirror.testing.objects import JSON, merge
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import Workload

__all__ = [
    "cannot_pull",
    "crashes",
    "create_fails",
    "gives_up",
    "pod_of",
    "rolls_back",
    "rolls_out",
    "stays_unready",
    "waits_for_start",
]

_DEADLINE = 'ReplicaSet "{name}" has timed out progressing.'


def rolls_out(
    stage: Stage,
    workload: Workload,
    *,
    container: Mapping[str, Any] | None = None,
    pods: bool = True,
    **pod: Any,
) -> Workload:
    """A new template: a new ReplicaSet beside the old one, with one Pod that has not started yet.

    container: what changes of its container. pod: what changes of the Pod's spec. pods: False when the
    ReplicaSet cannot create any. In the answer the Pods are only the new ones.
    """
    found = stage.get(workload.deployment)
    template = found["spec"]["template"]
    first = {**template["spec"]["containers"][0], **(container or {})}
    spec = {**template["spec"], **pod, "containers": [first]}
    changed = stage.patch(found, {"spec": {"template": {"spec": spec}}})
    replica_set = _replica_set(stage, changed, 1 if pods else 0)
    if stage.exists(replica_set):  # the same template was tried before
        replica_set = merge(stage.get(replica_set), {key: replica_set[key] for key in ("spec", "status")})
    replica_set = stage.put(replica_set)
    made = (stage.put(pod_of(stage, replica_set)),) if pods else ()
    name = replica_set["metadata"]["name"]
    stage.event(changed, "ScalingReplicaSet", f"Scaled up replica set {name} from 0 to 1", warning=False)
    for item in made:
        told = f"Created pod: {item['metadata']['name']}"
        stage.event(replica_set, "SuccessfulCreate", told, warning=False)
    _rolling(stage, changed, name, surge=len(made))
    return Workload(stage.get(changed), replica_set, made)


def cannot_pull(stage: Stage, pod: Ref, why: str, *, reason: str = "ImagePullBackOff") -> JSON:
    """The image of a Pod's container cannot be had. why: what the registry or the resolver says."""
    found = stage.get(pod)
    image = found["spec"]["containers"][0]["image"]
    failed = f'Failed to pull image "{image}": {why}'
    back_off = f'Back-off pulling image "{image}": ErrImagePull: {why}'
    stage.event(found, "Failed", failed, count=3)
    stage.event(found, "Failed", f"Error: {reason}", count=3)
    stage.event(found, "BackOff", back_off, warning=False, count=5)
    return waits_for_start(stage, pod, reason, back_off)


def waits_for_start(stage: Stage, pod: Ref, reason: str, message: str) -> JSON:
    """A Pod's container has never started. Raises KeyError when the Pod is not on stage."""
    waiting: JSON = {"waiting": {"reason": reason, "message": message}}
    return _status(stage, pod, "Pending", waiting, {}, 0)


def crashes(
    stage: Stage, pod: Ref, *, code: int = 1, reason: str = "Error", restarts: int = 4, message: str = ""
) -> JSON:
    """A Pod's container has ended again and again; the kubelet waits before the next start."""
    found = stage.get(pod)
    metadata, container = found["metadata"], found["spec"]["containers"][0]["name"]
    place = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    told = f"back-off 1m20s restarting failed container={container} pod={place}"
    said = f"Back-off restarting failed container {container} in pod {place}"
    stage.event(found, "BackOff", said, count=restarts)
    ended = {"exitCode": code, "reason": reason, "startedAt": stage.stamp, "finishedAt": stage.stamp}
    if message:
        ended["message"] = message
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": told}}
    return _status(stage, pod, "Running", waiting, {"terminated": ended}, restarts)


def stays_unready(stage: Stage, pod: Ref, why: str, *, count: int = 12) -> JSON:
    """A Pod's container runs and fails its readiness probe. why: what the probe found."""
    stage.event(pod, "Unhealthy", f"Readiness probe failed: {why}", count=count)
    running = {"running": {"startedAt": stage.stamp}}
    return _status(stage, pod, "Running", running, {}, 0, started=True)


def create_fails(stage: Stage, workload: Workload, why: str, *, count: int = 14) -> None:
    """A ReplicaSet may not create Pods. why: the API server's refusal."""
    replica_set = stage.get(workload.replica_set)
    failure = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": why,
        "lastTransitionTime": stage.stamp,
    }
    stage.event(replica_set, "FailedCreate", f"Error creating: {why}", count=count)
    stage.patch(replica_set, {"status": {"conditions": [failure]}})
    deployment = stage.get(workload.deployment)
    kept = [item for item in deployment["status"]["conditions"] if item["type"] != "ReplicaFailure"]
    status = {"conditions": [*kept, {**failure, "lastUpdateTime": stage.stamp}], "unavailableReplicas": 1}
    stage.patch(deployment, {"status": status})


def gives_up(stage: Stage, workload: Workload) -> JSON:
    """The progress deadline of a Deployment has passed, ten minutes after the rollout began."""
    name = workload.replica_set["metadata"]["name"]
    return _progress(
        stage, workload.deployment, "False", "ProgressDeadlineExceeded", _DEADLINE.format(name=name)
    )


def rolls_back(stage: Stage, before: Workload, after: Workload) -> None:
    """The old template is back: the new ReplicaSet is empty, its Pods are gone."""
    for pod in after.pods:
        stage.remove(pod)
        told = f"Deleted pod: {pod['metadata']['name']}"
        stage.event(after.replica_set, "SuccessfulDelete", told, warning=False)
    name = after.replica_set["metadata"]["name"]
    told = f"Scaled down replica set {name} from 1 to 0"
    stage.event(after.deployment, "ScalingReplicaSet", told, warning=False)
    none = {"replicas": 0, "readyReplicas": None, "availableReplicas": None, "fullyLabeledReplicas": None}
    emptied = stage.patch(after.replica_set, {"spec": {"replicas": 0}})
    observed = {"observedGeneration": emptied["metadata"]["generation"]}
    stage.patch(after.replica_set, {"status": {**none, **observed}})
    template = before.deployment["spec"]["template"]
    restored = stage.patch(after.deployment, {"spec": {"template": template}})
    wanted = restored["spec"]["replicas"]
    counts = {
        "observedGeneration": restored["metadata"]["generation"],
        "replicas": wanted,
        "updatedReplicas": wanted,
        "readyReplicas": wanted,
        "availableReplicas": wanted,
        "unavailableReplicas": None,
    }
    stage.patch(after.deployment, {"status": counts})
    old = before.replica_set["metadata"]["name"]
    done = f'ReplicaSet "{old}" has successfully progressed.'
    _progress(stage, after.deployment, "True", "NewReplicaSetAvailable", done)


def pod_of(stage: Stage, owner: Ref, spec: JSON | None = None) -> JSON:
    """A scheduled Pod of a ReplicaSet or Job whose container has not started; not put on stage."""
    made_by = stage.get(owner)
    metadata = made_by["metadata"]
    suffix = digest(stage.cluster, metadata["name"], stage.stamp, length=5)
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    template = made_by["spec"]["template"]
    wanted = {"nodeName": stage.name("node-1"), **(spec or template["spec"])}
    made = obj(
        "v1",
        "Pod",
        metadata["namespace"],
        f"{metadata['name']}-{suffix}",
        stage.stamp,
        labels=template["metadata"]["labels"],
        owner=made_by,
        spec=wanted,
    )
    return {**made, "status": _pod_status(stage, made, "Pending", waiting, {}, 0)}


def _replica_set(stage: Stage, deployment: JSON, pods: int) -> JSON:
    metadata = deployment["metadata"]
    hash_ = digest(metadata["name"], deployment["spec"]["template"], length=10)
    selector = {**deployment["spec"]["selector"]["matchLabels"], "pod-template-hash": hash_}
    template = deployment["spec"]["template"]
    status: JSON = {"observedGeneration": 1, "replicas": pods}
    if pods:
        status["fullyLabeledReplicas"] = pods
    return obj(
        "apps/v1",
        "ReplicaSet",
        metadata["namespace"],
        f"{metadata['name']}-{hash_}",
        stage.stamp,
        labels=selector,
        generation=1,
        owner=deployment,
        spec={
            "replicas": 1,
            "selector": {"matchLabels": selector},
            "template": {**template, "metadata": {"labels": selector}},
        },
        status=status,
    )


def _rolling(stage: Stage, deployment: JSON, replica_set: str, *, surge: int) -> None:
    wanted = deployment["spec"]["replicas"]
    counts = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": wanted + surge,
        "updatedReplicas": surge or None,
        "readyReplicas": wanted,
        "availableReplicas": wanted,
        "unavailableReplicas": 1,
    }
    stage.patch(deployment, {"status": counts})
    told = f'ReplicaSet "{replica_set}" is progressing.'
    _progress(stage, deployment, "True", "ReplicaSetUpdated", told)


def _progress(stage: Stage, deployment: Ref, status: str, reason: str, message: str) -> JSON:
    """Progressing keeps its transition time as long as its status stays."""
    conditions = stage.get(deployment)["status"]["conditions"]
    before = next(item for item in conditions if item["type"] == "Progressing")
    since = before["lastTransitionTime"] if before["status"] == status else stage.stamp
    said = {
        "type": "Progressing",
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": stage.stamp,
        "lastTransitionTime": since,
    }
    kept = [item for item in conditions if item["type"] != "Progressing"]
    return stage.patch(deployment, {"status": {"conditions": [*kept, said]}})


def _status(
    stage: Stage,
    pod: Ref,
    phase: str,
    state: JSON,
    last: JSON,
    restarts: int,
    *,
    started: bool = False,
) -> JSON:
    found = stage.get(pod)
    status = _pod_status(stage, found, phase, state, last, restarts, started=started)
    return stage.put({**found, "status": status})


def _pod_status(
    stage: Stage, pod: JSON, phase: str, state: JSON, last: JSON, restarts: int, *, started: bool = False
) -> JSON:
    """A scheduled Pod with one container that is not ready. Ready keeps its time while it stays False."""
    before = {item["type"]: item for item in pod.get("status", {}).get("conditions", ())}
    container = pod["spec"]["containers"][0]
    unready = f"containers with unready status: [{container['name']}]"
    conditions = []
    for type_, status in (
        ("PodScheduled", "True"),
        ("Initialized", "True"),
        ("ContainersReady", "False"),
        ("Ready", "False"),
    ):
        old = before.get(type_)
        since = old["lastTransitionTime"] if old and old["status"] == status else stage.stamp
        said = {"type": type_, "status": status, "lastTransitionTime": since}
        if status == "False":
            said |= {"reason": "ContainersNotReady", "message": unready}
        conditions.append(said)
    return {
        "phase": phase,
        "conditions": conditions,
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": False,
                "started": started,
                "restartCount": restarts,
                "state": state,
                "lastState": last,
            }
        ],
    }

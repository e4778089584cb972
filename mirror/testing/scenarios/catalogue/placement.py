"""Faults that keep Pods from being placed or made, and Jobs that fail (41 to 43)."""

from __future__ import annotations

from typing import Any

from mirror.testing.manifests import obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.catalogue.pods import kustomizations_wait
from mirror.testing.scenarios.landscape import landscape
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import health_fails
from mirror.testing.scenarios.rollouts import create_fails, pod_of, rolls_out
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import deployment, service_account

__all__ = ["RECIPES"]


def _unschedulable(stage: Stage, pod: Ref, why: str) -> JSON:
    """The scheduler finds no node. Its Events have only an eventTime."""
    found = stage.get(pod)
    said = stage.event(found, "FailedScheduling", why, component="default-scheduler")
    timed = {"eventTime": said["lastTimestamp"], "firstTimestamp": None, "lastTimestamp": None, "count": None}
    stage.patch(said, {**timed, "source": None, "reportingComponent": "default-scheduler"})
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why}
    status = {"phase": "Pending", "conditions": [{**condition, "lastTransitionTime": stage.stamp}]}
    spec = {key: value for key, value in found["spec"].items() if key != "nodeName"}
    return stage.put({**found, "spec": spec, "status": status})


@recipe(41, "storage-class-missing", "A claim asks for a StorageClass that does not exist")
def storage_class_missing(stage: Stage) -> None:
    base = landscape(stage)
    name = stage.name("fast-ssd")
    stage.happens(1, "a commit gives the Deployment a volume")
    claim = stage.put(_claim(stage, "web-data", base.apps_space, name), by=base.apps)
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}}
    new = rolls_out(stage, base.web, volumes=[volume])
    stage.happens(2, "no volume can be made, so that the Pod fits nowhere")
    text = f'storageclass.storage.k8s.io "{name}" not found'
    stage.event(claim, "ProvisioningFailed", text, count=12)
    text = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
    _unschedulable(stage, new.pods[0], text)
    kustomizations_wait(stage, base, new)
    missing = obj("storage.k8s.io/v1", "StorageClass", "", name, stage.stamp)
    stage.root(missing, "Missing")
    stage.also_right(claim, "Invalid", "spec.storageClassName")
    stage.victims(claim)
    stage.path(base.root, base.apps, new.deployment, new.replica_set, *new.pods, claim, missing)


@recipe(41, "no-node-has-room", "No node has room for a Deployment's Pods")
def no_node_has_room(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit asks for more memory than any node has")
    wanted = {"resources": {"requests": {"memory": "512Gi"}}}
    new = rolls_out(stage, base.web, container=wanted)
    stage.happens(2, "the scheduler finds no node")
    text = (
        "0/5 nodes are available: 5 Insufficient memory. preemption: 0/5 nodes are available: "
        "5 No preemption victims found for incoming pod."
    )
    _unschedulable(stage, new.pods[0], text)
    kustomizations_wait(stage, base, new)
    stage.root(new.deployment, "Workload")


@recipe(42, "quota-exceeded", "A ResourceQuota leaves no room for new Pods")
def quota_exceeded(stage: Stage) -> None:
    base = landscape(stage)
    quota = _quota(stage, "compute", base.apps_space)
    stage.put(quota, by=base.apps)
    name = quota["metadata"]["name"]
    stage.happens(1, "a commit rolls the Deployment")
    new = rolls_out(stage, base.web, container={"args": ["--verbose"]}, pods=False)
    stage.happens(2, "the API server refuses its Pods")
    pod = f"{new.replica_set['metadata']['name']}-kr8lp"
    why = (
        f'pods "{pod}" is forbidden: exceeded quota: {name}, requested: pods=1, used: pods=3, limited: pods=3'
    )
    create_fails(stage, new, why)
    kustomizations_wait(stage, base, new)
    stage.root(quota, "Denied", "spec.hard")
    stage.also_right(new.deployment, "Workload")
    stage.path(base.root, base.apps, new.deployment, new.replica_set, quota)


@recipe(
    42, "service-account-missing", "A Deployment's Pods are to run as a ServiceAccount that does not exist"
)
def service_account_missing(stage: Stage) -> None:
    base = landscape(stage)
    account = service_account(stage, "cart", base.apps_space)
    name = account["metadata"]["name"]
    old = deployment(stage, "cart", base.apps_space, by=base.apps, serviceAccountName=name)
    stage.happens(1, "somebody deletes the ServiceAccount; a commit rolls the Deployment")
    stage.remove(account)
    new = rolls_out(stage, old, container={"args": ["--verbose"]}, pods=False)
    stage.happens(2, "the API server refuses its Pods")
    why = (
        f'pods "{new.replica_set["metadata"]["name"]}-" is forbidden: error looking up service account '
        f'{base.apps_space}/{name}: serviceaccount "{name}" not found'
    )
    create_fails(stage, new, why)
    kustomizations_wait(stage, base, new)
    stage.root(account, "Missing")
    stage.path(base.root, base.apps, new.deployment, new.replica_set, account)


@recipe(43, "job-failed", "A migration Job of a new version fails")
def job_failed(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit brings a Job")
    job = stage.put(_job(stage, "migrate", base.apps_space), by=base.apps)
    pod = stage.put(pod_of(stage, job))
    stage.event(job, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}", warning=False)
    stage.happens(2, "its Pod ends with an error, and there is no second try")
    _ends(stage, pod, 1)
    text = "Job has reached the specified backoff limit"
    stage.event(job, "BackoffLimitExceeded", text)
    ended = {"status": "True", "reason": "BackoffLimitExceeded", "message": text}
    at = {"lastProbeTime": stage.stamp, "lastTransitionTime": stage.stamp}
    conditions = [{"type": type_, **ended, **at} for type_ in ("FailureTarget", "Failed")]
    stage.patch(job, {"status": {"conditions": conditions, "failed": 1, "active": None, "ready": 0}})
    stage.happens(3, "the Kustomization does not wait any longer")
    health_fails(stage, base.apps, (), failed=[job])
    stage.happens(6, "the one above does, in vain")
    health_fails(stage, base.root, [base.apps])
    stage.symptom(base.root)
    stage.root(job, "Workload")
    stage.victims(base.root, base.apps, pod)
    stage.path(base.root, base.apps, job, pod)


def _claim(stage: Stage, word: str, space: str, storage_class: str) -> JSON:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": storage_class,
        "volumeMode": "Filesystem",
    }
    name = stage.name(word)
    status = {"phase": "Pending"}
    return obj("v1", "PersistentVolumeClaim", space, name, stage.stamp, spec=spec, status=status)


def _quota(stage: Stage, word: str, space: str) -> JSON:
    hard = {"pods": "3"}
    status = {"hard": hard, "used": {"pods": "3"}}
    return obj(
        "v1", "ResourceQuota", space, stage.name(word), stage.created, spec={"hard": hard}, status=status
    )


def _job(stage: Stage, word: str, space: str) -> JSON:
    name = stage.name(word)
    container = {"name": name, "image": f"registry.{stage.name('acme')}.example/{name}:2.15.0"}
    spec: dict[str, Any] = {
        "backoffLimit": 0,
        "completions": 1,
        "parallelism": 1,
        "template": {
            "metadata": {"labels": {"batch.kubernetes.io/job-name": name}},
            "spec": {"containers": [container], "restartPolicy": "Never"},
        },
    }
    status = {"startTime": stage.stamp, "active": 1, "ready": 0}
    return obj("batch/v1", "Job", space, name, stage.stamp, generation=1, spec=spec, status=status)


def _ends(stage: Stage, pod: Ref, code: int) -> JSON:
    """A Pod that is not to be started again ends."""
    found = stage.get(pod)
    ended = {"exitCode": code, "reason": "Error", "startedAt": stage.stamp, "finishedAt": stage.stamp}
    container = {**found["status"]["containerStatuses"][0], "state": {"terminated": ended}}
    conditions = [
        {**item, "reason": "PodFailed", "lastTransitionTime": stage.stamp}
        if item["status"] == "False"
        else item
        for item in found["status"]["conditions"]
    ]
    status = {"phase": "Failed", "conditions": conditions, "containerStatuses": [container]}
    return stage.put({**found, "status": status})


RECIPES: tuple[Recipe, ...] = (
    storage_class_missing,
    no_node_has_room,
    quota_exceeded,
    service_account_missing,
    job_failed,
)

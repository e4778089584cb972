"""A cluster in which much looks suspicious and nothing is broken: whoever blames something here is wrong."""

from __future__ import annotations

from mirror.clock import to_rfc3339
from mirror.testing.manifests import obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.landscape import Landscape, landscape, push
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.rollouts import pod_of, rolls_out
from mirror.testing.scenarios.sources import SOURCE
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import deployment

__all__ = ["RECIPES"]


@recipe(0, "busy-and-well", "Evictions, retries, pauses and a rollout, and nothing is wrong")
def busy_and_well(stage: Stage) -> None:
    base = landscape(stage)
    _odd_but_fine(stage, base)
    idle = deployment(stage, "idle", base.apps_space, by=base.apps)
    stage.happens(1, "a release is suspended for maintenance; nobody waits for it")
    stage.patch(base.ingress, {"spec": {"suspend": True}})
    stage.happens(3, "a Deployment is scaled to zero on purpose")
    _scaled_to_zero(stage, idle.deployment, idle.replica_set, *idle.pods)
    stage.happens(5, "a Pod is evicted, and its ReplicaSet has replaced it")
    _evicted(stage, base.web.replica_set)
    stage.happens(9, "a Job failed last night; this night's one is done")
    _nights(stage, base)
    stage.happens(12, "probes and the scheduler complain while Pods start, and are content by now")
    pod = base.web.pods[0]
    stage.event(pod, "Unhealthy", "Readiness probe failed: connect: connection refused", count=3)
    stage.event(pod, "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.", count=1)
    stage.event(base.source, "GitOperationFailed", "failed to checkout: context deadline exceeded")
    stage.happens(59, "a push arrives and is applied")
    push(stage, base)
    stage.happens(59.5, "a new Pod starts")
    rolling = rolls_out(stage, base.web, container={"image": f"{stage.name('web')}.example/web:2.15.0"})
    stage.symptom(rolling.deployment)
    stage.transient(rolling.deployment)


def _odd_but_fine(stage: Stage, base: Landscape) -> None:
    """Kinds that have no status, and a claim that waits for somebody to use it."""
    spec: JSON = {"interval": "1h0m0s", "type": "oci", "url": f"oci://charts.{stage.name('acme')}.example"}
    name = stage.name("oci-charts")
    made = obj(SOURCE, "HelmRepository", base.infra_space, name, stage.created, generation=1, spec=spec)
    stage.put(made, by=base.infra)
    provider = obj(
        "notification.toolkit.fluxcd.io/v1beta3",
        "Provider",
        base.system,
        stage.name("chat"),
        stage.created,
        spec={"type": "generic", "address": f"https://chat.{stage.name('acme')}.example/hook"},
    )
    provider = stage.put(provider, by=base.root)
    alert = obj(
        "notification.toolkit.fluxcd.io/v1beta3",
        "Alert",
        base.system,
        stage.name("on-call"),
        stage.created,
        spec={
            "providerRef": {"name": provider["metadata"]["name"]},
            "eventSeverity": "error",
            "eventSources": [{"kind": "Kustomization", "name": "*"}],
        },
    )
    stage.put(alert, by=base.root)


def _scaled_to_zero(stage: Stage, made: JSON, replica_set: JSON, *pods: JSON) -> None:
    for pod in pods:
        stage.remove(pod)
    counts = {"replicas": 0, "readyReplicas": None, "availableReplicas": None, "observedGeneration": 2}
    stage.patch(replica_set, {"spec": {"replicas": 0}, "status": {**counts, "fullyLabeledReplicas": None}})
    stage.patch(made, {"spec": {"replicas": 0}, "status": {**counts, "updatedReplicas": None}})


def _evicted(stage: Stage, replica_set: JSON) -> None:
    """What is left of a Pod that the kubelet has thrown out."""
    pod = pod_of(stage, replica_set)
    why = "The node was low on resource: memory."
    status = {"phase": "Failed", "reason": "Evicted", "message": why, "startTime": stage.stamp}
    stage.put({**pod, "status": status})
    stage.event(pod, "Evicted", why)


def _nights(stage: Stage, base: Landscape) -> None:
    """Two Jobs of one CronJob: an old one that failed, and its successor."""
    name = stage.name("nightly")
    container = {"name": name, "image": f"registry.{stage.name('acme')}.example/{name}:3"}
    template = {"metadata": {"labels": {"job": name}}, "spec": {"containers": [container]}}
    cron = obj(
        "batch/v1",
        "CronJob",
        base.apps_space,
        name,
        stage.created,
        generation=1,
        spec={"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": template}}},
        status={"lastScheduleTime": stage.stamp, "lastSuccessfulTime": stage.stamp},
    )
    cron = stage.put(cron, by=base.apps)
    failed = {
        "type": "Failed",
        "status": "True",
        "reason": "BackoffLimitExceeded",
        "message": "Job has reached the specified backoff limit",
    }
    done = {"type": "Complete", "status": "True"}
    last_night = to_rfc3339(stage.time - 86400)
    for number, outcome, at in ((29400000, failed, last_night), (29401440, done, stage.stamp)):
        job = obj(
            "batch/v1",
            "Job",
            base.apps_space,
            f"{name}-{number}",
            at,
            generation=1,
            owner=cron,
            spec={"backoffLimit": 2, "completions": 1, "parallelism": 1, "template": template},
            status={"conditions": [{**outcome, "lastTransitionTime": at}], "startTime": at},
        )
        stage.put(job)


RECIPES: tuple[Recipe, ...] = (busy_and_well,)

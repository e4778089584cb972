"""Workloads: from a Kustomization that waits, by ownership, to what has to change."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.store.changes import ScopeState
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask, States
from tests.query.root_cause.fleet import Document, condition
from tests.query.root_cause.verdicts import blamed, only, path

IMAGE = 'failed to pull image "registry.example.com/web:2": not found'


def applied(child: Document, *parts: Document) -> list[Document]:
    parent = fleet.kustomization("apps", state=fleet.unhealthy(child), children=[child])
    return [fleet.git(), parent, child, *parts]


def with_pod(**content: Any) -> list[Document]:
    web = fleet.deployment()
    owner = fleet.replica_set(web)
    return applied(web, owner, fleet.pod(owner, **content))


@pytest.mark.parametrize(
    ("content", "field", "advice"),
    [
        (
            {"state": fleet.waiting("ImagePullBackOff", IMAGE)},
            "spec.template.spec.containers[0].image",
            "correct the image",
        ),
        (
            {"state": fleet.waiting("ErrImagePull", "401 Unauthorized")},
            "spec.template.spec.containers[0].image",
            "imagePullSecret",
        ),
        ({"state": fleet.waiting("CrashLoopBackOff", "back-off 5m0s")}, "", "logs"),
        (
            {
                "state": fleet.waiting("CrashLoopBackOff", "back-off 5m0s"),
                "container": {"lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}},
            },
            "",
            "memory limit",
        ),
        (
            {
                "conditions": [
                    condition(
                        "PodScheduled",
                        "False",
                        "Unschedulable",
                        "0/5 nodes are available: 5 Insufficient cpu.",
                    )
                ]
            },
            "",
            "nodes",
        ),
    ],
)
def test_the_workload_is_to_blame_not_its_pod(
    ask: Ask, content: dict[str, Any], field: str, advice: str
) -> None:
    answer = ask(with_pod(**content), kind="ks", name="apps")
    assert blamed(answer) == ("Workload", "Deployment/apps/web", field)
    assert path(answer) == ["Kustomization", "Deployment", "ReplicaSet", "Pod"]
    assert advice in only(answer).next_step
    assert "Kustomization flux-system/apps" in only(answer).next_step


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_a_container_without_its_configuration(ask: Ask, kind: str) -> None:
    reference = {"configMapRef" if kind == "ConfigMap" else "secretRef": {"name": "settings"}}
    container = {"name": "web", "image": "registry.example.com/web:2", "envFrom": [reference]}
    state = fleet.waiting("CreateContainerConfigError", f'{kind.lower()} "settings" not found')
    answer = ask(with_pod(state=state, spec={"containers": [container]}), kind="ks", name="apps")
    assert blamed(answer) == ("Missing", f"{kind}/apps/settings", "")
    assert path(answer) == ["Kustomization", "Deployment", "ReplicaSet", "Pod", kind]


def test_a_volume_without_its_configuration(ask: Ask) -> None:
    """The Pod itself says only ContainerCreating."""
    volume = {"name": "settings", "configMap": {"name": "settings"}}
    objects = with_pod(state=fleet.waiting("ContainerCreating"), spec={"volumes": [volume]})
    mount = 'MountVolume.SetUp failed for volume "settings" : configmap "settings" not found'
    answer = ask([*objects, fleet.event(objects[-1], "FailedMount", mount)], kind="ks", name="apps")
    assert blamed(answer) == ("Missing", "ConfigMap/apps/settings", "")


def test_a_key_that_the_configuration_does_not_have(ask: Ask) -> None:
    key = {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "level"}}}
    container = {"name": "web", "image": "registry.example.com/web:2", "env": [key]}
    state = fleet.waiting("CreateContainerConfigError", "couldn't find key level in ConfigMap apps/settings")
    objects = with_pod(state=state, spec={"containers": [container]})
    answer = ask([*objects, fleet.plain("ConfigMap", "settings", data={})], kind="ks", name="apps")
    assert blamed(answer) == ("Invalid", "ConfigMap/apps/settings", "data.level")


@pytest.mark.parametrize(("minutes", "healthy"), [(1, False), (0, True)])
def test_probes_that_fail_for_longer_than_a_start(ask: Ask, minutes: int, healthy: bool) -> None:
    since = "2026-11-22T08:00:00Z" if minutes else "2099-01-01T00:00:00Z"
    not_ready = condition(
        "Ready", "False", "ContainersNotReady", "containers with unready status: [web]", since
    )
    objects = with_pod(phase="Running", state={"running": {}}, conditions=[not_ready])
    probe = fleet.event(
        objects[-1], "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500"
    )
    answer = ask([*objects, probe], kind="Pod", name=objects[-1]["metadata"]["name"])
    assert answer.healthy is healthy
    if not healthy:
        assert blamed(answer) == ("Workload", "Deployment/apps/web", "")
        assert "Readiness probe failed" in only(answer).message


REFUSED = 'pods "web-6d4b75cb6d-abcde" is forbidden: '


@pytest.mark.parametrize("by", ["condition", "event"])
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3",
            ("Denied", "ResourceQuota/apps/compute", "spec.hard"),
        ),
        (
            'error looking up service account apps/runner: serviceaccount "runner" not found',
            ("Missing", "ServiceAccount/apps/runner", ""),
        ),
        (
            "maximum memory usage per Container is 1Gi, but limit is 2Gi",
            ("Denied", "LimitRange/apps/limits", "spec.limits"),
        ),
        (
            'violates PodSecurity "restricted:latest": privileged',
            ("Denied", "Deployment/apps/web", "spec.template.spec"),
        ),
    ],
)
def test_pods_that_may_not_be_created(
    ask: Ask, by: str, message: str, expected: tuple[str, str, str]
) -> None:
    web = fleet.deployment()
    refusal = condition("ReplicaFailure", "True", "FailedCreate", REFUSED + message)
    owner = fleet.replica_set(web, *([refusal] if by == "condition" else []), pods=0)
    rest = [
        fleet.obj("v1", "ResourceQuota", "compute", spec={"hard": {"pods": "3"}}),
        fleet.obj("v1", "LimitRange", "limits", spec={"limits": []}),
        fleet.event(owner, "FailedCreate", f"Error creating: {REFUSED}{message}"),
    ]
    answer = ask([*applied(web, owner), *(rest if by == "event" else rest[:2])], kind="ks", name="apps")
    assert blamed(answer) == expected


@pytest.mark.parametrize("known", [True, False])
def test_a_claim_without_a_volume(ask: Ask, known: bool) -> None:
    claim = fleet.obj(
        "v1", "PersistentVolumeClaim", "data", spec={"storageClassName": "fast"}, status={"phase": "Pending"}
    )
    message = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    objects = with_pod(
        spec={"volumes": [volume]}, conditions=[condition("PodScheduled", "False", "Unschedulable", message)]
    )
    storage = [fleet.obj("storage.k8s.io/v1", "StorageClass", "fast", None, provisioner="x")] if known else []
    slow = fleet.event(
        claim, "ProvisioningFailed", "failed to provision volume: quota of the cloud is exhausted"
    )
    answer = ask([*objects, claim, slow, *storage], kind="ks", name="apps")
    if known:
        assert blamed(answer) == ("Failed", "PersistentVolumeClaim/apps/data", "")
        assert "quota of the cloud" in only(answer).message
    else:
        assert blamed(answer) == ("Missing", "StorageClass/fast", "")
        assert path(answer)[-2:] == ["PersistentVolumeClaim", "StorageClass"]


@pytest.mark.parametrize("pods", [True, False])
def test_a_job_that_gave_up(ask: Ask, pods: bool) -> None:
    end = condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
    job = fleet.obj("batch/v1", "Job", "migrate", spec={}, status={"conditions": [end], "failed": 1})
    exit_ = {"terminated": {"exitCode": 3, "reason": "Error", "message": "no such table"}}
    objects = applied(job, *([fleet.pod(job, phase="Failed", state=exit_)] if pods else []))
    answer = ask(objects, kind="ks", name="apps")
    assert blamed(answer) == ("Workload", "Job/apps/migrate", "")
    assert ("no such table" in only(answer).message) is pods


def test_a_job_that_succeeded_later_is_forgiven(ask: Ask) -> None:
    every = fleet.obj("batch/v1", "CronJob", "backup", spec={"schedule": "@hourly"}, status={})

    later = {"lastSuccessfulTime": "2026-11-22T13:00:00Z"}

    def run(name: str, hour: int, outcome: str) -> Document:
        end = {"conditions": [condition(outcome, "True", "BackoffLimitExceeded")]}
        created = f"2026-11-22T0{hour}:00:00Z"
        return fleet.obj(
            "batch/v1", "Job", name, spec={}, status=end, created=created, ownerReferences=fleet.owned(every)
        )

    failed = run("one", 1, "Failed")
    for objects in ([every, failed, run("two", 2, "Complete")], [{**every, "status": later}, failed]):
        answer = ask(objects)
        assert (answer.healthy, answer.transient) == (True, ())
        assert ask(objects, kind="Job", name="one").healthy
    assert (
        blamed(ask([every, run("one", 1, "Complete"), run("two", 2, "Failed")]))[1] == "CronJob/apps/backup"
    )


def test_a_failed_pod_that_was_replaced_is_no_cause(ask: Ask) -> None:
    web = fleet.deployment(up=1)
    owner = fleet.replica_set(web)
    owner["status"].update(readyReplicas=1, availableReplicas=1)
    evicted = fleet.pod(owner, phase="Failed")
    evicted["status"]["reason"] = "Evicted"
    answer = ask([web, owner, evicted], kind="Pod", name=evicted["metadata"]["name"])
    assert (answer.healthy, answer.transient) == (True, ())


def test_a_pod_that_has_just_been_made_may_look_for_a_node(ask: Ask) -> None:
    def looking(since: str) -> list[Document]:
        text = "0/5 nodes are available: 5 Insufficient cpu."
        return with_pod(conditions=[condition("PodScheduled", "False", "Unschedulable", text, since)])

    pod = looking(fleet.SINCE)[-1]["metadata"]["name"]
    assert not ask(looking(fleet.SINCE), kind="Pod", name=pod).healthy
    assert ask(looking("2026-11-22T12:19:50Z"), kind="Pod", name=pod).healthy


def test_a_lost_node_is_to_blame_for_its_pods(ask: Ask) -> None:
    node = fleet.obj(
        "v1",
        "Node",
        "n1",
        None,
        status=fleet.status(condition("Ready", "Unknown", "NodeStatusUnknown", "gone")),
    )
    web = fleet.deployment()
    owner = fleet.replica_set(web)
    lost = fleet.pod(owner, phase="Failed", spec={"nodeName": "n1"})
    lost["status"]["reason"] = "NodeLost"
    assert blamed(ask([*applied(web, owner, lost), node], kind="ks", name="apps"))[:2] == (
        "Failed",
        "Node/n1",
    )


def test_a_rollout_that_is_under_way_is_transient(ask: Ask) -> None:
    web = fleet.deployment()
    owner = fleet.replica_set(web)
    answer = ask(
        [web, owner, fleet.pod(owner, state=fleet.waiting("ContainerCreating"))], kind="deploy", name="web"
    )
    assert answer.healthy
    assert {item.object.kind for item in answer.transient} == {"Deployment"}


def test_a_workload_that_says_nothing_is_blamed_when_somebody_gave_up_waiting(ask: Ask) -> None:
    answer = ask(applied(fleet.deployment()), kind="ks", name="apps")
    assert blamed(answer) == ("Workload", "Deployment/apps/web", "")
    assert "did not become ready in time" in only(answer).message


def test_checks_that_are_still_running_find_what_is_broken_for_good(ask: Ask) -> None:
    objects = with_pod(state=fleet.waiting("ImagePullBackOff", IMAGE))
    busy = fleet.status(
        condition("Ready", "Unknown", "Progressing", "Reconciliation in progress"),
        condition("Reconciling", "True", "Progressing", "Running health checks"),
    )
    objects[1]["status"] = {**busy, "inventory": objects[1]["status"]["inventory"]}
    assert blamed(ask(objects, kind="ks", name="apps"))[:2] == ("Workload", "Deployment/apps/web")


def test_a_rollout_that_somebody_has_paused(ask: Ask) -> None:
    web = fleet.deployment()
    web["spec"]["paused"] = True
    web["status"]["conditions"] = [fleet.condition("Progressing", "Unknown", "DeploymentPaused", "paused")]
    top = fleet.kustomization("apps", state=fleet.unhealthy(web), children=[web])
    answer = ask([fleet.git(), web, top], kind="ks", name="apps")
    assert blamed(answer) == ("Suspended", "Deployment/apps/web", "spec.paused")
    assert "rollout resume" in only(answer).next_step


def test_pods_that_may_not_be_seen_are_said(ask: Ask) -> None:
    web = fleet.deployment()
    top = fleet.kustomization("apps", state=fleet.unhealthy(web), children=[web])
    hidden: States = {"Pod": ScopeState.FORBIDDEN, "ReplicaSet": ScopeState.FORBIDDEN}
    answer = ask([fleet.git(), web, top], states=hidden, kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Workload", "Deployment/apps/web")
    assert answer.not_visible == ("staging: pods: forbidden", "staging: replicasets: forbidden")

from __future__ import annotations

import pytest

from mirror.flux.health import judge
from mirror.records import Health
from tests.mirror.flux.objects import AT, Document, condition, container, pod

RUNNING = {"running": {"startedAt": "2026-11-22T09:00:00Z"}}
OOM = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
ERROR = {"terminated": {"reason": "Error", "exitCode": 1, "message": "boom\n"}}


def waiting(reason: str, message: str = "") -> Document:
    return {"waiting": {"reason": reason, "message": message}}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (pod("Running", container(ready=True, state=RUNNING), ready="True"), (Health.READY, "Running")),
        (pod("Succeeded", container(state={"terminated": {"exitCode": 0}})), (Health.READY, "Completed")),
        (pod("Pending", container(state=waiting("ImagePullBackOff"))), (Health.FAILED, "ImagePullBackOff")),
        (pod("Pending", container(state=waiting("ErrImagePull"))), (Health.FAILED, "ErrImagePull")),
        (
            pod("Pending", container(state=waiting("CreateContainerConfigError"))),
            (Health.FAILED, "CreateContainerConfigError"),
        ),
        (
            pod("Pending", container(state=waiting("ContainerCreating"))),
            (Health.PROGRESSING, "ContainerCreating"),
        ),
        (
            pod("Running", container(state=waiting("CrashLoopBackOff"), lastState=ERROR)),
            (Health.FAILED, "CrashLoopBackOff"),
        ),
        (
            pod("Running", container(state=waiting("CrashLoopBackOff"), lastState=OOM)),
            (Health.FAILED, "OOMKilled"),
        ),
        (pod("Running", container(state=ERROR)), (Health.FAILED, "Error")),
        (pod("Running", container(restarts=2, state=RUNNING, lastState=OOM)), (Health.FAILED, "OOMKilled")),
        (pod("Running", container(state=RUNNING)), (Health.PROGRESSING, "ContainersNotReady")),
        (
            pod("Running", container(ready=True, restarts=2, state=RUNNING, lastState=OOM), ready="True"),
            (Health.READY, "Running"),
        ),
        (pod("Failed", container(state=ERROR)), (Health.FAILED, "Error")),
        (pod("Failed", reason="Evicted", message="low on memory"), (Health.FAILED, "Evicted")),
        (pod("Failed"), (Health.FAILED, "Failed")),
        (pod("Unknown"), (Health.UNKNOWN, "Unknown")),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}, (Health.UNKNOWN, "NoStatus")),
    ],
)
def test_a_pod(obj: Document, expected: tuple[Health, str]) -> None:
    assert judge(obj)[:2] == expected


@pytest.mark.parametrize(
    ("reason", "health"), [("Unschedulable", Health.FAILED), ("SchedulingGated", Health.PROGRESSING)]
)
def test_a_pod_that_has_no_node(reason: str, health: Health) -> None:
    unscheduled = condition("PodScheduled", "False", reason, "0/2 nodes are available")
    obj = pod("Pending", conditions=[unscheduled])
    assert judge(obj)[:4] == (health, reason, "0/2 nodes are available", AT)


def test_a_failing_init_container_comes_first() -> None:
    init = container("migrate", state=waiting("CrashLoopBackOff", "back-off 40s"), lastState=ERROR)
    obj = pod("Pending", container(state=waiting("PodInitializing")), initContainerStatuses=[init])
    assert judge(obj)[:3] == (
        Health.FAILED,
        "CrashLoopBackOff",
        "container migrate: back-off 40s; last exit: Error (1)",
    )


def test_a_failed_container_says_how_it_ended() -> None:
    verdict = judge(
        pod("Failed", container("ok", state={"terminated": {"exitCode": 0}}), container(state=ERROR))
    )
    assert verdict.message == "container web: exit code 1, 0 restarts: boom"


def test_a_pod_under_deletion_is_terminating() -> None:
    obj = pod("Running", container(state=waiting("CrashLoopBackOff")))
    obj["metadata"]["deletionTimestamp"] = "2026-11-22T10:00:00Z"
    assert judge(obj)[:2] == (Health.PROGRESSING, "Terminating")

from __future__ import annotations

from typing import Any

import pytest

from mirror.flux.health import judge
from mirror.records import Health
from tests.mirror.flux.objects import AT, TIME, Document, condition, workload

AVAILABLE = condition("Available", "True", "MinimumReplicasAvailable")
PROGRESSED = condition("Progressing", "True", "NewReplicaSetAvailable", lastUpdateTime=TIME)
UP = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3}


def deployment(*conditions: Document, replicas: int = 3, **status: Any) -> Document:
    return workload("Deployment", {"replicas": replicas}, {**UP, **status}, AVAILABLE, *conditions)


@pytest.mark.parametrize(
    ("obj", "health", "reason", "message"),
    [
        (deployment(PROGRESSED), Health.READY, "", "replicas: 3"),
        (deployment(PROGRESSED, replicas=4), Health.PROGRESSING, "LessReplicas", "replicas: 3/4"),
        (deployment(PROGRESSED, updatedReplicas=1), Health.PROGRESSING, "LessUpdated", "updated: 1/3"),
        (
            deployment(PROGRESSED, replicas=2, updatedReplicas=2),
            Health.PROGRESSING,
            "ExtraPods",
            "pods needed: 2/3",
        ),
        (deployment(PROGRESSED, availableReplicas=2), Health.PROGRESSING, "LessAvailable", "available: 2/3"),
        (deployment(PROGRESSED, readyReplicas=2), Health.PROGRESSING, "LessReady", "ready: 2/3"),
        (
            deployment(condition("Progressing", "True", "ReplicaSetUpdated")),
            Health.PROGRESSING,
            "ReplicaSetNotAvailable",
            "the new ReplicaSet is not available",
        ),
        (
            deployment(condition("Progressing", "Unknown", "DeploymentPaused")),
            Health.PROGRESSING,
            "DeploymentPaused",
            "the new ReplicaSet is not available",
        ),
        (
            deployment(
                condition("Progressing", "False", "ProgressDeadlineExceeded", "too slow"), readyReplicas=0
            ),
            Health.FAILED,
            "ProgressDeadlineExceeded",
            "too slow",
        ),
        (
            deployment(
                PROGRESSED, condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: compute")
            ),
            Health.FAILED,
            "FailedCreate",
            "exceeded quota: compute",
        ),
    ],
)
def test_a_deployment(obj: Document, health: Health, reason: str, message: str) -> None:
    assert judge(obj)[:3] == (health, reason, message)


def test_replicas_default_to_one() -> None:
    one = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    assert judge(workload("Deployment", {}, one, AVAILABLE, PROGRESSED)).health is Health.READY
    assert judge(workload("Deployment", {}, {})).reason == "LessReplicas"


def test_scaled_to_zero_is_ready_and_says_so() -> None:
    none = dict.fromkeys(UP, 0)
    obj = workload("Deployment", {"replicas": 0}, none, AVAILABLE, PROGRESSED)
    assert judge(obj)[:2] == (Health.READY, "ScaledToZero")


def test_a_stuck_rollout_dates_from_its_last_progress() -> None:
    moved = condition("Progressing", "True", "ReplicaSetUpdated", lastTransitionTime="2026-01-01T00:00:00Z")
    obj = deployment({**moved, "lastUpdateTime": TIME}, availableReplicas=2)
    assert judge(obj).since == AT


def test_an_unavailable_deployment_speaks_its_own_words() -> None:
    gone = condition("Available", "False", "MinimumReplicasUnavailable", "not enough")
    obj = workload("Deployment", {"replicas": 3}, UP, gone, PROGRESSED)
    assert judge(obj)[:3] == (Health.PROGRESSING, "MinimumReplicasUnavailable", "not enough")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
def test_a_new_generation_must_be_observed_first(kind: str) -> None:
    obj = workload(kind, {"replicas": 3}, {**UP, "observedGeneration": 1})
    assert judge(obj)[:2] == (Health.PROGRESSING, "LatestGenerationNotObserved")


def stateful(strategy: Document | None = None, **status: Any) -> Document:
    revisions = {"currentRevision": "a", "updateRevision": "a"}
    return workload("StatefulSet", {"replicas": 3, "updateStrategy": strategy}, {**UP, **revisions, **status})


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (stateful(), (Health.READY, "")),
        (stateful({"type": "OnDelete"}, readyReplicas=0), (Health.READY, "")),
        (stateful(replicas=2), (Health.PROGRESSING, "LessReplicas")),
        (stateful(readyReplicas=1), (Health.PROGRESSING, "LessReady")),
        (stateful(replicas=4), (Health.PROGRESSING, "ExtraPods")),
        (stateful(updateRevision="b"), (Health.PROGRESSING, "RevisionMismatch")),
        (
            stateful({"rollingUpdate": {"partition": 1}}, updatedReplicas=1),
            (Health.PROGRESSING, "PartitionRollout"),
        ),
        (
            stateful({"rollingUpdate": {"partition": 1}}, updatedReplicas=2, updateRevision="b"),
            (Health.READY, ""),
        ),
    ],
)
def test_a_stateful_set(obj: Document, expected: tuple[Health, str]) -> None:
    assert judge(obj)[:2] == expected


SCHEDULED = {
    "desiredNumberScheduled": 3,
    "currentNumberScheduled": 3,
    "updatedNumberScheduled": 3,
    "numberAvailable": 3,
    "numberReady": 3,
}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, (Health.READY, "")),
        ({"currentNumberScheduled": 2}, (Health.PROGRESSING, "LessCurrent")),
        ({"updatedNumberScheduled": 2}, (Health.PROGRESSING, "LessUpdated")),
        ({"numberAvailable": 2}, (Health.PROGRESSING, "LessAvailable")),
        ({"numberReady": 2}, (Health.PROGRESSING, "LessReady")),
        ({"observedGeneration": None}, (Health.PROGRESSING, "NoObservedGeneration")),
    ],
)
def test_a_daemon_set(status: Document, expected: tuple[Health, str]) -> None:
    assert judge(workload("DaemonSet", {}, {**SCHEDULED, **status}))[:2] == expected


@pytest.mark.parametrize(
    ("spec", "status", "conditions", "expected"),
    [
        ({"replicas": 0}, {}, [], (Health.READY, "ScaledToZero")),
        ({"replicas": 1}, {"fullyLabeledReplicas": 0}, [], (Health.PROGRESSING, "LessLabelled")),
        ({"replicas": 1}, {"fullyLabeledReplicas": 1}, [], (Health.PROGRESSING, "LessAvailable")),
        ({"replicas": 0}, {"replicas": 2}, [], (Health.PROGRESSING, "ExtraPods")),
        (
            {"replicas": 1},
            {},
            [condition("ReplicaFailure", "True", "FailedCreate")],
            (Health.FAILED, "FailedCreate"),
        ),
    ],
)
def test_a_replica_set(
    spec: Document, status: Document, conditions: list[Document], expected: tuple[Health, str]
) -> None:
    assert judge(workload("ReplicaSet", spec, status, *conditions))[:2] == expected


@pytest.mark.parametrize(
    ("spec", "conditions", "expected"),
    [
        ({}, [condition("Complete", "True", "CompletionsReached")], (Health.READY, "CompletionsReached")),
        ({}, [condition("Failed", "True", "BackoffLimitExceeded")], (Health.FAILED, "BackoffLimitExceeded")),
        (
            {},
            [condition("FailureTarget", "True", "BackoffLimitExceeded")],
            (Health.FAILED, "BackoffLimitExceeded"),
        ),
        ({"suspend": True}, [condition("Suspended", "True")], (Health.SUSPENDED, "Suspended")),
        ({"suspend": False}, [], (Health.PROGRESSING, "InProgress")),
    ],
)
def test_a_job(spec: Document, conditions: list[Document], expected: tuple[Health, str]) -> None:
    assert judge(workload("Job", spec, {}, *conditions, api_version="batch/v1"))[:2] == expected


@pytest.mark.parametrize(("suspend", "expected"), [(True, Health.SUSPENDED), (False, Health.READY)])
def test_a_cron_job(suspend: bool, expected: Health) -> None:
    assert judge(workload("CronJob", {"suspend": suspend}, {}, api_version="batch/v1")).health is expected

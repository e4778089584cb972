from __future__ import annotations

import pytest

from mirror.flux.health import judge
from mirror.records import Health
from tests.mirror.flux.objects import AT, TIME, Document, condition, workload

UP = condition("Ready", "True", "KubeletReady")


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("Bound", (Health.READY, "Bound")),
        ("Pending", (Health.PROGRESSING, "Pending")),
        ("Lost", (Health.FAILED, "Lost")),
        (None, (Health.PROGRESSING, "Pending")),
    ],
)
def test_a_claim(phase: str | None, expected: tuple[Health, str]) -> None:
    obj = workload("PersistentVolumeClaim", {}, {"phase": phase}, api_version="v1")
    assert judge(obj)[:2] == expected


def test_a_pending_claim_names_its_storage_class() -> None:
    spec = {"storageClassName": "fast-ssd"}
    claim = workload(
        "PersistentVolumeClaim", spec, {"phase": "Pending"}, api_version="v1", creationTimestamp=TIME
    )
    assert judge(claim)[2:4] == ("storage class fast-ssd", AT)


@pytest.mark.parametrize(
    ("spec", "conditions", "expected"),
    [
        ({}, [UP], (Health.READY, "KubeletReady")),
        ({}, [condition("Ready", "Unknown", "NodeStatusUnknown")], (Health.FAILED, "NodeStatusUnknown")),
        ({}, [condition("Ready", "False", "KubeletNotReady")], (Health.FAILED, "KubeletNotReady")),
        (
            {},
            [UP, condition("DiskPressure", "True", "KubeletHasDiskPressure")],
            (Health.READY, "DiskPressure"),
        ),
        ({"unschedulable": True}, [UP], (Health.READY, "SchedulingDisabled")),
        ({}, [], (Health.UNKNOWN, "NoConditions")),
    ],
)
def test_a_node(spec: Document, conditions: list[Document], expected: tuple[Health, str]) -> None:
    assert judge(workload("Node", spec, {}, *conditions, api_version="v1"))[:2] == expected


def test_a_namespace_under_deletion_says_what_is_left() -> None:
    left = condition(
        "NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", "1 instance has finalizers"
    )
    fine = condition("NamespaceDeletionContentFailure", "False", "ContentDeleted", "all deleted")
    obj = workload(
        "Namespace", {}, {"phase": "Terminating"}, left, fine, api_version="v1", deletionTimestamp=TIME
    )
    assert judge(obj)[:4] == (Health.PROGRESSING, "Terminating", "1 instance has finalizers", AT)


def test_an_active_namespace_is_ready() -> None:
    assert judge(workload("Namespace", {}, {"phase": "Active"}, api_version="v1")).health is Health.READY


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([condition("Established", "True", "InitialNamesAccepted")], (Health.READY, "InitialNamesAccepted")),
        ([condition("Established", "False", "Installing")], (Health.PROGRESSING, "Installing")),
        ([condition("NamesAccepted", "False", "PluralConflict")], (Health.FAILED, "PluralConflict")),
        ([], (Health.PROGRESSING, "NotEstablished")),
    ],
)
def test_a_definition(conditions: list[Document], expected: tuple[Health, str]) -> None:
    obj = workload("CustomResourceDefinition", {}, {}, *conditions, api_version="apiextensions.k8s.io/v1")
    assert judge(obj)[:2] == expected

"""What takes too long, by the object's own timeout and interval."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.clock import parse_time, to_rfc3339
from mirror.flux.conditions import conditions
from query.root_cause.overdue import overdue
from tests.query.root_cause import fleet
from tests.query.root_cause.fleet import Document

BEGAN = parse_time(fleet.SINCE)
assert BEGAN is not None

UNKNOWN = fleet.condition("Ready", "Unknown", "Progressing", "in progress")
READY = fleet.condition("Ready", "True", "Succeeded")
FAILED = fleet.condition("Ready", "False", "BuildFailed")
WORKING = fleet.condition("Reconciling", "True", "Progressing")
REQUESTED = {"reconcile.fluxcd.io/requestedAt": fleet.SINCE}
LEAVING = {"deletionTimestamp": fleet.SINCE, "finalizers": ["finalizers.fluxcd.io"]}


def flux(
    kind: str, *conditions: Document, meta: Document | None = None, created: str = fleet.SINCE, **content: Any
) -> Document:
    versions = {"HelmRelease": fleet.HELM, "Kustomization": fleet.KUSTOMIZE, "ResourceSet": fleet.OPERATOR}
    status = {"conditions": list(conditions), **content.pop("status", {})} if conditions else {}
    found = fleet.obj(versions.get(kind, fleet.SOURCE), kind, "x", created=created, status=status, **content)
    found["metadata"].update(meta or {})
    return found


@pytest.mark.parametrize(
    ("obj", "reason", "after_s"),
    [
        (flux("Kustomization", UNKNOWN, spec={"timeout": "1m"}), "Stuck", 240),
        (flux("Kustomization", UNKNOWN, spec={"interval": "1h"}), "Stuck", 7_320),
        (flux("Kustomization", READY, WORKING, spec={"timeout": "1m"}), "Stuck", 240),
        (flux("HelmRelease", UNKNOWN, spec={"timeout": "10m"}), "Stuck", 2_520),
        (flux("GitRepository", UNKNOWN), "Stuck", 240),
        (
            flux("ResourceSet", UNKNOWN, annotations={"fluxcd.controlplane.io/reconcileTimeout": "2m"}),
            "Stuck",
            360,
        ),
        (flux("Kustomization"), "NeverReconciled", 600),
        (flux("HelmRepository", spec={"type": "default"}), "NeverReconciled", 600),
        (
            flux("Kustomization", READY, annotations=REQUESTED, spec={"interval": "10m", "timeout": "1m"}),
            "NotHandled",
            1_320,
        ),
        (flux("Kustomization", READY, meta=LEAVING), "Terminating", 600),
        (
            fleet.obj("v1", "Namespace", "x", None, spec={"finalizers": ["kubernetes"]})
            | {"metadata": {"name": "x", "deletionTimestamp": fleet.SINCE}},
            "Terminating",
            600,
        ),
    ],
)
def test_each_measure_is_kept_to_the_second(obj: Document, reason: str, after_s: float) -> None:
    assert BEGAN is not None
    assert overdue(obj, conditions(obj), BEGAN + after_s) is None
    late = overdue(obj, conditions(obj), BEGAN + after_s + 1)
    assert late is not None
    assert (late.reason, late.since) == (reason, BEGAN)
    assert late.text


@pytest.mark.parametrize(
    "obj",
    [
        flux("Kustomization", READY),
        flux("Kustomization", FAILED, fleet.condition("Reconciling", "True", "ProgressingWithRetry")),
        flux("HelmRepository", spec={"type": "oci"}),
        flux("ExternalArtifact"),
        flux("Kustomization", READY, annotations=REQUESTED, status={"lastHandledReconcileAt": fleet.SINCE}),
        flux("Kustomization", READY, meta={"deletionTimestamp": fleet.SINCE}),
        flux("Kustomization", READY, annotations={"reconcile.fluxcd.io/requestedAt": "now"}),
        fleet.deployment(),
        {},
        {"apiVersion": fleet.KUSTOMIZE, "kind": "Kustomization", "metadata": None, "spec": 1, "status": []},
    ],
)
def test_nothing_else_is_ever_too_late(obj: Document) -> None:
    assert BEGAN is not None
    assert overdue(obj, conditions(obj), BEGAN + 10**7) is None


def test_a_request_may_be_written_in_seconds() -> None:
    assert BEGAN is not None
    asked = flux("Kustomization", READY, annotations={"reconcile.fluxcd.io/requestedAt": str(int(BEGAN))})
    late = overdue(asked, conditions(asked), BEGAN + 10_000)
    assert late is not None
    assert to_rfc3339(late.since) == fleet.SINCE

from __future__ import annotations

from typing import Any

import pytest

from mirror.clock import parse_time
from mirror.flux.health import Verdict, judge
from mirror.records import Health
from tests.mirror.flux.objects import AT, TIME, Document, condition, flux_object

READY = condition("Ready", "True", "ReconciliationSucceeded", "Applied", observedGeneration=1)
RETRYING = condition("Reconciling", "True", "ProgressingWithRetry")
STARTED = condition("Reconciling", "True", "Progressing")


def failed(reason: str, message: str = "") -> Document:
    return condition("Ready", "False", reason, message, observedGeneration=1)


def summary(verdict: Verdict) -> tuple[Health, str]:
    return verdict.health, verdict.reason


def test_a_verdict_speaks_the_controllers_words() -> None:
    obj = flux_object("Kustomization", failed("BuildFailed", "no such file\n"), RETRYING)
    assert judge(obj) == Verdict(Health.FAILED, "BuildFailed", "no such file", AT, 1)


@pytest.mark.parametrize(
    ("kind", "conditions", "expected"),
    [
        ("Kustomization", [READY], (Health.READY, "ReconciliationSucceeded")),
        ("GitRepository", [failed("GitOperationFailed"), STARTED], (Health.FAILED, "GitOperationFailed")),
        ("HelmRelease", [failed("ValuesError"), STARTED], (Health.FAILED, "ValuesError")),
        (
            "HelmRelease",
            [condition("Ready", "Unknown", "Progressing"), STARTED],
            (Health.PROGRESSING, "Progressing"),
        ),
        ("Kustomization", [STARTED], (Health.PROGRESSING, "Progressing")),
        ("Kustomization", [], (Health.UNKNOWN, "NoConditions")),
        ("ImagePolicy", [], (Health.UNKNOWN, "NoConditions")),
    ],
)
def test_ready_decides(kind: str, conditions: list[Document], expected: tuple[Health, str]) -> None:
    assert summary(judge(flux_object(kind, *conditions))) == expected


@pytest.mark.parametrize("kind", ["Alert", "Provider", "ExternalArtifact"])
def test_static_kinds_are_fine_without_conditions(kind: str) -> None:
    assert judge(flux_object(kind)).health is Health.READY


def test_a_helm_repository_is_static_only_for_oci() -> None:
    assert judge(flux_object("HelmRepository", spec={"type": "oci"})).health is Health.READY
    assert judge(flux_object("HelmRepository", spec={"type": "default"})).health is Health.UNKNOWN


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("DependencyNotReady", "dependency 'flux-system/infra' is not ready"),
        ("HealthCheckCanceled", "health checks canceled: a new revision is there"),
        ("SkippedDueToSchedule", "outside of the schedule"),
        ("SourceNotReady", "HelmChart 'apps/apps-web' is not ready: latest generation not observed"),
        ("NoSourceArtifact", "no artifact available for HelmRepository source 'charts'"),
        ("ArtifactFailed", "Source artifact not found, retrying in 30s"),
        ("ArtifactFailed", "Source is not ready, artifact not found, retrying in 30s"),
        ("ArtifactFailed", 'GitRepository.source.toolkit.fluxcd.io "web" not found'),
    ],
)
def test_who_waits_for_somebody_else_is_not_broken(reason: str, message: str) -> None:
    verdict = judge(flux_object("Kustomization", failed(reason, message)))
    assert (verdict.health, verdict.reason, verdict.message) == (Health.PROGRESSING, reason, message)


@pytest.mark.parametrize(
    "message",
    [
        "kustomization path not found: stat /tmp/kustomization-1/apps: no such file or directory",
        "failed to download archive: GET http://source-controller/x.tar.gz giving up after 3 attempt(s)",
    ],
)
def test_other_artifact_failures_are_failures(message: str) -> None:
    assert judge(flux_object("Kustomization", failed("ArtifactFailed", message))).health is Health.FAILED


def test_stalled_waiting_is_a_failure() -> None:
    stalled = condition("Stalled", "True", "AccessDenied", "cross-namespace")
    obj = flux_object("Kustomization", failed("DependencyNotReady"), stalled)
    assert judge(obj).health is Health.FAILED


def test_stalled_keeps_the_reason_of_ready_and_adds_its_own() -> None:
    stalled = condition("Stalled", "True", "RetriesExceeded", "Failed to upgrade after 2 attempt(s)")
    verdict = judge(flux_object("HelmRelease", failed("RollbackSucceeded", "rolled back"), stalled))
    assert summary(verdict) == (Health.FAILED, "RollbackSucceeded")
    assert verdict.message == "rolled back (RetriesExceeded: Failed to upgrade after 2 attempt(s))"


def test_stalled_alone_says_why() -> None:
    stalled = condition("Stalled", "True", "InvalidCELExpression", "bad")
    assert judge(flux_object("Kustomization", stalled)) == Verdict(
        Health.FAILED, "InvalidCELExpression", "bad", AT, None
    )


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Kustomization", {"spec": {"suspend": True}}),
        ("Alert", {"spec": {"suspend": True}}),
        ("ResourceSet", {"annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}}),
        ("ResourceSet", {"annotations": {"fluxcd.controlplane.io/reconcile": "Disabled"}}),
        ("ArtifactGenerator", {"annotations": {"source.extensions.fluxcd.io/reconcile": "disabled"}}),
    ],
)
def test_suspended_comes_before_everything_else(kind: str, fields: Document) -> None:
    obj = flux_object(kind, failed("BuildFailed", "why"), deletionTimestamp=TIME, **fields)
    assert judge(obj)[:3] == (Health.SUSPENDED, "Suspended", "why")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Kustomization", {"spec": {"suspend": False}}),
        ("ResourceSet", {"spec": {"suspend": True}}),
        ("Kustomization", {"annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}}),
    ],
)
def test_another_kinds_way_to_suspend_does_not_count(kind: str, fields: Document) -> None:
    assert judge(flux_object(kind, READY, **fields)).health is Health.READY


def test_a_deleted_object_is_terminating_whatever_its_conditions_say() -> None:
    obj = flux_object("Kustomization", READY, deletionTimestamp=TIME, finalizers=["finalizers.fluxcd.io"])
    verdict = judge(obj)
    assert verdict[:2] == (Health.PROGRESSING, "Terminating")
    assert verdict.message == "waits for finalizers: finalizers.fluxcd.io"
    assert verdict.since == AT


def test_ready_of_an_older_generation_is_not_ready_yet() -> None:
    obj = flux_object("Kustomization", READY, status={"observedGeneration": 1}, generation=2)
    verdict = judge(obj)
    assert verdict[:3] == (Health.PROGRESSING, "LatestGenerationNotObserved", "generation 2, observed 1")
    assert verdict.observed_generation == 1


def test_a_failure_stays_a_failure_while_the_generation_is_not_observed() -> None:
    # kustomize-controller advances observedGeneration only on success.
    obj = flux_object("Kustomization", failed("BuildFailed"), status={"observedGeneration": 1}, generation=2)
    assert summary(judge(obj)) == (Health.FAILED, "BuildFailed")


def test_operator_kinds_keep_the_generation_in_their_condition() -> None:
    assert summary(judge(flux_object("ResourceSet", READY, generation=2))) == (
        Health.PROGRESSING,
        "LatestGenerationNotObserved",
    )
    assert judge(flux_object("ResourceSet", READY)).observed_generation == 1


def test_a_report_is_always_one_generation_behind_itself() -> None:
    assert judge(flux_object("FluxReport", READY, generation=2)).health is Health.READY


def attempt(outcome: str, revision: str = "main@sha1:b") -> Document:
    return {
        "lastReconciledStatus": outcome,
        "lastReconciled": "2026-11-22T09:59:00Z",
        "firstReconciled": "2026-11-20T00:00:00Z",
        "metadata": {"revision": revision},
    }


@pytest.mark.parametrize(
    ("history", "attempted", "expected"),
    [
        ([attempt("HealthCheckFailed")], "main@sha1:b", (Health.FAILED, "HealthCheckFailed")),
        ([attempt("HealthCheckFailed")], "main@sha1:c", (Health.PROGRESSING, "Progressing")),
        ([attempt("ReconciliationSucceeded")], "main@sha1:b", (Health.PROGRESSING, "Progressing")),
        ([attempt("HealthCheckCanceled")], "main@sha1:b", (Health.PROGRESSING, "Progressing")),
        ([], "main@sha1:b", (Health.PROGRESSING, "Progressing")),
    ],
)
def test_a_kustomization_that_retries_a_failed_revision_is_still_failed(
    history: list[Document], attempted: str, expected: tuple[Health, str]
) -> None:
    unknown = condition("Ready", "Unknown", "Progressing", "Reconciliation in progress")
    status = {"history": history, "lastAttemptedRevision": attempted}
    assert summary(judge(flux_object("Kustomization", unknown, STARTED, status=status))) == expected


def test_a_retry_dates_from_the_last_attempt_and_says_so() -> None:
    unknown = condition("Ready", "Unknown", "Progressing", "Reconciliation in progress")
    verdict = judge(
        flux_object("ResourceSet", unknown, status={"history": [attempt("ReconciliationFailed")]})
    )
    assert verdict.since == parse_time("2026-11-22T09:59:00Z")
    assert verdict.message == "the last attempt failed, trying again: Reconciliation in progress"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"failures": 1, "lastAttemptedGeneration": 1}, (Health.FAILED, "UpgradeFailed")),
        ({"failures": 1, "lastAttemptedGeneration": 0}, (Health.PROGRESSING, "Progressing")),
        ({"lastAttemptedGeneration": 1}, (Health.PROGRESSING, "Progressing")),
    ],
)
def test_a_release_that_retries_a_failed_upgrade_is_still_failed(
    status: dict[str, Any], expected: tuple[Health, str]
) -> None:
    obj = flux_object(
        "HelmRelease",
        condition("Ready", "Unknown", "Progressing"),
        condition("Released", "False", "UpgradeFailed", "timeout"),
        status=status,
    )
    assert summary(judge(obj)) == expected


def custom(*conditions: Document, **metadata: Any) -> Document:
    return {
        "apiVersion": "lab.example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "generation": 2, **metadata},
        "status": {"observedGeneration": 2, "conditions": list(conditions)},
    }


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (custom(), (Health.READY, "")),
        (custom(condition("Ready", "True", "Fine")), (Health.READY, "Fine")),
        (custom(condition("Ready", "False", "Pending")), (Health.PROGRESSING, "Pending")),
        (
            custom(condition("Ready", "True"), condition("Reconciling", "True", "Busy")),
            (Health.PROGRESSING, "Busy"),
        ),
        (custom(condition("Stalled", "True", "Broken")), (Health.FAILED, "Broken")),
        (
            custom(condition("Ready", "True"), generation=3),
            (Health.PROGRESSING, "LatestGenerationNotObserved"),
        ),
        (custom(condition("Ready", "True"), deletionTimestamp=TIME), (Health.PROGRESSING, "Terminating")),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}, (Health.READY, "")),
        ({"metadata": {"resourceVersion": "5"}}, (Health.UNKNOWN, "")),
    ],
)
def test_other_kinds_follow_kstatus(obj: Document, expected: tuple[Health, str]) -> None:
    assert summary(judge(obj)) == expected

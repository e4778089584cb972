"""What is wrong with an object, as the end of a sentence that begins with its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from query.results.answer import Affected, Cause, ObjectRef, PathStep
from query.root_cause.verdicts import CauseClass
from server.render.verdict import verdict

MakeRef = Callable[..., ObjectRef]


def cause(ref: ObjectRef, class_: str, reason: str, field: str = "", health: str = "Failed") -> Cause:
    path = (PathStep(ref, health, ""),)
    return Cause(1, ref, class_, reason, "", "", "", path, (), Affected(0, ()), field)


@pytest.mark.parametrize(
    ("kind", "class_", "reason", "field", "words"),
    [
        ("Secret", "Missing", "NotFound", "", "is missing"),
        ("Secret", "Denied", "GitOperationFailed", "", "is refused (GitOperationFailed)"),
        ("Secret", "External", "ReconciliationFailed", "", "leads to something outside that fails (Rec"),
        ("Role", "Denied", "ReconciliationFailed", "rules", "does not allow what is needed (Rec"),
        ("ServiceAccount", "Denied", "ReconciliationFailed", "", "may not do what it is used for (Rec"),
        (
            "Kustomization",
            "Invalid",
            "ArtifactFailed",
            "spec.path",
            "is invalid in spec.path (ArtifactFailed)",
        ),
        ("Secret", "Invalid", "BuildFailed", "", "is invalid (BuildFailed)"),
        ("GitRepository", "Suspended", "Suspended", "spec.suspend", "is suspended"),
        ("HelmRepository", "Failed", "Failed", "", "failed"),
        ("Job", "Workload", "BackoffLimitExceeded", "", "failed (BackoffLimitExceeded)"),
        ("Deployment", "Workload", "OOMKilled", "", "does not become ready (OOMKilled)"),
        ("Deployment", "ControllerDown", "LessAvailable", "", "is down (LessAvailable)"),
        ("Deployment", "ControllerDown", "ScaledToZero", "spec.replicas", "is scaled to zero"),
        ("Kustomization", "ControllerDown", "NoShard", "", "waits for a shard that no controller watches"),
        ("Deployment", "Invalid", "DriftDetected", "", "has drifted"),
        ("Service", "Failed", "ExistsAlready", "", "exists already and belongs to somebody else"),
    ],
)
def test_the_words(ref: MakeRef, kind: str, class_: str, reason: str, field: str, words: str) -> None:
    assert verdict(cause(ref("x", kind), class_, reason, field)).startswith(words)


def test_what_runs_again_is_a_thing_of_the_past(ref: MakeRef) -> None:
    found = cause(ref("web", "Deployment"), "Workload", "BackOff", health="Ready")
    assert verdict(found) == "did not become ready (BackOff)"


@pytest.mark.parametrize("class_", CauseClass)
def test_every_class_has_words(ref: MakeRef, class_: CauseClass) -> None:
    assert class_.value not in verdict(cause(ref("x", "Widget"), class_.value, ""))

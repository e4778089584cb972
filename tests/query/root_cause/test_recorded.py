"""The recorded faults: what real controllers wrote, and what the people who broke it say was wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from mirror.clock import parse_time
from mirror.store.changes import ScopeState
from query.results import ObjectRef, RootCause
from query.root_cause import find_root_cause
from tests.query.root_cause.conftest import RECORDED, content, fleet_view, label, read

SCENARIOS = sorted(path.name for path in RECORDED.iterdir() if path.is_dir())

SECRET_ROOTS = ("01-git-secret-missing", "20-valuesfrom-secret-missing")

NOTHING_RED = ("26-suspended-source-stale", "47-helm-drift-warn-only")


def explain(
    folder: Path,
    scenario: str,
    which: str = "faulty",
    *,
    named: bool = True,
    states: dict[str, ScopeState | None] | None = None,
    seed: int | None = None,
) -> RootCause:
    told = label(scenario)
    at = parse_time(told["recorded_at"])
    assert at is not None
    clusters = {told["cluster"]: content(read(scenario, which), states=states, seed=seed)}
    symptom = {key: told["symptom"][key] for key in ("kind", "name", "namespace")} if named else {}
    with fleet_view(folder, clusters, at) as view:
        return find_root_cause(view, **symptom)


def names(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Every right answer: kind, namespace and name."""
    return [(item["kind"], item.get("namespace") or "", item["name"]) for item in told["root"] + told["also_right"]]


def name(ref: ObjectRef) -> tuple[str, str, str]:
    return (ref.kind, ref.namespace or "", ref.name)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_cause_is_found_from_the_symptom(scenario: str, tmp_path: Path) -> None:
    told = label(scenario)
    answer = explain(tmp_path, scenario)
    first = answer.causes[0]
    assert name(first.object) in names(told)
    assert first.class_ in {item["class"] for item in told["root"]}
    assert not answer.healthy
    assert len(answer.causes) == len(told["root"])
    blamed = {name(cause.object) for cause in answer.causes}
    assert not blamed & {name_of(item) for item in told["not_causes"]} - set(names(told))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_cause_says_how_it_was_reached_and_what_to_do(scenario: str, tmp_path: Path) -> None:
    told = label(scenario)
    answer = explain(tmp_path, scenario)
    for cause in answer.causes:
        assert name(cause.path[0].object) == name_of(told["symptom"])
        assert all(step.relation for step in cause.path[1:] if step.object.kind not in ("ResourceQuota", CRD))
        assert cause.evidence
        assert f"--context {told['cluster']}" in cause.next_step or cause.object.kind == "StorageClass"
        assert cause.object.name in str([step.object.name for step in cause.path])


@pytest.mark.parametrize("scenario", [item for item in SCENARIOS if item not in NOTHING_RED])
def test_without_a_name_everything_that_fails_leads_to_the_same_causes(scenario: str, tmp_path: Path) -> None:
    told = label(scenario)
    answer = explain(tmp_path, scenario, named=False)
    assert len(answer.causes) == len(told["root"])
    assert {name(cause.object) for cause in answer.causes} <= set(names(told))


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_healthy_cluster_has_no_causes(scenario: str, named: bool, tmp_path: Path) -> None:
    """Events of the faults before are still there, and one HelmRelease is suspended on purpose."""
    answer = explain(tmp_path, scenario, "healthy", named=named)
    assert answer.healthy
    assert answer.causes == ()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_order_of_storage_changes_nothing(scenario: str, tmp_path: Path) -> None:
    answers = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        answers.append(explain(folder, scenario, seed=seed))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_planted_secret_reaches_an_answer(scenario: str, tmp_path: Path) -> None:
    assert b"planted-canary" not in msgspec.json.encode(explain(tmp_path, scenario))


@pytest.mark.parametrize("scenario", SECRET_ROOTS)
def test_a_kind_that_may_not_be_seen_is_never_called_missing(scenario: str, tmp_path: Path) -> None:
    answer = explain(tmp_path, scenario, states={"Secret": ScopeState.FORBIDDEN})
    assert [cause.class_ for cause in answer.causes] == ["Failed"]
    secret = label(scenario)["root"][0]["name"]
    assert any("Secret" in text and secret in text and "forbidden" in text for text in answer.not_visible)


def test_pods_that_may_not_be_seen_leave_the_workload_to_blame(tmp_path: Path) -> None:
    states: dict[str, ScopeState | None] = dict.fromkeys(("Pod", "ReplicaSet"), ScopeState.FORBIDDEN)
    answer = explain(tmp_path, "14-healthcheck-imagepullbackoff", states=states)
    assert [(cause.class_, str(cause.object)) for cause in answer.causes] == [("Workload", "Deployment/apps/web")]


def test_an_unknown_storage_class_leaves_the_claim_to_blame(tmp_path: Path) -> None:
    answer = explain(tmp_path, "31-pvc-pending-unschedulable", states={"StorageClass": None})
    first = answer.causes[0]
    assert (first.class_, str(first.object)) == ("Failed", "PersistentVolumeClaim/apps/web-data")
    assert first.reason == "ProvisioningFailed"
    assert any("StorageClass" in text for text in answer.not_visible)


CRD = "CustomResourceDefinition"


def name_of(item: dict[str, Any]) -> tuple[str, str, str]:
    return (item["kind"], item.get("namespace") or "", item["name"])

"""The recorded faults: what real controllers wrote, and what the people who broke it say was wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mirror.clock import parse_time
from mirror.store.changes import ScopeState
from query.results.answer import ObjectRef, RootCause
from query.root_cause import find_root_cause
from tests.query.root_cause.conftest import RECORDED, Cluster, States, label, read, shuffled, view_of

SCENARIOS = sorted(path.name for path in RECORDED.iterdir() if path.is_dir())

SECRETS = ("01-git-secret-missing", "20-valuesfrom-secret-missing")

NOTHING_RED = ("26-suspended-source-stale",)
"""Only somebody who asks about the object gets a cause: nothing fails, and to suspend is no fault."""

SHUFFLED = (
    "07-dependson-upstream-broken-3-levels",
    "23-helm-upgrade-timeout-rollback",
    "36-two-independent-faults",
)

Name = tuple[str, str, str]
Recorded = Callable[[str, str], tuple[RootCause, RootCause]]


def explain(folder: Path, scenario: str, cluster: Cluster) -> tuple[RootCause, RootCause]:
    """The answers to `why KIND/NAME` for the symptom, and to `why`."""
    told = label(scenario)
    at = parse_time(told["recorded_at"])
    assert at is not None
    symptom = {key: told["symptom"][key] for key in ("kind", "name", "namespace")}
    with view_of(folder, {told["cluster"]: cluster}, at=at) as view:
        return find_root_cause(view, **symptom), find_root_cause(view)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Each recorded state is stored and asked once."""
    known: dict[tuple[str, str], tuple[RootCause, RootCause]] = {}

    def answers(scenario: str, which: str) -> tuple[RootCause, RootCause]:
        if (scenario, which) not in known:
            folder = tmp_path_factory.mktemp("store")
            known[scenario, which] = explain(folder, scenario, Cluster(read(scenario, which)))
        return known[scenario, which]

    return answers


def name(item: Mapping[str, Any]) -> Name:
    return (item["kind"], item.get("namespace") or "", item["name"])


def named(ref: ObjectRef) -> Name:
    return (ref.kind, ref.namespace or "", ref.name)


def right(told: Mapping[str, Any]) -> set[Name]:
    """Every right answer."""
    return {name(item) for item in told["root"] + told["also_right"]}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_cause_comes_first(scenario: str, recorded: Recorded) -> None:
    told = label(scenario)
    answer, _ = recorded(scenario, "faulty")
    assert not answer.healthy
    assert named(answer.causes[0].object) in right(told)
    assert {cause.class_ for cause in answer.causes} == {item["class"] for item in told["root"]}
    assert len(answer.causes) == len(told["root"]), "and nothing else is blamed"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_wrong_field_is_named(scenario: str, recorded: Recorded) -> None:
    fields = {item["field"] for item in label(scenario)["root"] if "field" in item}
    answer, _ = recorded(scenario, "faulty")
    assert fields <= {cause.field for cause in answer.causes}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_cause_says_how_it_was_reached_and_what_to_do(scenario: str, recorded: Recorded) -> None:
    told = label(scenario)
    answer, _ = recorded(scenario, "faulty")
    for cause in answer.causes:
        assert named(cause.path[0].object) == name(told["symptom"])
        assert cause.object in [step.object for step in cause.path]
        assert cause.evidence
        assert cause.next_step


@pytest.mark.parametrize("scenario", [item for item in SCENARIOS if item not in NOTHING_RED])
def test_everything_that_fails_leads_to_the_same_causes(scenario: str, recorded: Recorded) -> None:
    told = label(scenario)
    _, answer = recorded(scenario, "faulty")
    assert len(answer.causes) == len(told["root"])
    assert {named(cause.object) for cause in answer.causes} <= right(told)


def test_what_is_suspended_is_named_although_nothing_is_red(recorded: Recorded) -> None:
    told = label(NOTHING_RED[0])
    _, answer = recorded(NOTHING_RED[0], "faulty")
    assert answer.healthy
    assert {named(item.object) for item in answer.suspended} & right(told)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_healthy_cluster_has_no_causes(scenario: str, recorded: Recorded) -> None:
    """Events of the faults before are still there, and one HelmRelease is suspended on purpose."""
    for answer in recorded(scenario, "healthy"):
        assert answer.healthy
        assert answer.causes == ()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_planted_secret_reaches_an_answer(scenario: str, recorded: Recorded) -> None:
    assert b"planted-canary" not in msgspec.json.encode(recorded(scenario, "faulty"))


@pytest.mark.parametrize("scenario", SHUFFLED)
def test_the_order_of_storage_changes_nothing(scenario: str, recorded: Recorded, tmp_path: Path) -> None:
    objects = shuffled(read(scenario, "faulty"), seed=1)
    assert explain(tmp_path, scenario, Cluster(objects)) == recorded(scenario, "faulty")


@pytest.mark.parametrize("scenario", SECRETS)
def test_a_kind_that_may_not_be_seen_is_never_called_missing(scenario: str, tmp_path: Path) -> None:
    hidden: States = {"Secret": ScopeState.FORBIDDEN}
    answer, everything = explain(tmp_path, scenario, Cluster(read(scenario, "faulty"), hidden))
    assert [cause.class_ for cause in (*answer.causes, *everything.causes)] == ["Failed", "Failed"]
    secret = label(scenario)["root"][0]["name"]
    assert any("Secret" in text and secret in text and "forbidden" in text for text in answer.not_visible)


def test_pods_that_may_not_be_seen_leave_the_workload_to_blame(tmp_path: Path) -> None:
    hidden: States = dict.fromkeys(("Pod", "ReplicaSet"), ScopeState.FORBIDDEN)
    scenario = "14-healthcheck-imagepullbackoff"
    answer, _ = explain(tmp_path, scenario, Cluster(read(scenario, "faulty"), hidden))
    assert [(cause.class_, str(cause.object)) for cause in answer.causes] == [
        ("Workload", "Deployment/apps/web")
    ]


def test_an_unseen_storage_class_leaves_the_claim_to_blame(tmp_path: Path) -> None:
    scenario = "31-pvc-pending-unschedulable"
    answer, _ = explain(tmp_path, scenario, Cluster(read(scenario, "faulty"), {"StorageClass": None}))
    first = answer.causes[0]
    assert (first.class_, str(first.object)) == ("Failed", "PersistentVolumeClaim/apps/web-data")
    assert first.reason == "ProvisioningFailed"
    assert any("StorageClass" in text for text in answer.not_visible)

"""Objects that complain of nothing and stand still."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.clock import to_rfc3339
from mirror.store.changes import ScopeState
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import AT, Document
from tests.query.root_cause.verdicts import blamed, only

OLD = "main@sha1:" + "a" * 40
NEW = "main@sha1:" + "b" * 40
UNKNOWN = fleet.condition("Ready", "Unknown", "Progressing", "in progress")


def working(**spec: Any) -> Document:
    return fleet.kustomization("apps", state=fleet.status(UNKNOWN), timeout="1m", **spec)


def shard(name: str, selector: str) -> Document:
    found = fleet.controller(name)
    found["spec"]["template"]["spec"]["containers"][0]["args"] = [f"--watch-label-selector={selector}"]
    return found


def test_an_attempt_that_never_ends(ask: Ask) -> None:
    objects = [fleet.git(), working(), fleet.controller("kustomize-controller")]
    for answer in (ask(objects, kind="ks", name="apps"), ask(objects)):
        assert blamed(answer) == ("Stale", "Kustomization/flux-system/apps", "")
        assert "logs deployment/kustomize-controller" in only(answer).next_step


def test_an_attempt_under_way_is_transient(ask: Ask) -> None:
    begun = fleet.condition("Ready", "Unknown", "Progressing", since=to_rfc3339(AT - 30))
    objects = [fleet.git(), fleet.kustomization("apps", state=fleet.status(begun))]
    answer = ask(objects, kind="ks", name="apps")
    assert answer.healthy
    assert [str(item.object) for item in answer.transient] == ["Kustomization/flux-system/apps"]


def test_old_data_is_judged_by_its_own_time(ask: Ask) -> None:
    """The mirror was last heard while the attempt was young: nobody knows what came of it."""
    begun = fleet.condition("Ready", "Unknown", "Progressing", since=to_rfc3339(AT - 30))
    objects = [fleet.git(), fleet.kustomization("apps", state=fleet.status(begun))]
    assert ask(objects, now=AT + 86_400, kind="ks", name="apps").healthy


def test_a_deletion_that_is_held_up(ask: Ask) -> None:
    leaving = fleet.kustomization("apps")
    leaving["metadata"].update(deletionTimestamp=fleet.SINCE, finalizers=["finalizers.fluxcd.io"])
    cause = only(ask([fleet.git(), leaving], kind="ks", name="apps"))
    assert (cause.class_, cause.reason) == ("Failed", "Terminating")
    assert "finalizers.fluxcd.io" in cause.message


def test_an_object_that_no_controller_has_ever_seen(ask: Ask) -> None:
    silent = fleet.kustomization("apps")
    silent["status"] = {}
    assert only(ask([fleet.git(), silent])).reason == "NeverReconciled"


@pytest.mark.parametrize(
    ("selector", "class_"),
    [
        ("sharding.fluxcd.io/key=eu", "ControllerDown"),
        ("sharding.fluxcd.io/key in (eu,us)", "Stale"),
        ("sharding.fluxcd.io/key=us", "Stale"),
    ],
)
def test_a_shard_that_nobody_watches(ask: Ask, selector: str, class_: str) -> None:
    silent = fleet.kustomization("apps")
    silent["status"] = {}
    silent["metadata"]["labels"] = {"sharding.fluxcd.io/key": "us"}
    other = shard("kustomize-controller-shard", selector)
    objects = [fleet.git(), silent, fleet.controller("kustomize-controller"), other]
    assert only(ask(objects, kind="ks", name="apps")).class_ == class_


def test_a_shard_whose_controller_is_down(ask: Ask) -> None:
    ours = fleet.kustomization("apps")
    ours["metadata"]["labels"] = {"sharding.fluxcd.io/key": "us"}
    down = shard("kustomize-controller-us", "sharding.fluxcd.io/key=us")
    down["status"].update(readyReplicas=0, availableReplicas=0)
    objects = [fleet.git(), ours, down, fleet.controller("kustomize-controller")]
    assert blamed(ask(objects, kind="ks", name="apps"))[:2] == (
        "ControllerDown",
        "Deployment/flux-system/kustomize-controller-us",
    )


def test_controllers_that_cannot_be_seen_are_said(ask: Ask) -> None:
    answer = ask(
        [fleet.git(), working()], states={"Deployment": ScopeState.FORBIDDEN}, kind="ks", name="apps"
    )
    assert answer.not_visible == ("staging: deployments: forbidden",)


@pytest.mark.parametrize(
    ("fetched", "behind"), [("2026-11-22T08:00:00Z", True), (to_rfc3339(AT - 60), False)]
)
def test_ready_on_an_old_revision(ask: Ask, fetched: str, behind: bool) -> None:
    source = fleet.git(state=fleet.ready(artifact={"revision": NEW, "lastUpdateTime": fetched}))
    apps = fleet.kustomization("apps", state=fleet.ready(lastAppliedRevision=OLD))
    answer = ask([source, apps], kind="ks", name="apps")
    assert answer.healthy is not behind
    if behind:
        assert only(answer).reason == "RevisionBehind"
        assert only(answer).class_ == "Stale"


def test_a_dependency_that_does_not_take_up_the_new_revision(ask: Ask) -> None:
    artifact = {"revision": NEW, "lastUpdateTime": fleet.SINCE}
    state = fleet.failed("DependencyNotReady", "dependency 'flux-system/infra' revision is not up to date")
    objects = [
        fleet.git(state=fleet.ready(artifact=artifact)),
        fleet.kustomization("infra", state=fleet.ready(lastAppliedRevision=OLD)),
        fleet.kustomization("apps", state=state, dependsOn=[{"name": "infra"}]),
    ]
    assert blamed(ask(objects))[:2] == ("Stale", "Kustomization/flux-system/infra")

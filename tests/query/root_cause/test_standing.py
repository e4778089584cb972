"""What else an answer says: what is paused, what a healthy object stands on, what nobody mirrors."""

from __future__ import annotations

import pytest

from mirror.keys import Resource
from mirror.store.changes import ScopeState
from query.errors import SelectorError
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import only

ARTIFACT = {"artifact": {"revision": "main@sha1:" + "a" * 40}}


def drifting(*, now: bool = True) -> list[Document]:
    state = fleet.status(
        fleet.condition("Ready", "True", "UpgradeSucceeded"),
        fleet.condition(
            "Drifted", str(now), "DriftDetected", "Deployment/apps/shop changed (0 additions, 1 changes)"
        ),
    )
    shop = fleet.deployment("shop", up=1)
    release = fleet.helm_release(state=state, children=[shop], driftDetection={"mode": "warn"})
    return [release, shop, fleet.event(release, "DriftDetected", "Cluster state has drifted")]


def test_what_is_suspended_is_said_and_not_blamed(ask: Ask) -> None:
    answer = ask([fleet.git(suspend=True, state=fleet.ready(**ARTIFACT)), fleet.kustomization("apps")])
    assert answer.healthy
    assert [(str(item.object), item.message) for item in answer.suspended] == [
        ("GitRepository/flux-system/flux-system", "holds main@sha1:aaaaaaaa")
    ]


def test_what_is_suspended_and_to_blame_is_said_once(ask: Ask) -> None:
    state = fleet.failed("DependencyNotReady", "dependency 'flux-system/infra' is not ready")
    apps = fleet.kustomization("apps", state=state, dependsOn=[{"name": "infra"}])
    answer = ask([fleet.git(), apps, fleet.kustomization("infra", suspend=True)])
    assert only(answer).class_ == "Suspended"
    assert answer.suspended == ()


def test_suspended_workloads_are_nobodys_business(ask: Ask) -> None:
    nightly = fleet.obj("batch/v1", "CronJob", "nightly", spec={"suspend": True})
    assert ask([nightly]).suspended == ()


def test_a_release_that_has_drifted_is_found_although_it_is_ready(ask: Ask) -> None:
    for named in ({}, {"kind": "HelmRelease"}):
        assert str(only(ask(drifting(), **named)).object) == "Deployment/apps/shop"
    assert ask(drifting(), kind="Kustomization").healthy
    assert ask(drifting(), namespace="apps").healthy is False


def test_drift_that_has_gone_is_forgotten(ask: Ask) -> None:
    assert ask(drifting(now=False)).healthy


def test_what_was_asked_is_said_with_its_state(ask: Ask) -> None:
    objects = [fleet.git(state=fleet.ready(**ARTIFACT)), fleet.kustomization("apps")]
    name = "Kustomization/flux-system/apps"
    assert ask(objects, kind="ks", name="apps").asked.startswith(f"{name} in ")
    assert ask(objects).asked == ""
    waiting = fleet.kustomization(
        "apps", state=fleet.status(fleet.condition("Ready", "Unknown", "Progressing"))
    )
    assert ask([objects[0], waiting], kind="ks", name="apps").asked.endswith(" (Progressing)")


def test_a_name_without_a_kind_is_never_ignored(ask: Ask) -> None:
    with pytest.raises(SelectorError, match="there is a Kustomization of that name"):
        ask([fleet.git(), fleet.kustomization("apps")], name="apps")


def test_a_healthy_object_says_what_it_stands_on(ask: Ask) -> None:
    objects = [
        fleet.git(secretRef={"name": "key"}),
        fleet.plain("Secret", "key", fleet.SYSTEM),
        fleet.kustomization("infra"),
        fleet.kustomization("apps", dependsOn=[{"name": "infra"}], serviceAccountName="deployer"),
        fleet.plain("ServiceAccount", "deployer", fleet.SYSTEM),
    ]
    answer = ask(objects, kind="ks", name="apps")
    assert answer.healthy
    assert [(str(item.object), item.field) for item in answer.depends_on] == [
        ("Kustomization/flux-system/infra", "spec.dependsOn[0]"),
        ("ServiceAccount/flux-system/deployer", "spec.serviceAccountName"),
        ("GitRepository/flux-system/flux-system", "spec.sourceRef"),
    ]
    assert {item.health for item in answer.depends_on} == {"Ready"}


def test_only_one_healthy_object_says_so(ask: Ask) -> None:
    clusters = {name: [fleet.git(), fleet.kustomization("apps")] for name in ("eu", "us")}
    assert ask(clusters, kind="ks", name="apps").depends_on == ()
    assert ask(clusters["eu"]).depends_on == ()


def test_a_kind_on_the_way_that_nobody_mirrors_is_named(ask: Ask) -> None:
    message = "health check failed after 30s: timeout waiting for: [Widget/apps/main status: 'InProgress']"
    apps = fleet.kustomization("apps", state=fleet.failed("HealthCheckFailed", message))
    widget = Resource("lab.example.com", "v1", "Widget", "widgets", True)
    answer = ask([fleet.git(), apps], also=[widget], states={"Widget": None}, kind="ks", name="apps")
    assert answer.not_mirrored == ("Widget.lab.example.com",)
    assert answer.not_visible == ("staging: widgets: not mirrored",)


def test_events_that_may_not_be_seen_are_said(ask: Ask) -> None:
    apps = fleet.kustomization("apps", state=fleet.failed("BuildFailed", "kustomize build failed"))
    answer = ask([fleet.git(), apps], states={"Event": ScopeState.FORBIDDEN}, kind="ks", name="apps")
    assert answer.not_visible == ("staging: events: forbidden",)

"""HelmReleases: values, charts, actions that fail, drift."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.clock import to_rfc3339
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document, condition
from tests.query.root_cause.verdicts import blamed, only, path

TIMEOUT = (
    "Helm upgrade failed for release apps/shop with chart shop@1.2.0: "
    "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
)


def release(reason: str, message: str, *others: Document, **spec: Any) -> list[Document]:
    return [
        fleet.helm_repository(),
        fleet.helm_chart(),
        fleet.helm_release(state=fleet.failed(reason, message, *others), **spec),
    ]


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_values_that_do_not_exist(ask: Ask, kind: str) -> None:
    message = (
        f"could not resolve {kind} chart values reference 'apps/limits' with key 'values.yaml': "
        f'{kind.lower()}s "limits" not found'
    )
    values = [{"kind": "ConfigMap", "name": "other"}, {"kind": kind, "name": "limits"}]
    answer = ask(release("ValuesError", message, valuesFrom=values), kind="hr", name="shop")
    assert blamed(answer) == ("Missing", f"{kind}/apps/limits", "")
    assert only(answer).path[-1].field == "spec.valuesFrom[1]"


def test_a_key_that_the_values_do_not_have(ask: Ask) -> None:
    message = (
        "could not resolve ConfigMap chart values reference 'apps/limits' with key 'prod.yaml': key not found"
    )
    objects = release("ValuesError", message, valuesFrom=[{"kind": "ConfigMap", "name": "limits"}])
    values = fleet.plain("ConfigMap", "limits", data={"values.yaml": "a: 1"})
    answer = ask([*objects, values], kind="hr", name="shop")
    assert blamed(answer) == ("Invalid", "HelmRelease/apps/shop", "spec.valuesFrom[0].valuesKey")
    assert path(answer) == ["HelmRelease", "ConfigMap"]
    assert any("has the keys values.yaml" in item.text for item in only(answer).evidence)


def test_values_that_are_no_yaml(ask: Ask) -> None:
    message = (
        "could not resolve ConfigMap chart values reference 'apps/limits' with key 'values.yaml': "
        "error converting YAML to JSON: yaml: line 2: did not find expected key"
    )
    objects = release("ValuesError", message, valuesFrom=[{"kind": "ConfigMap", "name": "limits"}])
    answer = ask(
        [*objects, fleet.plain("ConfigMap", "limits", data={"values.yaml": "{"})], kind="hr", name="shop"
    )
    assert blamed(answer) == ("Invalid", "ConfigMap/apps/limits", "data.values.yaml")


@pytest.mark.parametrize(
    ("tail", "class_", "field"),
    [
        (
            "values don't meet the specifications of the schema(s) in the following chart(s): shop",
            "Invalid",
            "spec.values",
        ),
        ("execution error at (shop/templates/x.yaml:1:2): image.tag is required", "Failed", "spec.values"),
        ("another operation (install/upgrade/rollback) is in progress", "Failed", ""),
    ],
)
def test_a_release_that_helm_refuses(ask: Ask, tail: str, class_: str, field: str) -> None:
    message = f"Helm upgrade failed for release apps/shop with chart shop@1.2.0: {tail}"
    answer = ask(release("UpgradeFailed", message), kind="hr", name="shop")
    assert blamed(answer) == (class_, "HelmRelease/apps/shop", field)


def test_an_object_that_belongs_to_somebody_else(ask: Ask) -> None:
    message = (
        'Helm install failed: Unable to continue with install: ConfigMap "taken" in namespace '
        '"apps" exists and cannot be imported into the current release: invalid ownership metadata'
    )
    answer = ask(
        [*release("InstallFailed", message), fleet.plain("ConfigMap", "taken")], kind="hr", name="shop"
    )
    assert blamed(answer) == ("Failed", "ConfigMap/apps/taken", "")


def test_helm_waits_for_a_workload_that_cannot_start(ask: Ask) -> None:
    web = fleet.deployment()
    pod = fleet.pod(fleet.replica_set(web), state=fleet.waiting("CrashLoopBackOff", "back-off restarting"))
    objects = release("UpgradeFailed", TIMEOUT, condition("Released", "False", "UpgradeFailed", TIMEOUT))
    answer = ask([*objects, web, fleet.replica_set(web), pod], kind="hr", name="shop")
    assert blamed(answer) == ("Workload", "Deployment/apps/web", "")
    assert path(answer) == ["HelmRelease", "Deployment", "ReplicaSet", "Pod"]


def rolled_back() -> list[Document]:
    return release(
        "RollbackSucceeded",
        "Helm rollback to previous release apps/shop.v3 with chart shop@1.1.0 succeeded",
        condition("Stalled", "True", "RetriesExceeded", "Failed to upgrade after 2 attempt(s)"),
        condition("Released", "False", "UpgradeFailed", TIMEOUT),
    )


def test_after_a_rollback_only_events_remember_the_pod(ask: Ask) -> None:
    web = fleet.deployment(up=1)
    old = fleet.replica_set(web, pods=0)
    old["spec"]["replicas"] = 0
    gone = fleet.pod(old)
    events = [
        fleet.event(old, "SuccessfulCreate", "Created pod: " + gone["metadata"]["name"], type_="Normal"),
        fleet.event(gone, "BackOff", "Back-off restarting failed container"),
    ]
    answer = ask([*rolled_back(), web, old, *events], kind="hr", name="shop")
    assert blamed(answer) == ("Workload", "Deployment/apps/web", "")
    assert path(answer) == ["HelmRelease", "Deployment", "ReplicaSet", "Pod"]
    assert "Back-off restarting failed container" in only(answer).message
    assert only(answer).logs is None, "what runs now has other things to tell"


def test_after_a_rollback_without_events_the_workload_is_still_named(ask: Ask) -> None:
    answer = ask([*rolled_back(), fleet.deployment(up=1)], kind="hr", name="shop")
    assert blamed(answer) == ("Workload", "Deployment/apps/web", "")


def test_after_an_uninstall_the_events_still_lead_to_the_pod(ask: Ask) -> None:
    web = fleet.deployment()
    owner = fleet.replica_set(web)
    gone = fleet.pod(owner)
    events = [
        fleet.event(
            web, "ScalingReplicaSet", f"Scaled up replica set {owner['metadata']['name']} from 0 to 1"
        ),
        fleet.event(owner, "SuccessfulCreate", f"Created pod: {gone['metadata']['name']}", type_="Normal"),
        fleet.event(gone, "BackOff", "Back-off restarting failed container"),
    ]
    objects = release(
        "UninstallSucceeded",
        "Helm uninstall succeeded for release apps/shop.v1",
        condition("Released", "False", "InstallFailed", TIMEOUT.replace("upgrade", "install")),
    )
    answer = ask([*objects, *events], kind="hr", name="shop")
    assert blamed(answer) == ("Workload", "HelmRelease/apps/shop", "")
    assert "Back-off restarting failed container" in only(answer).message
    assert blamed(ask(objects, kind="hr", name="shop")) == ("Failed", "HelmRelease/apps/shop", "")


def test_old_failures_of_a_release_that_is_being_upgraded_do_not_count(ask: Ask) -> None:
    """helm-controller recovers from wrong values without an event, so a Warning may be outdated."""
    told = "Running 'upgrade' action with timeout of 5m0s"
    busy = fleet.status(
        condition("Ready", "Unknown", "Progressing", told, to_rfc3339(fleet.AT - 60)),
        condition("Released", "True", "UpgradeSucceeded", "Helm upgrade succeeded"),
    )
    objects = [fleet.helm_repository(), fleet.helm_chart(), fleet.helm_release(state=busy)]
    answer = ask([*objects, fleet.event(objects[2], "ValuesError", "key not found")], kind="hr", name="shop")
    assert answer.healthy
    assert [str(item.object) for item in answer.transient] == ["HelmRelease/apps/shop"]


def test_drift_that_is_only_reported(ask: Ask) -> None:
    text = "Cluster state of release apps/shop.v1 has drifted from the desired state:\n"
    text += "Deployment/apps/web changed (0 additions, 1 changes, 0 removals)\nService/apps/web removed"
    web = fleet.deployment(up=1)
    service = fleet.obj("v1", "Service", "web", spec={})
    state = fleet.status(
        condition("Ready", "True", "Succeeded"), condition("Drifted", "True", "DriftDetected", text)
    )
    owner = fleet.helm_release(state=state, children=[web, service], driftDetection={"mode": "warn"})
    answer = ask([fleet.helm_repository(), fleet.helm_chart(), owner, web], kind="hr", name="shop")
    assert [(cause.class_, str(cause.object)) for cause in answer.causes] == [
        ("Missing", "Service/apps/web"),
        ("Invalid", "Deployment/apps/web"),
    ]


def test_a_release_that_is_asked_about_says_that_it_is_suspended(ask: Ask) -> None:
    objects = [fleet.helm_repository(), fleet.helm_chart(), fleet.helm_release(suspend=True)]
    answer = ask(objects, kind="hr", name="shop")
    assert blamed(answer) == ("Suspended", "HelmRelease/apps/shop", "spec.suspend")
    assert only(answer).next_step.startswith("flux resume helmrelease shop")

"""Appliers that work in another cluster."""

from __future__ import annotations

import pytest

from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import blamed, only

REMOTE = {"secretRef": {"name": "remote"}}
SECRET = fleet.plain("Secret", "remote", fleet.SYSTEM)
APPLIER = {"name": "apps", "namespace": fleet.SYSTEM}


def apps(reason: str, message: str) -> list[Document]:
    state = fleet.failed(reason, message)
    return [fleet.git(), fleet.kustomization("apps", state=state, kubeConfig=REMOTE)]


def test_a_kubeconfig_that_does_not_exist(ask: Ask) -> None:
    message = "unable to read KubeConfig secret 'flux-system/remote' error: secrets \"remote\" not found"
    answer = ask(apps("ReconciliationFailed", message), kind="ks", name="apps")
    assert blamed(answer) == ("Missing", "Secret/flux-system/remote", "")
    assert only(answer).path[-1].field == "spec.kubeConfig.secretRef"


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (
            "ReconciliationFailed",
            'Index/apps/x dry-run failed: no matches for kind "Index" in version "lab.example.com/v1"',
        ),
        ("ReconciliationFailed", 'ConfigMap/shop/x not found: namespaces "shop" not found'),
        ("HealthCheckFailed", "timeout waiting for: [Deployment/apps/web status: 'InProgress']"),
    ],
)
def test_what_is_wrong_over_there_is_not_looked_for_here(ask: Ask, reason: str, message: str) -> None:
    """The Deployment of the same name in this cluster is another one."""
    answer = ask([*apps(reason, message), SECRET, fleet.deployment()], kind="ks", name="apps")
    assert blamed(answer) == ("Failed", "Kustomization/flux-system/apps", "")
    assert any("another cluster" in text for text in answer.not_visible)


def test_one_server_that_does_not_answer_is_one_incident(ask: Ask) -> None:
    message = (
        "failed to get server groups: Get https://192.0.2.1:6443/api: dial tcp 192.0.2.1:6443: i/o timeout"
    )
    state = fleet.failed("ReconciliationFailed", message)
    other = fleet.kustomization("infra", state=state, kubeConfig={"secretRef": {"name": "same-server"}})
    secret = fleet.plain("Secret", "same-server", fleet.SYSTEM)
    cause = only(ask([*apps("ReconciliationFailed", message), SECRET, other, secret]))
    assert cause.class_ == "External"
    assert cause.affected.count == 3


def test_what_fails_at_home_is_looked_for_at_home(ask: Ask) -> None:
    message = "substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found"
    assert blamed(ask([*apps("BuildFailed", message), SECRET], kind="ks", name="apps")) == (
        "Missing",
        "ConfigMap/flux-system/vars",
        "",
    )


def test_the_walk_goes_on_in_the_other_cluster_where_that_is_mirrored(ask: Ask) -> None:
    """What the labels of the objects over there say about who applies them."""
    labels = {f"kustomize.toolkit.fluxcd.io/{key}": word for key, word in APPLIER.items()}
    web = fleet.deployment(labels=labels)
    owner = fleet.replica_set(web)
    pod = fleet.pod(owner, state=fleet.waiting("CrashLoopBackOff", "back-off"))
    state = fleet.failed(
        "HealthCheckFailed", "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
    )
    hub = [fleet.git(), fleet.kustomization("apps", state=state, children=[web], kubeConfig=REMOTE), SECRET]
    cause = only(ask({"hub": hub, "edge": [web, owner, pod]}, kind="ks", name="apps"))
    assert (cause.class_, str(cause.object), cause.object.cluster) == (
        "Workload",
        "Deployment/apps/web",
        "edge",
    )
    assert [step.object.cluster for step in cause.path] == ["hub", "edge", "edge", "edge"]
    alone = only(ask({"hub": hub}, kind="ks", name="apps"))
    assert str(alone.object) == "Kustomization/flux-system/apps"

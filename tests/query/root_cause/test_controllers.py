"""Flux controllers that do not run."""

from __future__ import annotations

import pytest

from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.verdicts import blamed, only

DOWNLOAD = (
    "failed to download archive: GET http://source-controller.flux-system/x.tar.gz giving up: "
    "dial tcp 10.0.0.1:80: connect: connection refused"
)


def test_a_download_that_fails_leads_to_the_source_controller(ask: Ask) -> None:
    objects = [
        fleet.git(),
        fleet.kustomization("apps", state=fleet.failed("ArtifactFailed", DOWNLOAD)),
        fleet.controller("source-controller", up=0, wanted=0),
        fleet.controller("kustomize-controller"),
    ]
    answer = ask(objects, kind="ks", name="apps")
    assert blamed(answer) == ("ControllerDown", "Deployment/flux-system/source-controller", "spec.replicas")
    assert [step.object.kind for step in only(answer).path] == [
        "Kustomization",
        "GitRepository",
        "Deployment",
    ]
    assert "scale deployment/source-controller --replicas=1" in only(answer).next_step


def test_a_download_that_fails_although_the_controller_runs(ask: Ask) -> None:
    objects = [
        fleet.git(),
        fleet.kustomization("apps", state=fleet.failed("ArtifactFailed", DOWNLOAD)),
        fleet.controller("source-controller"),
    ]
    assert blamed(ask(objects, kind="ks", name="apps"))[:2] == (
        "Failed",
        "GitRepository/flux-system/flux-system",
    )


@pytest.mark.parametrize("named", [True, False])
def test_green_objects_of_a_dead_controller(ask: Ask, named: bool) -> None:
    """Everything is Ready and will stay so, because nobody looks any more."""
    dead = fleet.controller("kustomize-controller", up=0)
    owner = fleet.replica_set(dead)
    pod = fleet.pod(owner, state=fleet.waiting("ImagePullBackOff", "not found"))
    objects = [
        fleet.git(),
        fleet.kustomization("apps"),
        dead,
        owner,
        pod,
        fleet.controller("source-controller"),
    ]
    answer = ask(objects, **({"kind": "ks", "name": "apps"} if named else {}))
    first = answer.causes[0]
    assert (first.class_, str(first.object)) == (
        "ControllerDown",
        "Deployment/flux-system/kustomize-controller",
    )
    assert "ImagePullBackOff" in first.message


def test_one_replica_is_enough(ask: Ask) -> None:
    half = fleet.controller("kustomize-controller", up=1, wanted=2)
    assert ask([fleet.git(), fleet.kustomization("apps"), half], kind="ks", name="apps").healthy


def test_a_deployment_of_that_name_elsewhere_is_not_flux(ask: Ask) -> None:
    lookalike = fleet.deployment("kustomize-controller", namespace="shop", up=0, wanted=0)
    ours = fleet.controller("kustomize-controller")
    assert ask([fleet.git(), fleet.kustomization("apps"), lookalike, ours], kind="ks", name="apps").healthy


def test_a_full_disk_is_the_controllers_and_not_the_sources(ask: Ask) -> None:
    """Whatever the message is: the condition says that it could not be stored."""
    failed = fleet.condition("StorageOperationFailed", "True", "ArchiveOperationFailed", "cannot write")
    source = fleet.git(state=fleet.failed("ArchiveOperationFailed", "cannot write", failed))
    answer = ask([source, fleet.controller("source-controller")], kind="gitrepo", name="flux-system")
    assert blamed(answer)[:2] == ("Failed", "Deployment/flux-system/source-controller")


def test_a_controller_that_somebody_has_deleted(ask: Ask) -> None:
    """The bootstrap Kustomization has applied it and lists it."""
    gone = fleet.controller("helm-controller")
    top = fleet.kustomization("flux-system", children=[gone])
    objects = [fleet.git(), top, fleet.controller("source-controller"), fleet.helm_release()]
    for named in ({"kind": "hr", "name": "shop"}, {}):
        answer = ask(objects, **named)
        assert blamed(answer) == ("ControllerDown", "Deployment/flux-system/helm-controller", "")
        assert "flux reconcile kustomization flux-system" in only(answer).next_step


def test_what_keeps_a_controller_from_running_is_the_cause(ask: Ask) -> None:
    dead = fleet.controller("kustomize-controller", up=0)
    owner = fleet.replica_set(dead)
    message = 'configmap "proxy" not found'
    container = {"name": "manager", "envFrom": [{"configMapRef": {"name": "proxy"}}]}
    waiting = fleet.waiting("CreateContainerConfigError", message)
    pod = fleet.pod(owner, state=waiting, spec={"containers": [container]})
    running = fleet.controller("source-controller")
    objects = [fleet.git(), fleet.kustomization("apps"), dead, owner, pod, running]
    for named in ({"kind": "ks", "name": "apps"}, {}):
        answer = ask(objects, **named)
        assert blamed(answer)[:2] == ("Missing", "ConfigMap/flux-system/proxy")

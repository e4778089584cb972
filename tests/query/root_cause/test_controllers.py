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

"""Hooks, tests, locks and tugs of war over what a HelmRelease applies."""

from __future__ import annotations

from mirror.clock import to_rfc3339
from mirror.keys import Resource
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import AT, Document
from tests.query.root_cause.verdicts import blamed, only

SCALER = Resource("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", True)


def job(name: str) -> Document:
    state = fleet.status(fleet.condition("Failed", "True", "BackoffLimitExceeded", "too many failures"))
    return fleet.obj("batch/v1", "Job", name, status=state)


def test_a_hook_whose_job_is_still_there(ask: Ask) -> None:
    message = "Helm upgrade failed: pre-upgrade hooks failed: job migrate failed: BackoffLimitExceeded"
    release = fleet.helm_release(state=fleet.failed("UpgradeFailed", message))
    assert blamed(ask([release, job("migrate")], kind="hr", name="shop"))[:2] == (
        "Workload",
        "Job/apps/migrate",
    )


def test_a_hook_whose_job_has_gone_is_the_word_of_its_release(ask: Ask) -> None:
    message = "Helm upgrade failed: pre-upgrade hooks failed: job migrate failed: BackoffLimitExceeded"
    release = fleet.helm_release(state=fleet.failed("UpgradeFailed", message))
    assert blamed(ask([release], kind="hr", name="shop"))[:2] == ("Failed", "HelmRelease/apps/shop")


def test_a_lock_that_an_interrupted_controller_has_left(ask: Ask) -> None:
    """By Helm's own record of the release; the message may say anything."""
    history = [{"name": "shop", "version": 2, "status": "pending-upgrade", "chartVersion": "1.0.0"}]
    release = fleet.helm_release(state=fleet.failed("UpgradeFailed", "no luck", history=history))
    manager = fleet.controller("helm-controller")
    owner = fleet.replica_set(manager)
    restarted = {"restartCount": 2, "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}
    pod = fleet.pod(owner, phase="Running", container=restarted)
    objects = [release, manager, owner, pod, fleet.controller("source-controller")]
    cause = only(ask(objects, kind="hr", name="shop"))
    assert str(cause.object) == "HelmRelease/apps/shop"
    assert "--force" in cause.next_step
    assert any("OOMKilled" in item.text for item in cause.evidence)


def tug_of_war(count: int) -> list[Document]:
    shop = fleet.deployment("shop", up=1)
    release = fleet.helm_release(children=[shop], driftDetection={"mode": "enabled"})
    told = fleet.event(
        release,
        "DriftCorrected",
        "Cluster state of release apps/shop.v3 has been corrected:\nDeployment/apps/shop changed (1 changes)",
        type_="Normal",
        at=to_rfc3339(AT - 60),
    )
    return [fleet.helm_repository(), fleet.helm_chart(), release, shop, told | {"count": count}]


def test_somebody_else_changes_the_same_field_again_and_again(ask: Ask) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
    scaler = fleet.obj("autoscaling/v2", "HorizontalPodAutoscaler", "shop", spec={"scaleTargetRef": target})
    cause = only(ask([*tug_of_war(9), scaler], also=[SCALER], kind="hr", name="shop"))
    assert (cause.class_, str(cause.object)) == ("Invalid", "Deployment/apps/shop")
    assert "HorizontalPodAutoscaler apps/shop scales it" in cause.next_step


def test_one_correction_is_what_corrections_are_for(ask: Ask) -> None:
    assert ask(tug_of_war(1), kind="hr", name="shop").healthy

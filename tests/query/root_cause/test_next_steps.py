"""What to do next, as typed: the right object, the right place for the change, and a command that works."""

from __future__ import annotations

from typing import Any

import pytest

from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.test_workloads import applied, with_pod
from tests.query.root_cause.verdicts import blamed, only

MANAGED = "in the manifests of Kustomization flux-system/apps, then: "

LOGIN = "--from-literal=username=USER --from-literal=password=PASSWORD"


def managed(*objects: Document) -> list[Document]:
    return [fleet.kustomization("apps", children=objects), *objects]


@pytest.mark.parametrize(
    ("obj", "made"),
    [
        (
            fleet.git(
                state=fleet.failed("AuthenticationFailed", 'secrets "x" not found'), secretRef={"name": "x"}
            ),
            f"-n flux-system create secret generic x {LOGIN}",
        ),
        (
            fleet.helm_release(
                state=fleet.failed("ValuesError", 'secrets "x" not found'),
                valuesFrom=[{"kind": "Secret", "name": "x", "valuesKey": "prod.yaml"}],
            ),
            "-n apps create secret generic x --from-file=prod.yaml=FILE",
        ),
        (
            fleet.kustomization(
                "apps",
                state=fleet.failed("BuildFailed", 'secrets "x" not found'),
                decryption={"provider": "sops", "secretRef": {"name": "x"}},
            ),
            "-n flux-system create secret generic x --from-file=age.agekey=FILE",
        ),
    ],
)
def test_a_missing_secret_is_made_with_what_is_read_from_it(ask: Ask, obj: Document, made: str) -> None:
    meta = obj["metadata"]
    cause = only(ask([obj, fleet.helm_chart()], kind=obj["kind"], name=meta["name"]))
    assert f"or create it: kubectl --context staging {made}; or correct spec." in cause.next_step


def test_a_reference_is_corrected_where_people_wrote_it(ask: Ask) -> None:
    """Not in the Pod, which nobody can edit so, and not in the cluster, where the applier would revert it."""
    reference = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    objects = with_pod(state=fleet.waiting("CreateContainerConfigError", 'configmap "settings" not found'))
    top, web, pod = objects[-4], objects[-3], objects[-1]
    web["spec"]["template"]["spec"]["containers"][0].update(reference)
    pod["spec"]["containers"][0].update(reference)
    cause = only(ask(objects, kind="ks", name=top["metadata"]["name"]))
    field = "spec.template.spec.containers[0].envFrom[0].configMapRef"
    assert f"or correct {field} of Deployment apps/web {MANAGED}flux reconcile" in cause.next_step
    assert [item.object.kind for item in cause.evidence if item.kind == "reference"] == ["Deployment"]


def test_an_object_that_is_applied_is_changed_in_git(ask: Ask) -> None:
    source = fleet.git("shop", state=fleet.failed("GitOperationFailed", "dial tcp: connection refused"))
    cause = only(ask([fleet.git(), *managed(source)], kind="gitrepo", name="shop"))
    assert cause.class_ == "External"
    assert f"or correct spec.url {MANAGED}" in cause.next_step


def test_credentials_are_tried_again_by_who_uses_them(ask: Ask) -> None:
    source = fleet.git(
        state=fleet.failed("GitOperationFailed", "authentication required"), secretRef={"name": "key"}
    )
    objects = [source, fleet.plain("Secret", "key", fleet.SYSTEM)]
    step = only(ask(objects, kind="gitrepo", name="flux-system")).next_step
    assert step.startswith("renew the credentials: kubectl --context staging -n flux-system edit secret/key")
    assert step.endswith("then: flux reconcile source git flux-system -n flux-system --context staging")


@pytest.mark.parametrize("secret", [None, {"name": "key"}])
def test_who_may_not_see_a_repository_is_told_that_there_is_none(ask: Ask, secret: Any) -> None:
    text = "unable to clone 'https://git.example.com/x.git': authentication required: Repository not found."
    source = fleet.git(
        state=fleet.failed("GitOperationFailed", text), **({"secretRef": secret} if secret else {})
    )
    objects = [source, fleet.plain("Secret", "key", fleet.SYSTEM)]
    assert only(ask(objects, kind="gitrepo", name="flux-system")).class_ == "Denied"


@pytest.mark.parametrize("state", [None, fleet.failed("Failed", "500 Internal Server Error")])
def test_a_chart_may_have_been_published_since_its_source_stands_still(ask: Ask, state: Any) -> None:
    text = "no 'shop' chart with version matching '2.0.0' found"
    chart = fleet.helm_chart(state=fleet.failed("InvalidChartReference", text))
    release = fleet.helm_release(state=fleet.failed("SourceNotReady", "HelmChart is not ready"))
    well = [fleet.helm_repository(), chart, release]
    assert blamed(ask(well, kind="hr", name="shop"))[1] == "HelmRelease/apps/shop"
    still = fleet.helm_repository(state=state) if state else fleet.helm_repository(suspend=True)
    class_, object_, _ = blamed(ask([still, chart, release], kind="hr", name="shop"))
    assert (class_, object_) == ("External" if state else "Suspended", "HelmRepository/apps/charts")


def test_a_job_runs_again_when_the_old_one_is_gone(ask: Ask) -> None:
    end = fleet.condition("Failed", "True", "BackoffLimitExceeded", "Job has reached it")
    job = fleet.obj("batch/v1", "Job", "migrate", spec={}, status={"conditions": [end], "failed": 1})
    exit_ = {"terminated": {"exitCode": 3, "reason": "Error"}}
    pod = fleet.pod(job, phase="Failed", state=exit_)
    step = only(ask(applied(job, pod), kind="ks", name="apps")).next_step
    assert f"logs pod/{pod['metadata']['name']} -c web)" in step
    assert f"{MANAGED}kubectl --context staging -n apps delete job/migrate && flux reconcile" in step


def test_a_release_that_has_used_up_its_retries_is_reset(ask: Ask) -> None:
    stalled = fleet.condition("Stalled", "True", "RetriesExceeded", "Failed to install after 1 attempt(s)")
    release = fleet.helm_release(state=fleet.failed("InstallFailed", "it went wrong", stalled))
    objects = [fleet.helm_repository(), fleet.helm_chart(), release]
    assert "--reset" in only(ask(objects, kind="hr", name="shop")).next_step

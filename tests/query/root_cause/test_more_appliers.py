"""What an API server refuses for reasons that lie elsewhere, and variables that nothing sets."""

from __future__ import annotations

import pytest

from mirror.store.changes import ScopeState
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import blamed, only, path

CALL = (
    'failed calling webhook "check.policy.io": Post "https://policy.policy.svc:443/check": dial tcp: refused'
)
CONVERSION = (
    "conversion webhook for lab.example.com/v1, Kind=Index failed: "
    'Post "https://policy.policy.svc:443/c": refused'
)


def apps(reason: str, message: str) -> list[Document]:
    return [fleet.git(), fleet.kustomization("apps", state=fleet.failed(reason, message))]


def server(*, wanted: int) -> list[Document]:
    service = fleet.obj("v1", "Service", "policy", "policy", spec={"selector": {"app": "policy"}})
    found = fleet.deployment("policy", namespace="policy", up=wanted, wanted=wanted)
    found["spec"]["template"]["metadata"] = {"labels": {"app": "policy"}}
    return [service, found]


@pytest.mark.parametrize("message", [CALL, CONVERSION])
def test_a_webhook_whose_server_is_scaled_to_zero(ask: Ask, message: str) -> None:
    """The Service is known from the address, also without the configuration that names it."""
    failure = f"Index/apps/x dry-run failed (InternalError): Internal error occurred: {message}"
    answer = ask([*apps("ReconciliationFailed", failure), *server(wanted=0)], kind="ks", name="apps")
    assert blamed(answer) == ("Workload", "Deployment/policy/policy", "spec.replicas")
    assert path(answer) == ["Kustomization", "Service", "Deployment"]


@pytest.mark.parametrize(
    ("up", "root"), [(0, "Deployment/policy/policy"), (1, "Kustomization/flux-system/apps")]
)
def test_a_webhook_whose_server_has_no_ready_pod(ask: Ask, up: int, root: str) -> None:
    """Its counts tell, also where its Pods may not be seen: a server that runs is no reason."""
    failure = f"Index/apps/x dry-run failed (InternalError): Internal error occurred: {CALL}"
    service, deployment = server(wanted=1)
    deployment["status"].update(readyReplicas=up, availableReplicas=up)
    states = {"Pod": ScopeState.FORBIDDEN, "ReplicaSet": ScopeState.FORBIDDEN}
    objects = [*apps("ReconciliationFailed", failure), service, deployment]
    answer = ask(objects, states=states, kind="ks", name="apps")
    assert blamed(answer)[1] == root
    assert any("pods" in text for text in answer.not_visible) is (up == 0)


def test_a_namespace_that_is_being_deleted(ask: Ask) -> None:
    message = (
        'ConfigMap/shop/x dry-run failed (Forbidden): configmaps "x" is forbidden: unable to create new '
        "content in namespace shop because it is being terminated"
    )
    shop = fleet.obj("v1", "Namespace", "shop", None, status={"phase": "Terminating"})
    shop["metadata"]["deletionTimestamp"] = fleet.SINCE
    cause = only(ask([*apps("ReconciliationFailed", message), shop], kind="ks", name="apps"))
    assert (cause.class_, str(cause.object), cause.reason) == ("Failed", "Namespace/shop", "Terminating")


def test_a_variable_that_nothing_sets(ask: Ask) -> None:
    message = 'variable substitution failed: variable not set (strict mode): "REGION"'
    answer = ask(apps("BuildFailed", message), kind="ks", name="apps")
    assert blamed(answer) == ("Invalid", "Kustomization/flux-system/apps", "spec.postBuild")
    assert "REGION" in only(answer).next_step


def test_a_push_that_is_refused_is_a_matter_of_the_sources_credentials(ask: Ask) -> None:
    state = fleet.failed("GitOperationFailed", "push rejected: this deploy key has read-only access")
    automation = fleet.obj(
        "image.toolkit.fluxcd.io/v1",
        "ImageUpdateAutomation",
        "images",
        fleet.SYSTEM,
        spec={"sourceRef": {"kind": "GitRepository", "name": "flux-system"}},
        status=state,
    )
    objects = [automation, fleet.git(secretRef={"name": "key"}), fleet.plain("Secret", "key", fleet.SYSTEM)]
    answer = ask(objects, kind="ImageUpdateAutomation", name="images")
    assert blamed(answer) == ("Denied", "Secret/flux-system/key", "")


def test_inputs_that_are_chosen_by_labels(ask: Ask) -> None:
    """A ResourceSet stays ready on the inputs it has, whatever becomes of their provider."""
    provider = fleet.obj(
        fleet.OPERATOR,
        "ResourceSetInputProvider",
        "pulls",
        labels={"team": "a"},
        spec={"type": "GitHubPullRequest", "url": "https://git.example.com/org/app"},
        status=fleet.failed("ReconciliationFailed", "failed to call Git provider: 500"),
    )
    inputs = [{"kind": "ResourceSetInputProvider", "selector": {"matchLabels": {"team": "a"}}}]
    chosen = fleet.obj(
        fleet.OPERATOR, "ResourceSet", "envs", spec={"inputsFrom": inputs}, status=fleet.ready()
    )
    answer = ask([provider, chosen], kind="ResourceSet", name="envs")
    assert blamed(answer)[:2] == ("External", "ResourceSetInputProvider/apps/pulls")


def test_a_definition_that_a_failing_release_should_have_brought(ask: Ask) -> None:
    message = 'Index/apps/x dry-run failed: no matches for kind "Index" in version "lab.example.com/v1"'
    definition = fleet.obj(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", "indexes.lab.example.com", None
    )
    operator = fleet.kustomization(
        "operator", state=fleet.failed("BuildFailed", "kustomize build failed"), children=[definition]
    )
    answer = ask([*apps("ReconciliationFailed", message), operator], kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Failed", "Kustomization/flux-system/operator")

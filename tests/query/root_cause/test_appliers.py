"""Kustomizations and ResourceSets: what they build, what they may apply, what they wait for."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.store.changes import ScopeState
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import blamed, only, path

FORBIDDEN = (
    'Deployment/apps/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: '
    'User "system:serviceaccount:apps:deployer" cannot patch resource "deployments" in API group "apps" '
    'in the namespace "apps"\n'
)


def apps(reason: str, message: str, **spec: Any) -> list[Document]:
    return [fleet.git(), fleet.kustomization("apps", state=fleet.failed(reason, message), **spec)]


def test_a_path_that_is_not_in_the_repository(ask: Ask) -> None:
    message = (
        "kustomization path not found: stat /tmp/kustomization-123456/nowhere: no such file or directory"
    )
    answer = ask(apps("ArtifactFailed", message), kind="ks", name="apps")
    assert blamed(answer) == ("Invalid", "Kustomization/flux-system/apps", "spec.path")
    assert "/tmp/" not in only(answer).message
    assert "./apps" in only(answer).next_step


@pytest.mark.parametrize("optional", [True, False])
def test_variables_that_do_not_exist(ask: Ask, optional: bool) -> None:
    message = (
        "post build failed for 'x': substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found"
    )
    variables = {"kind": "ConfigMap", "name": "vars", "optional": optional}
    answer = ask(
        apps("BuildFailed", message, postBuild={"substituteFrom": [variables]}), kind="ks", name="apps"
    )
    assert blamed(answer) == ("Missing", "ConfigMap/flux-system/vars", "")
    assert only(answer).path[-1].field == "spec.postBuild.substituteFrom[0]"


def test_a_missing_object_that_the_message_does_not_name_is_no_cause(ask: Ask) -> None:
    message = "kustomize build failed: accumulating resources"
    variables = {"kind": "ConfigMap", "name": "vars"}
    answer = ask(
        apps("BuildFailed", message, postBuild={"substituteFrom": [variables]}), kind="ks", name="apps"
    )
    assert blamed(answer)[1] == "Kustomization/flux-system/apps"


def test_objects_of_one_name_and_two_kinds_are_told_apart(ask: Ask) -> None:
    message = "substitute from 'Secret/vars' error: secrets \"vars\" not found"
    variables = [
        {"kind": kind, "name": "vars", "optional": kind == "ConfigMap"} for kind in ("ConfigMap", "Secret")
    ]
    answer = ask(
        apps("BuildFailed", message, postBuild={"substituteFrom": variables}), kind="ks", name="apps"
    )
    assert blamed(answer) == ("Missing", "Secret/flux-system/vars", "")


def test_a_resource_set_keeps_the_inputs_of_a_failing_provider(ask: Ask) -> None:
    limit = "failed to call Git provider: 403 API rate limit exceeded for 192.0.2.1"
    provider = fleet.obj(
        fleet.OPERATOR,
        "ResourceSetInputProvider",
        "pulls",
        spec={"type": "GitHubPullRequest"},
        status=fleet.failed("ReconciliationFailed", limit),
    )
    inputs = [{"kind": "ResourceSetInputProvider", "name": "pulls"}]
    sets = fleet.obj(fleet.OPERATOR, "ResourceSet", "envs", spec={"inputsFrom": inputs}, status=fleet.ready())
    answer = ask([provider, sets], kind="ResourceSet", name="envs")
    assert blamed(answer)[:2] == ("External", "ResourceSetInputProvider/apps/pulls")


def test_a_namespace_that_nobody_made(ask: Ask) -> None:
    message = 'ConfigMap/shop/settings not found: namespaces "shop" not found'
    answer = ask(apps("ReconciliationFailed", message), kind="ks", name="apps")
    assert blamed(answer) == ("Missing", "Namespace/shop", "")
    assert "create namespace shop" in only(answer).next_step


def test_a_key_that_does_not_fit(ask: Ask) -> None:
    message = "decryption failed for 'v1/Secret/x': cannot get sops data key: failed to decrypt sops data key"
    objects = apps("BuildFailed", message, decryption={"provider": "sops", "secretRef": {"name": "age"}})
    key = fleet.plain("Secret", "age", fleet.SYSTEM)
    assert blamed(ask([*objects, key], kind="ks", name="apps")) == ("Invalid", "Secret/flux-system/age", "")


def test_references_into_another_namespace_are_blocked(ask: Ask) -> None:
    message = "can't access 'GitRepository/team/code', cross-namespace references have been blocked"
    objects = apps(
        "AccessDenied", message, sourceRef={"kind": "GitRepository", "name": "code", "namespace": "team"}
    )
    answer = ask([*objects, fleet.git("code", "team")], kind="ks", name="apps")
    assert blamed(answer) == ("Denied", "Kustomization/flux-system/apps", "spec.sourceRef")


@pytest.mark.parametrize(
    ("message", "class_", "advice"),
    [
        (
            "dry-run failed: failed to create typed patch object: .spec.replicas: expected numeric",
            "Failed",
            "spec.replicas",
        ),
        (
            'dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.selector: field is immutable',
            "Failed",
            "immutable",
        ),
        (
            'dry-run failed (Forbidden): admission webhook "p.io" denied the request: no',
            "Denied",
            "webhook p.io",
        ),
    ],
)
def test_a_manifest_that_the_api_server_refuses(ask: Ask, message: str, class_: str, advice: str) -> None:
    objects = [*apps("ReconciliationFailed", f"Deployment/apps/web {message}"), fleet.deployment(up=1)]
    answer = ask(objects, kind="ks", name="apps")
    assert blamed(answer) == (class_, "Kustomization/flux-system/apps", "")
    assert advice in only(answer).next_step
    assert "Deployment apps/web" in only(answer).next_step


@pytest.mark.parametrize("served", ["nowhere", "elsewhere", "here"])
def test_a_kind_without_a_definition(ask: Ask, served: str) -> None:
    message = 'Index/apps/main dry-run failed: no matches for kind "Index" in version "lab.example.com/v1"'
    objects = apps("ReconciliationFailed", message)
    if served == "here":
        names = {"kind": "Index", "plural": "indices"}
        spec = {"group": "lab.example.com", "names": names, "versions": [{"name": "v1", "served": True}]}
        state = {"conditions": [fleet.condition("Established", "True", "InitialNamesAccepted")]}
        crd = fleet.obj(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", "indices.lab.example.com", None, spec=spec
        )
        assert ask([*objects, {**crd, "status": state}], kind="ks", name="apps").healthy
        return
    answer = ask(objects, kind="ks", name="apps")
    assert blamed(answer) == ("Missing", "CustomResourceDefinition/indexes.lab.example.com", "")


def roles(*, bound: bool = True) -> list[Document]:
    account = fleet.plain("ServiceAccount", "deployer")
    role = fleet.plain("Role", "deployer", api_version=fleet.RBAC, rules=[])
    subject = {"kind": "ServiceAccount", "name": "deployer", "namespace": "apps"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"}
    binding = fleet.plain("RoleBinding", "b", api_version=fleet.RBAC, subjects=[subject], roleRef=reference)
    return [account, role, binding] if bound else [account, role]


def test_the_role_of_an_impersonated_account_is_too_small(ask: Ask) -> None:
    objects = [*apps("ReconciliationFailed", FORBIDDEN, serviceAccountName="deployer"), *roles()]
    for item in objects[1:2]:
        item["metadata"]["namespace"] = "apps"
        item["spec"]["sourceRef"]["namespace"] = fleet.SYSTEM
    answer = ask(objects, kind="ks", name="apps")
    assert blamed(answer) == ("Denied", "Role/apps/deployer", "rules")
    assert path(answer) == ["Kustomization", "ServiceAccount", "RoleBinding", "Role"]
    assert "patch deployments.apps" in only(answer).next_step


def test_an_account_that_nothing_is_bound_to(ask: Ask) -> None:
    objects = [*apps("ReconciliationFailed", FORBIDDEN), *roles(bound=False)]
    answer = ask(objects, kind="ks", name="apps")
    assert blamed(answer) == ("Denied", "ServiceAccount/apps/deployer", "")
    assert "--serviceaccount=apps:deployer" in only(answer).next_step


def test_an_account_that_does_not_exist(ask: Ask) -> None:
    answer = ask(apps("ReconciliationFailed", FORBIDDEN), kind="ks", name="apps")
    assert blamed(answer) == ("Missing", "ServiceAccount/apps/deployer", "")


def test_bindings_that_cannot_be_seen_are_said(ask: Ask) -> None:
    objects = [*apps("ReconciliationFailed", FORBIDDEN), *roles()]
    answer = ask(objects, states={"RoleBinding": ScopeState.FORBIDDEN}, kind="ks", name="apps")
    assert blamed(answer)[1] == "ServiceAccount/apps/deployer"
    assert answer.not_visible == ("staging: rolebindings: forbidden",)


def test_an_account_that_cannot_list_what_it_has_applied(ask: Ask) -> None:
    """The Deployment is fine; the health check of a tenant is not allowed to see its ReplicaSets."""
    message = (
        "health check failed after 30s: timeout waiting for: [Deployment/apps/web status: 'Unknown': "
        'replicasets.apps is forbidden: User "system:serviceaccount:apps:deployer" cannot list resource '
        '"replicasets" in API group "apps" in the namespace "apps"]'
    )
    answer = ask(
        [*apps("HealthCheckFailed", message), *roles(), fleet.deployment(up=1)], kind="ks", name="apps"
    )
    assert blamed(answer) == ("Denied", "Role/apps/deployer", "rules")


@pytest.mark.parametrize(
    ("message", "class_"),
    [
        (
            "KubeConfig secret 'flux-system/remote' does not contain a 'value' key with a kubeconfig",
            "Invalid",
        ),
        ("the server has asked for the client to provide credentials", "Denied"),
        ("dial tcp 192.0.2.1:6443: i/o timeout", "External"),
    ],
)
def test_another_cluster_that_cannot_be_reached(ask: Ask, message: str, class_: str) -> None:
    objects = apps("ReconciliationFailed", message, kubeConfig={"secretRef": {"name": "remote"}})
    secret = fleet.plain("Secret", "remote", fleet.SYSTEM)
    assert blamed(ask([*objects, secret], kind="ks", name="apps")) == (
        class_,
        "Secret/flux-system/remote",
        "",
    )


def test_parents_delegate_to_the_child_that_they_wait_for(ask: Ask) -> None:
    source = fleet.git(
        "code", "team", state=fleet.failed("GitOperationFailed", "x509: certificate has expired")
    )
    middle = fleet.kustomization("apps", state=fleet.unhealthy(source), children=[source])
    top = fleet.kustomization("top", state=fleet.unhealthy(middle), children=[middle])
    answer = ask([fleet.git(), source, middle, top], kind="ks", name="top")
    assert blamed(answer)[:2] == ("External", "GitRepository/team/code")
    assert [step.relation for step in only(answer).path] == ["", "health", "health"]


def test_a_bootstrap_that_lists_itself_does_not_loop(ask: Ask) -> None:
    itself = fleet.kustomization("top")
    top = fleet.kustomization("top", state=fleet.unhealthy(itself), children=[itself, fleet.git()])
    answer = ask([fleet.git(), top], kind="ks", name="top")
    assert answer.healthy
    assert [str(item.object) for item in answer.transient] == ["Kustomization/flux-system/top"]


def test_a_child_that_is_healthy_by_now_is_no_cause(ask: Ask) -> None:
    child = fleet.deployment(up=1)
    top = fleet.kustomization("apps", state=fleet.unhealthy(child), children=[child])
    assert ask([fleet.git(), child, top], kind="ks", name="apps").healthy


def test_a_health_check_of_something_that_does_not_exist(ask: Ask) -> None:
    message = "health check failed after 5m0s: timeout waiting for: [Deployment/shop/web status: 'NotFound']"
    checks = [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": "shop"}]
    answer = ask(apps("HealthCheckFailed", message, wait=False, healthChecks=checks), kind="ks", name="apps")
    assert blamed(answer) == ("Missing", "Deployment/shop/web", "")
    assert "spec.healthChecks[0]" in only(answer).message


def test_an_artifact_that_cannot_be_unpacked_is_the_word_of_its_applier(ask: Ask) -> None:
    answer = ask(apps("ArtifactFailed", "failed to untar archive: unexpected end"), kind="ks", name="apps")
    assert blamed(answer) == ("Failed", "Kustomization/flux-system/apps", "")


def test_a_child_of_an_unknown_kind_is_taken_at_its_word(ask: Ask) -> None:
    state = fleet.status(fleet.condition("Ready", "False", "NoDisk", "the disk is full"))
    child = fleet.obj("lab.example.com/v1", "Widget", "main", spec={}, status=state)
    top = fleet.kustomization("apps", state=fleet.unhealthy(child), children=[child])
    answer = ask([fleet.git(), child, top], kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Failed", "Widget/apps/main")
    assert "the disk is full" in only(answer).message


def test_a_webhook_whose_server_is_gone(ask: Ask) -> None:
    message = (
        "ConfigMap/apps/x dry-run failed (InternalError): Internal error occurred: failed calling webhook "
        '"check.policy.io": no endpoints available for service "policy"'
    )
    hook = {"name": "check.policy.io", "clientConfig": {"service": {"name": "policy", "namespace": "policy"}}}
    configuration = fleet.obj(
        "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "policy", None, webhooks=[hook]
    )
    service = fleet.obj("v1", "Service", "policy", "policy", spec={"selector": {"app": "policy"}})
    server = fleet.deployment("policy", namespace="policy")
    server["spec"]["template"]["metadata"] = {"labels": {"app": "policy"}}
    broken = fleet.pod(fleet.replica_set(server), state=fleet.waiting("CrashLoopBackOff", "back-off"))
    objects = [
        *apps("ReconciliationFailed", message),
        configuration,
        service,
        server,
        fleet.replica_set(server),
        broken,
    ]
    assert blamed(ask(objects, kind="ks", name="apps"))[:2] == ("Workload", "Deployment/policy/policy")
    assert blamed(ask(objects[:3], kind="ks", name="apps"))[:2] == ("Missing", "Service/policy/policy")

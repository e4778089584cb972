"""Kustomizations whose objects the API server refuses."""

from __future__ import annotations

from functools import partial

from mirror.keys import ObjectKey
from mirror.testing.manifests import obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import helm_release
from mirror.testing.scenarios.breakdowns import crashes
from mirror.testing.scenarios.landscape import Landscape, Tenant, helm_workload, landscape, push, tenant
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import keeps_failing
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import Workload, service_account

__all__ = ["RECIPES"]

_RBAC = "rbac.authorization.k8s.io"
_refused = partial(keeps_failing, reason="ReconciliationFailed", during="Detecting drift")


@recipe(20, "crd-missing", "A commit brings an object of a kind that the cluster does not know")
def crd_missing(stage: Stage) -> None:
    base = landscape(stage)
    group = f"{stage.name('cert-manager')}.io"
    definition = ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", f"certificates.{group}")
    stage.happens(1, "a commit brings a Certificate")
    revision = push(stage, base, base.apps)
    text = (
        f"Certificate/{base.apps_space}/{stage.name('web-tls')} dry-run failed: "
        f'no matches for kind "Certificate" in version "{group}/v1"\n'
    )
    _refused(stage, base.root, base.apps, message=text, revision=revision)
    stage.root(definition, "Missing")
    stage.victims(base.apps)
    stage.path(base.root, base.apps, definition)


@recipe(21, "namespace-missing", "A commit brings an object into a Namespace that does not exist")
def namespace_missing(stage: Stage) -> None:
    base = landscape(stage)
    space = stage.name("reports")
    stage.happens(1, "a commit brings a ConfigMap for a new Namespace and forgets the Namespace")
    revision = push(stage, base, base.apps)
    text = f'ConfigMap/{space}/{stage.name("report-settings")} not found: namespaces "{space}" not found\n'
    _refused(stage, base.root, base.apps, message=text, revision=revision)
    stage.root(ObjectKey("", "Namespace", "", space), "Missing")
    stage.victims(base.apps)
    stage.path(base.root, base.apps, ObjectKey("", "Namespace", "", space))


@recipe(
    22, "impersonation-forbidden", "The Role of a tenant's account no longer allows what the tenant applies"
)
def impersonation_forbidden(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    account, role, binding = _impersonated(stage, base, team)
    allowed = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch"]}
    stage.happens(1, "the platform team tightens the Role")
    stage.patch(role, {"rules": [allowed]})
    _refused(stage, base.root, team.kustomization, message=_forbidden(team, account))
    stage.root(role, "Denied", "rules")
    stage.also_right(binding, "Denied")
    stage.also_right(account, "Denied")
    stage.victims(team.kustomization)
    stage.path(base.root, team.kustomization, account, binding, role)


@recipe(22, "impersonation-unbound", "Nobody bound a role to the account that a tenant applies with")
def impersonation_unbound(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    account, role, binding = _impersonated(stage, base, team)
    stage.happens(1, "the RoleBinding is removed")
    stage.remove(binding, by=base.root)
    _refused(stage, base.root, team.kustomization, message=_forbidden(team, account))
    stage.root(account, "Denied")
    stage.also_right(role, "Denied")
    stage.also_right(binding, "Missing")
    stage.victims(team.kustomization)
    stage.path(base.root, team.kustomization, account)


@recipe(23, "immutable-field", "A commit changes a field that cannot be changed")
def immutable_field(stage: Stage) -> None:
    base = landscape(stage)
    job = _finished_job(stage, base)
    name = job["metadata"]["name"]
    stage.happens(1, "a commit gives the Job a new image")
    revision = push(stage, base, base.apps)
    text = (
        f'Job/{base.apps_space}/{name} dry-run failed (Invalid): Job.batch "{name}" is invalid: '
        'spec.template: Invalid value: {"metadata":{},"spec":{"containers":[{"name":"migrate"}]}}: '
        "field is immutable\n"
    )
    _refused(stage, base.root, base.apps, message=text, revision=revision)
    stage.root(base.apps, "Failed")
    stage.also_right(job, "Failed")
    stage.also_right(job, "Invalid", "spec.template")
    stage.path(base.root, base.apps)


@recipe(24, "webhook-denies", "A policy's webhook denies what a commit brings")
def webhook_denies(stage: Stage) -> None:
    base = landscape(stage)
    webhook, _ = _policy(stage, base)
    stage.happens(1, "a commit brings an image without a version")
    revision = push(stage, base, base.apps)
    name = stage.get(webhook)["webhooks"][0]["name"]
    text = (
        f"Deployment/{base.apps_space}/{base.web.deployment['metadata']['name']} dry-run failed (Forbidden): "
        f'admission webhook "{name}" denied the request: images must not use the tag latest\n'
    )
    _refused(stage, base.root, base.apps, message=text, revision=revision)
    stage.root(base.apps, "Denied")
    stage.also_right(base.web.deployment, "Denied")
    stage.also_right(webhook, "Denied")
    stage.path(base.root, base.apps)


@recipe(24, "webhook-down", "The server behind a webhook crashes, so that the API server refuses everything")
def webhook_down(stage: Stage) -> None:
    base = landscape(stage)
    webhook, policy = _policy(stage, base)
    stage.happens(1, "the policy server crashes")
    crashes(stage, policy, "Error", 2)
    entry = stage.get(webhook)["webhooks"][0]
    service = entry["clientConfig"]["service"]
    url = f"https://{service['name']}.{service['namespace']}.svc:443/validate?timeout=10s"
    text = (
        f"Deployment/{base.apps_space}/{base.web.deployment['metadata']['name']} dry-run failed "
        f'(InternalError): Internal error occurred: failed calling webhook "{entry["name"]}": failed to call '
        f'webhook: Post "{url}": no endpoints available for service "{service["name"]}"\n'
    )
    _refused(stage, base.root, base.apps, message=text)
    stage.root(policy.deployment, "Workload")
    for pod in policy.pods:
        stage.also_right(pod, "Workload")
    stage.victims(base.apps, webhook)


def _impersonated(stage: Stage, base: Landscape, team: Tenant) -> tuple[JSON, JSON, JSON]:
    """The tenant applies as an account of its own: the account, its Role and the RoleBinding."""
    account = service_account(stage, "reconciler", team.space, by=base.root)
    name = account["metadata"]["name"]
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    role = obj(f"{_RBAC}/v1", "Role", team.space, stage.name("reconciler"), stage.created, rules=[everything])
    bound = obj(
        f"{_RBAC}/v1",
        "RoleBinding",
        team.space,
        stage.name("reconciler"),
        stage.created,
        roleRef={"apiGroup": _RBAC, "kind": "Role", "name": role["metadata"]["name"]},
        subjects=[{"kind": "ServiceAccount", "name": name, "namespace": team.space}],
    )
    role, bound = stage.put(role, by=base.root), stage.put(bound, by=base.root)
    stage.patch(team.kustomization, {"spec": {"serviceAccountName": name}})
    stage.patch(team.kustomization, {"status": {"observedGeneration": 2}})
    return account, role, bound


def _forbidden(team: Tenant, account: JSON) -> str:
    name = team.api.deployment["metadata"]["name"]
    user = f"system:serviceaccount:{team.space}:{account['metadata']['name']}"
    return (
        f'Deployment/{team.space}/{name} dry-run failed (Forbidden): deployments.apps "{name}" is forbidden: '
        f'User "{user}" cannot patch resource "deployments" in API group "apps" '
        f'in the namespace "{team.space}"\n'
    )


def _finished_job(stage: Stage, base: Landscape) -> JSON:
    name = stage.name("migrate")
    container = {"name": "migrate", "image": f"registry.{stage.name('acme')}.example/{name}:1"}
    complete = {"type": "Complete", "status": "True", "lastTransitionTime": stage.stamp}
    spec = {
        "backoffLimit": 2,
        "completions": 1,
        "parallelism": 1,
        "template": {"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [container]}},
    }
    status = {
        "conditions": [complete],
        "succeeded": 1,
        "startTime": stage.stamp,
        "completionTime": stage.stamp,
    }
    made = obj("batch/v1", "Job", base.apps_space, name, stage.stamp, generation=1, spec=spec, status=status)
    return stage.put(made, by=base.apps)


def _policy(stage: Stage, base: Landscape) -> tuple[JSON, Workload]:
    """A policy server from a chart, and the webhook through which it judges Deployments."""
    release = helm_release(stage, "policy", base.infra_space, base.charts, by=base.infra)
    server = helm_workload(stage, "policy", base.infra_space, release)
    service = {"name": stage.name("policy"), "namespace": base.infra_space, "path": "/validate", "port": 443}
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"]}
    entry = {
        "name": f"validate.{stage.name('policy')}.example",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": service},
        "failurePolicy": "Fail",
        "rules": [{**rule, "resources": ["deployments"]}],
        "sideEffects": "None",
    }
    webhook = obj(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "",
        stage.name("policy"),
        stage.created,
        generation=1,
        webhooks=[entry],
    )
    return stage.put(webhook, by=release), server


RECIPES: tuple[Recipe, ...] = (
    crd_missing,
    namespace_missing,
    impersonation_forbidden,
    impersonation_unbound,
    immutable_field,
    webhook_denies,
    webhook_down,
)

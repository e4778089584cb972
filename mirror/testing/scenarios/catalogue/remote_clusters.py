"""Faults on the way to another cluster or another namespace (29, 30)."""

from __future__ import annotations

from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import helm_release, kustomization
from mirror.testing.scenarios.landscape import Landscape, landscape, tenant
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.releases import settings_fail
from mirror.testing.scenarios.reports import health_fails, kustomization_fails
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import credentials

__all__ = ["RECIPES"]

_SERVER = "https://10.20.0.1:6443"


def _edge(stage: Stage) -> tuple[Landscape, JSON, JSON]:
    """A Kustomization that applies to another cluster with the kubeconfig of a Secret."""
    base = landscape(stage)
    secret = credentials(stage, "edge-kubeconfig", base.system, "value")
    reference = {"secretRef": {"name": secret["metadata"]["name"]}}
    edge = kustomization(stage, "edge", base.system, base.source, by=base.root, kubeConfig=reference)
    return base, secret, edge


def _fails(stage: Stage, base: Landscape, edge: JSON, text: str) -> None:
    kustomization_fails(stage, edge, "ReconciliationFailed", text, during="Building manifests")
    stage.happens(8, "the bootstrap Kustomization gives up waiting")
    health_fails(stage, base.root, [edge])
    stage.happens(10, "and again")
    kustomization_fails(stage, edge, "ReconciliationFailed", text, during="Building manifests")
    stage.symptom(base.root)
    stage.victims(base.root, edge)


@recipe(29, "remote-kubeconfig-missing", "The Secret with the kubeconfig of a remote cluster does not exist")
def remote_kubeconfig_missing(stage: Stage) -> None:
    base, secret, edge = _edge(stage)
    name = secret["metadata"]["name"]
    stage.happens(1, "somebody deletes the Secret")
    stage.remove(secret)
    stage.happens(3, "kustomize-controller cannot read it")
    text = f"unable to read KubeConfig secret '{base.system}/{name}' error: secrets \"{name}\" not found"
    _fails(stage, base, edge, text)
    stage.root(secret, "Missing")
    stage.path(base.root, edge, secret)


@recipe(29, "remote-kubeconfig-without-key", "The Secret for a remote cluster has no kubeconfig in it")
def remote_kubeconfig_without_key(stage: Stage) -> None:
    base, secret, edge = _edge(stage)
    name = secret["metadata"]["name"]
    stage.happens(1, "the Secret is written anew with another key")
    stage.patch(secret, {"data": {"value": None, "kubeconfig": secret["data"]["value"]}})
    stage.happens(3, "kustomize-controller does not find its key")
    text = f"KubeConfig secret '{base.system}/{name}' does not contain a 'value' key with a kubeconfig"
    _fails(stage, base, edge, text)
    stage.root(secret, "Invalid")
    stage.path(base.root, edge, secret)


@recipe(29, "remote-credentials-expired", "A remote cluster does not accept the credentials any more")
def remote_credentials_expired(stage: Stage) -> None:
    base, secret, edge = _edge(stage)
    stage.happens(1, "the token expires")
    stage.happens(3, "the remote API server refuses it")
    text = "failed to get API group resources: the server has asked for the client to provide credentials"
    _fails(stage, base, edge, text)
    stage.root(secret, "Denied")
    stage.path(base.root, edge, secret)


@recipe(29, "remote-cluster-unreachable", "A remote cluster does not answer")
def remote_cluster_unreachable(stage: Stage) -> None:
    base, secret, edge = _edge(stage)
    stage.happens(1, "the network between the clusters fails")
    stage.happens(3, "kustomize-controller waits in vain")
    text = f'failed to determine if api server is reachable: Get "{_SERVER}/version?timeout=30s": '
    _fails(stage, base, edge, f"{text}dial tcp 10.20.0.1:6443: i/o timeout")
    stage.root(secret, "External")
    stage.path(base.root, edge, secret)


@recipe(
    29, "remote-release-kubeconfig-missing", "A HelmRelease for a remote cluster has no kubeconfig Secret"
)
def remote_release_kubeconfig_missing(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "edge-kubeconfig", base.apps_space, "value")
    name = secret["metadata"]["name"]
    reference = {"secretRef": {"name": name}}
    release = helm_release(stage, "agent", base.apps_space, base.charts, by=base.apps, kubeConfig=reference)
    stage.happens(1, "somebody deletes the Secret")
    stage.remove(secret)
    stage.happens(3, "helm-controller cannot read it")
    text = f"could not get KubeConfig secret '{base.apps_space}/{name}': secrets \"{name}\" not found"
    settings_fail(stage, release, "RESTClientError", text)
    stage.happens(6, "the Kustomization above gives up waiting")
    health_fails(stage, base.apps, [release])
    stage.symptom(base.apps)
    stage.root(secret, "Missing")
    stage.victims(base.apps, release)
    stage.path(base.apps, release, secret)


@recipe(30, "cross-namespace-blocked", "A tenant's Kustomization refers to a source in another namespace")
def cross_namespace_blocked(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    source = base.source["metadata"]
    stage.happens(1, "a commit points the Kustomization to the platform's source")
    reference = {"kind": "GitRepository", "name": source["name"], "namespace": base.system}
    changed = stage.patch(team.kustomization, {"spec": {"sourceRef": reference}})
    place = f"GitRepository/{base.system}/{source['name']}"
    text = f"can't access '{place}', cross-namespace references have been blocked"
    stage.happens(2, "kustomize-controller refuses it and gives up")
    stage.event(changed, "AccessDenied", text)
    stage.report(
        changed,
        ("Stalled", "True", "AccessDenied", text),
        ("Ready", "False", "AccessDenied", text),
        observedGeneration=changed["metadata"]["generation"],
    )
    stage.happens(4, "the bootstrap Kustomization sees that it has given up")
    health_fails(stage, base.root, (), failed=[team.kustomization])
    stage.symptom(base.root)
    stage.root(team.kustomization, "Denied", "spec.sourceRef")
    stage.victims(base.root)
    stage.path(base.root, team.kustomization)


RECIPES: tuple[Recipe, ...] = (
    remote_kubeconfig_missing,
    remote_kubeconfig_without_key,
    remote_credentials_expired,
    remote_cluster_unreachable,
    remote_release_kubeconfig_missing,
    cross_namespace_blocked,
)

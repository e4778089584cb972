"""One believable cluster: bootstrap → infra-controllers → infra-configs → apps, and what they applied."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from mirror.clock import to_rfc3339
from mirror.testing.cluster import FakeCluster
from mirror.testing.crds import flux_crds
from mirror.testing.fleet import toolkit
from mirror.testing.fleet.environment import Environment, Release
from mirror.testing.manifests import JSON, configmap, deployment_family, event, namespace, obj, secret

__all__ = ["Times", "install"]

_REPOSITORIES = {
    "ingress-nginx": "https://kubernetes.github.io/ingress-nginx",
    "jetstack": "https://charts.jetstack.io",
    "bitnami": "https://charts.bitnami.com/bitnami",
    "shop": "https://charts.example.com/shop",
}


@dataclass(frozen=True, slots=True)
class Times:
    """When things happened, RFC 3339: the cluster was made, the present revision was applied."""

    created: str
    applied: str

    @classmethod
    def before(cls, now: float) -> Times:
        """Made a month ago, deployed six hours ago."""
        return cls(to_rfc3339(now - 30 * 86400), to_rfc3339(now - 6 * 3600))


def install(cluster: FakeCluster, env: Environment, times: Times) -> None:
    """Fill an empty cluster with the environment's objects, all healthy."""
    for definition in flux_crds().values():
        cluster.create(definition)
    controllers = _controllers(env, times)
    infra = _infra(env, times)
    shop = _shop(env, times)
    config = [_cluster_vars(env, times)]
    kustomizations = _kustomizations(env, infra, config, shop, times)
    source = toolkit.git_repository(env, times.applied, times.created)
    bootstrap = toolkit.kustomization(
        env,
        "flux-system",
        f"clusters/{env.cluster}",
        [source, *kustomizations],
        times.applied,
        times.created,
        wait=True,
    )
    secrets = [
        secret("flux-system", "flux-system", {"identity": _canary("deploy-key")}, times.created),
        secret("shop", "redis-auth", {"redis-password": _canary("redis")}, times.created),
    ]
    for item in (
        _node(times),
        *controllers,
        *secrets,
        source,
        bootstrap,
        *kustomizations,
        *infra,
        *config,
        *shop,
        toolkit.flux_report(env, times.applied, times.created),
    ):
        cluster.apply(item)
    _events(cluster, [bootstrap, *kustomizations], times)


def _controllers(env: Environment, times: Times) -> list[JSON]:
    labels = {
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/instance": "flux-system",
        "app.kubernetes.io/version": env.flux,
    }
    found = [namespace("flux-system", times.created, labels)]
    for name, version in env.controllers.items():
        image = f"ghcr.io/fluxcd/{name}:{version}"
        found += deployment_family(env.cluster, "flux-system", name, image, 1, times.created, labels)
    return found


def _infra(env: Environment, times: Times) -> list[JSON]:
    found = [namespace("infra", times.created)]
    for name, url in _REPOSITORIES.items():
        found.append(toolkit.helm_repository(name, url, times.applied, times.created))
    for release in env.releases:
        if release.namespace == "infra":
            found += _released(env, release, times)
    return found


def _shop(env: Environment, times: Times) -> list[JSON]:
    found = [namespace("shop", times.created)]
    for release in env.releases:
        if release.namespace == "shop":
            for name, values in release.values_from.items():
                labels = {"kustomize.toolkit.fluxcd.io/name": "apps"}
                found.append(configmap("shop", name, {"values.yaml": values}, times.created, labels))
            found += _released(env, release, times)
    return found


def _released(env: Environment, release: Release, times: Times) -> list[JSON]:
    """A HelmRelease with everything that follows from it."""
    labels = {
        "helm.toolkit.fluxcd.io/name": release.name,
        "helm.toolkit.fluxcd.io/namespace": release.namespace,
        "app.kubernetes.io/managed-by": "Helm",
    }
    family = deployment_family(
        env.cluster, release.namespace, release.name, release.image, release.replicas, times.applied, labels
    )
    service = obj(
        "v1",
        "Service",
        release.namespace,
        release.name,
        times.created,
        labels=labels,
        spec={"ports": [{"name": "http", "port": 80}], "selector": {"app.kubernetes.io/name": release.name}},
    )
    return [
        toolkit.helm_chart(release, times.applied, times.created),
        toolkit.helm_release(release, [family[0], service], times.applied, times.created),
        _helm_storage(release, times),
        service,
        *family,
    ]


def _helm_storage(release: Release, times: Times) -> JSON:
    """The Secret in which Helm keeps the release, values and manifests included."""
    labels = {"owner": "helm", "name": release.name, "status": "deployed", "version": "3"}
    stored = secret(
        release.namespace,
        f"sh.helm.release.v1.{release.name}.v3",
        {"release": _canary(f"release-{release.name}")},
        times.applied,
    )
    stored["metadata"]["labels"] = labels
    return {**stored, "type": "helm.sh/release.v1"}


def _kustomizations(
    env: Environment, infra: list[JSON], config: list[JSON], shop: list[JSON], times: Times
) -> list[JSON]:
    def applied(objects: list[JSON]) -> list[JSON]:
        kinds = ("Namespace", "HelmRepository", "HelmRelease", "ConfigMap")
        return [item for item in objects if item["kind"] in kinds]

    def layer(name: str, path: str, objects: list[JSON], **spec: object) -> JSON:
        return toolkit.kustomization(env, name, path, applied(objects), times.applied, times.created, **spec)

    variables = {"substituteFrom": [{"kind": "ConfigMap", "name": "cluster-vars"}]}
    return [
        layer("infra-controllers", f"./infra/controllers/{env.stage}", infra, wait=True),
        layer(
            "infra-configs",
            f"./infra/configs/{env.stage}",
            config,
            wait=True,
            dependsOn=[{"name": "infra-controllers"}],
        ),
        layer(
            "apps",
            f"./apps/{env.stage}",
            shop,
            wait=True,
            dependsOn=[{"name": "infra-configs"}],
            postBuild=variables,
        ),
    ]


def _cluster_vars(env: Environment, times: Times) -> JSON:
    data = {
        "cluster_name": env.cluster,
        "region": env.region,
        "domain": env.domain,
        "replicas": "1" if env.stage == "staging" else "3",
    }
    labels = {"kustomize.toolkit.fluxcd.io/name": "infra-configs"}
    return configmap("flux-system", "cluster-vars", data, times.created, labels)


def _node(times: Times) -> JSON:
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": times.created}
    return obj("v1", "Node", "", "node-1", times.created, status={"conditions": [ready]})


def _events(cluster: FakeCluster, kustomizations: list[JSON], times: Times) -> None:
    for item in kustomizations:
        message = "Reconciliation finished in 1.2s, next run in 10m0s"
        cluster.apply(
            event(
                item,
                "ReconciliationSucceeded",
                message,
                times.applied,
                warning=False,
                component="kustomize-controller",
            )
        )


def _canary(what: str) -> str:
    return b64encode(f"planted-canary-demo-{what}".encode()).decode()

"""How the simulated clusters differ, as environments of one product do."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["ENVIRONMENTS", "Environment", "Release"]


@dataclass(frozen=True, slots=True)
class Release:
    """One HelmRelease with the one Deployment its chart makes.

    repository: name of a HelmRepository in the namespace infra.
    values_from: ConfigMaps in the release's namespace, by name, with their values.yaml.
    """

    name: str
    namespace: str
    chart: str
    version: str
    repository: str
    image: str
    replicas: int = 1
    values: dict[str, object] = field(default_factory=dict)
    values_from: dict[str, str] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """What makes one cluster this cluster. Versions are Flux's own and its controllers'."""

    cluster: str
    stage: str
    region: str
    domain: str
    flux: str
    controllers: dict[str, str]
    commit: str
    releases: tuple[Release, ...]


_FLUX_2_9 = {
    "source-controller": "v1.9.4",
    "kustomize-controller": "v1.9.4",
    "helm-controller": "v1.6.3",
    "notification-controller": "v1.9.3",
}
_FLUX_2_8 = {
    "source-controller": "v1.8.2",
    "kustomize-controller": "v1.8.2",
    "helm-controller": "v1.5.2",
    "notification-controller": "v1.8.2",
}


def _limits(requests_per_second: int, burst: int) -> str:
    return f"limits:\n  requestsPerSecond: {requests_per_second}\n  burst: {burst}\n"


def _infra(ingress: str, replicas: int) -> tuple[Release, ...]:
    return (
        Release(
            "ingress-nginx",
            "infra",
            "ingress-nginx",
            ingress,
            "ingress-nginx",
            "registry.k8s.io/ingress-nginx/controller:v1.14.1",
            replicas,
            {"controller": {"replicaCount": replicas, "metrics": {"enabled": True}}},
        ),
        Release(
            "cert-manager",
            "infra",
            "cert-manager",
            "v1.19.1",
            "jetstack",
            "quay.io/jetstack/cert-manager-controller:v1.19.1",
            1,
            {"crds": {"enabled": True}, "replicaCount": 1},
        ),
    )


def _shop(tag: str, web: str, *, replicas: int, log: str, domain: str, limits: str) -> tuple[Release, ...]:
    return (
        Release(
            "redis",
            "shop",
            "redis",
            "22.0.7",
            "bitnami",
            "docker.io/bitnami/redis:8.2.1",
            1,
            {"architecture": "standalone", "auth": {"enabled": True, "existingSecret": "redis-auth"}},
        ),
        Release(
            "catalog",
            "shop",
            "catalog",
            "4.2.0",
            "shop",
            f"ghcr.io/example/catalog:{tag}",
            replicas,
            {"replicaCount": replicas, "logLevel": log, "ingress": {"host": f"catalog.{domain}"}},
            depends_on=("redis",),
        ),
        Release(
            "checkout",
            "shop",
            "checkout",
            web,
            "shop",
            f"ghcr.io/example/checkout:{tag}",
            replicas,
            {
                "replicaCount": replicas,
                "logLevel": log,
                "ingress": {"host": f"checkout.{domain}"},
                "payment": {
                    "timeout": "30s" if log == "info" else "5s",
                    "apiToken": "planted-canary-demo-values",
                },
            },
            values_from={"checkout-limits": limits},
            depends_on=("redis",),
        ),
        Release(
            "storefront",
            "shop",
            "storefront",
            web,
            "shop",
            f"ghcr.io/example/storefront:{tag}",
            replicas,
            {"replicaCount": replicas, "logLevel": log, "resources": {"limits": {"memory": "512Mi"}}},
            depends_on=("catalog", "checkout"),
        ),
    )


ENVIRONMENTS: tuple[Environment, ...] = (
    Environment(
        "staging",
        "staging",
        "eu-central-1",
        "staging.example.com",
        "v2.9.4",
        _FLUX_2_9,
        "4e1f0c7d2a9b83c6f5d4e3b2a1908f7e6d5c4b3a",
        (
            *_infra("4.14.1", 1),
            *_shop(
                "2.15.0-rc.2",
                "4.3.0",
                replicas=1,
                log="debug",
                domain="staging.example.com",
                limits=_limits(50, 100),
            ),
        ),
    ),
    Environment(
        "production-eu",
        "production",
        "eu-west-1",
        "eu.example.com",
        "v2.8.6",
        _FLUX_2_8,
        "9b3c1d5e7f2a4860b1c2d3e4f5a6978012345678",
        (
            *_infra("4.13.3", 3),
            *_shop(
                "2.14.3", "4.2.1", replicas=3, log="info", domain="eu.example.com", limits=_limits(500, 1000)
            ),
        ),
    ),
    Environment(
        "production-us",
        "production",
        "us-east-1",
        "us.example.com",
        "v2.8.6",
        _FLUX_2_8,
        "9b3c1d5e7f2a4860b1c2d3e4f5a6978012345678",
        (
            *_infra("4.13.3", 3),
            *_shop(
                "2.14.3", "4.2.1", replicas=3, log="info", domain="us.example.com", limits=_limits(500, 1000)
            ),
        ),
    ),
)
"""staging runs ahead (newer Flux, charts, images; one replica, debug logs); the productions are twins."""

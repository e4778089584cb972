"""Two small believable Flux installations that differ as environments do, and faults to switch on.

`fleet` gives all objects of one cluster; `write` puts them on an API server, specs first and statuses
as a controller would; the same objects can be loaded into any other server after `observed`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from tests.controlplane.api import Api, Object
from tests.controlplane.flux_objects import (
    applied,
    apply_failed,
    fetch_failed,
    fetched,
    git_repository,
    helm_chart,
    helm_release,
    helm_repository,
    kustomization,
    observed,
    release_failed,
    released,
    waiting,
)
from tests.controlplane.workloads import config_map, deployment, namespace, secret, warning

__all__ = ["PRODUCTION", "SECRET_VALUE", "STAGING", "Environment", "Fault", "fleet", "write"]

SECRET_VALUE = "planted-canary-fleet-secret"
"""In the data of Secret apps/podinfo-secret-values: it must appear in no store, log or answer."""

_FLUX_LABELS = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.8.0"}
_CONTROLLERS = {"source-controller": "v1.8.0", "kustomize-controller": "v1.8.0", "helm-controller": "v1.5.0"}
_CHARTS_REVISION = "sha256:" + "c4" * 32


class Fault(Enum):
    """What can be broken. Where a fault shows, and what its cause is:"""

    HELM_REPOSITORY = auto()
    """HelmRelease apps/shop waits for HelmChart apps/apps-shop; its HelmRepository retired gets a 404."""

    DEPENDENCY_CHAIN = auto()
    """Kustomization apps waits for infra-configs, which waits for infra-controllers, which fails to apply."""

    MISSING_VALUES = auto()
    """HelmRelease apps/checkout takes values from ConfigMap apps/checkout-values, which does not exist."""


@dataclass(frozen=True)
class Environment:
    """How one cluster differs from another; everything else of a fleet is the same.

    Of HelmRelease apps/podinfo it is spec.chart.spec.version and, under spec.values, replicaCount,
    ingress.host and resources.limits.memory; of Kustomization flux-system/flux-system spec.path; of the
    ConfigMaps apps/podinfo-values and flux-system/cluster-vars their data. What follows from these differs
    too: HelmChart apps/apps-podinfo, Deployment apps/podinfo, and the statuses.

    commit: the hex digits of the Git commit that is applied.
    """

    name: str
    commit: str
    chart_version: str
    replicas: int
    host: str
    memory: str

    @property
    def revision(self) -> str:
        return f"main@sha1:{self.commit}"

    @property
    def next_revision(self) -> str:
        """A newer commit, the one that faults come with."""
        return f"main@sha1:{self.commit[::-1]}"


STAGING = Environment("staging", "5a" * 20, "6.8.0", 1, "podinfo.staging.example.com", "128Mi")
PRODUCTION = Environment("production", "b3" * 20, "6.7.1", 3, "podinfo.example.com", "512Mi")


def fleet(environment: Environment, faults: Collection[Fault] = ()) -> list[Object]:
    """All objects of the cluster with their statuses, in an order in which they can be created."""
    infra = [namespace("infra"), deployment("ingress", "infra", image="ghcr.io/example/ingress:1.12.0")]
    configs = [config_map("infra-settings", "infra", {"issuer": "letsencrypt"})]
    charts, apps = _applications(environment)
    broken: list[Object] = []
    for fault, make in ((Fault.HELM_REPOSITORY, _shop), (Fault.MISSING_VALUES, _checkout)):
        if fault in faults:
            generated, managed = make()
            charts += generated
            broken += managed
    flux = _flux(environment, infra, configs, [*apps, *broken], faults)
    warnings = [warning(obj, _component(obj)) for obj in (*flux, *charts, *broken) if _failing(obj)]
    # What podinfo and backend consist of is in the inventory of their releases, not of the Kustomization.
    workloads = [_podinfo_deployment(environment), _backend_deployment()]
    return [
        namespace("flux-system", _FLUX_LABELS),
        *flux,
        *infra,
        *configs,
        *apps,
        *broken,
        *charts,
        *workloads,
        *warnings,
    ]


async def write(api: Api, objects: Sequence[Object]) -> None:
    """Create or change the objects: the spec as whoever applies it would, then the status as its controller.

    The status on the server is exactly the given one afterwards. Unknown fields are refused.
    """
    for obj in objects:
        live = await api.apply({key: value for key, value in obj.items() if key != "status"})
        if "status" in obj:
            status = observed(obj, live["metadata"]["generation"])["status"]
            await api.replace_status(live | {"status": status})


def _flux(
    environment: Environment,
    infra: Sequence[Object],
    configs: Sequence[Object],
    apps: Sequence[Object],
    faults: Collection[Fault],
) -> list[Object]:
    """flux-system: controllers, the source, the bootstrap Kustomization and the chain of three it applies."""
    system = "flux-system"
    variables = config_map(
        "cluster-vars", system, {"environment": environment.name, "domain": environment.host}
    )
    chain = {
        "infra-controllers": kustomization("infra-controllers", system, path="./infrastructure/controllers"),
        "infra-configs": kustomization(
            "infra-configs", system, path="./infrastructure/configs", depends_on=["infra-controllers"]
        ),
        "apps": kustomization(
            "apps", system, path="./apps", depends_on=["infra-configs"], substitute_from=["cluster-vars"]
        ),
    }
    children = {"infra-controllers": infra, "infra-configs": configs, "apps": apps}
    revision = environment.next_revision if faults else environment.revision
    statuses = _chain_statuses(environment, chain, children, faults, revision)
    bootstrap = kustomization(system, system, path=f"./clusters/{environment.name}")
    source = git_repository(system, system, url="https://git.example.com/platform/fleet.git")
    controllers = [
        deployment(name, system, image=f"ghcr.io/fluxcd/{name}:{version}", labels=_FLUX_LABELS)
        for name, version in _CONTROLLERS.items()
    ]
    managed = [namespace(system), *controllers, variables, *statuses]
    return [
        *controllers,
        variables,
        fetched(source, revision),
        _applied_or_unhealthy(bootstrap, environment, managed, revision),
        *statuses,
    ]


def _chain_statuses(
    environment: Environment,
    chain: dict[str, Object],
    children: dict[str, Sequence[Object]],
    faults: Collection[Fault],
    revision: str,
) -> list[Object]:
    before = environment.revision
    if Fault.DEPENDENCY_CHAIN not in faults:
        return [
            _applied_or_unhealthy(obj, environment, children[name], revision) for name, obj in chain.items()
        ]
    message = (
        "Deployment/infra/ingress dry-run failed: failed to create typed patch object "
        "(infra/ingress; apps/v1, Kind=Deployment): "
        ".spec.replicas: expected numeric (int or float), got string\n"
    )
    return [
        apply_failed(
            chain["infra-controllers"],
            "ReconciliationFailed",
            message,
            attempted=revision,
            before=before,
            children=children["infra-controllers"],
        ),
        waiting(
            chain["infra-configs"], "infra-controllers", before=before, children=children["infra-configs"]
        ),
        waiting(chain["apps"], "infra-configs", before=before, children=children["apps"]),
    ]


def _applied_or_unhealthy(
    obj: Object, environment: Environment, children: Sequence[Object], revision: str
) -> Object:
    """Ready, or the time-out of a Kustomization that waits for children which are not."""
    failing = [child for child in children if _failing(child)]
    if not failing:
        return applied(obj, revision, children)
    names = (f"{o['kind']}/{o['metadata']['namespace']}/{o['metadata']['name']}" for o in failing)
    waited = ", ".join(f"{name} status: 'InProgress'" for name in names)
    message = f"health check failed after 1m0.05s: timeout waiting for: [{waited}]"
    return apply_failed(
        obj, "HealthCheckFailed", message, attempted=revision, before=environment.revision, children=children
    )


def _applications(environment: Environment) -> tuple[list[Object], list[Object]]:
    """Generated charts, and what the Kustomization apps applies: podinfo differs, backend is the same."""
    repository = helm_repository("charts", "apps", url="https://charts.example.com/stable")
    podinfo = helm_release(
        "podinfo",
        "apps",
        repository="charts",
        chart="podinfo",
        version=environment.chart_version,
        values={
            "replicaCount": environment.replicas,
            "ingress": {"enabled": True, "host": environment.host},
            "resources": {"limits": {"memory": environment.memory}},
            "logLevel": "info",
        },
        values_from=[
            {"kind": "ConfigMap", "name": "podinfo-values"},
            {"kind": "Secret", "name": "podinfo-secret-values"},
        ],
    )
    backend = helm_release(
        "backend", "apps", repository="charts", chart="backend", version="1.2.0", values={"replicaCount": 2}
    )
    charts = [
        fetched(helm_chart(podinfo), environment.chart_version),
        fetched(helm_chart(backend), "1.2.0"),
    ]
    managed = [
        namespace("apps"),
        config_map("podinfo-values", "apps", {"values.yaml": f"environment: {environment.name}\n"}),
        secret("podinfo-secret-values", "apps", {"values.yaml": f"password: {SECRET_VALUE}\n"}),
        fetched(repository, _CHARTS_REVISION),
        released(podinfo, [_podinfo_deployment(environment)]),
        released(backend, [_backend_deployment()]),
    ]
    return charts, managed


def _podinfo_deployment(environment: Environment) -> Object:
    image = f"ghcr.io/stefanprodan/podinfo:{environment.chart_version}"
    return deployment(
        "podinfo", "apps", image=image, replicas=environment.replicas, labels=_helm_labels("podinfo")
    )


def _backend_deployment() -> Object:
    image = "ghcr.io/example/backend:1.2.0"
    return deployment("backend", "apps", image=image, replicas=2, labels=_helm_labels("backend"))


def _helm_labels(release: str) -> dict[str, str]:
    return {"helm.toolkit.fluxcd.io/name": release, "helm.toolkit.fluxcd.io/namespace": "apps"}


def _shop() -> tuple[list[Object], list[Object]]:
    """Fault.HELM_REPOSITORY: the generated HelmChart, and what the Kustomization apps applies."""
    url = "https://charts.example.com/retired"
    release = helm_release("shop", "apps", repository="retired", chart="shop", version="2.1.0", values={})
    no_artifact = "no artifact available for HelmRepository source 'retired'"
    chart = fetch_failed(helm_chart(release), "NoSourceArtifact", no_artifact)
    repository = fetch_failed(
        helm_repository("retired", "apps", url=url),
        "Failed",
        f"failed to fetch Helm repository index: failed to cache index to temporary file: "
        f"failed to fetch {url}/index.yaml : 404 Not Found",
    )
    message = f"HelmChart 'apps/apps-shop' is not ready: {no_artifact}"
    return [chart], [repository, release_failed(release, "SourceNotReady", message)]


def _checkout() -> tuple[list[Object], list[Object]]:
    """Fault.MISSING_VALUES: the generated HelmChart, and what the Kustomization apps applies."""
    release = helm_release(
        "checkout",
        "apps",
        repository="charts",
        chart="checkout",
        version="0.9.4",
        values={},
        values_from=[{"kind": "ConfigMap", "name": "checkout-values"}],
    )
    message = (
        "could not resolve ConfigMap chart values reference 'apps/checkout-values' with key 'values.yaml': "
        'configmaps "checkout-values" not found'
    )
    return [fetched(helm_chart(release), "0.9.4")], [release_failed(release, "ValuesError", message)]


def _failing(obj: Object) -> bool:
    conditions = obj.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "False" for c in conditions)


def _component(obj: Object) -> str:
    return {"Kustomization": "kustomize-controller", "HelmRelease": "helm-controller"}.get(
        obj["kind"], "source-controller"
    )

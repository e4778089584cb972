"""A cluster that is well: Flux, a bootstrap Kustomization, infrastructure, and applications on top of it.

root (waits for all it applied) → infra → apps (depends on infra); apps holds a Deployment and a HelmRelease,
infra a HelmRepository and an ingress controller from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mirror.testing.crds import established, flux_crds
from mirror.testing.manifests import condition, obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import helm_release, kustomization, succeeds
from mirror.testing.scenarios.scenario import key_of
from mirror.testing.scenarios.sources import commit, git_repository, helm_repository
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import (
    Workload,
    config_map,
    credentials,
    deployment,
    namespaced,
    rollout,
    service,
)

__all__ = ["CONTROLLERS", "Landscape", "Tenant", "helm_workload", "landscape", "push", "tenant"]

CONTROLLERS = {
    "source-controller": "v1.9.4",
    "kustomize-controller": "v1.9.4",
    "helm-controller": "v1.6.3",
    "notification-controller": "v1.9.3",
}
_FLUX = "v2.9.4"


@dataclass(frozen=True, slots=True)
class Landscape:
    """Handles to what is there. system, infra_space, apps_space: names of namespaces."""

    system: str
    infra_space: str
    apps_space: str
    controllers: dict[str, Workload]
    source: JSON
    root: JSON
    infra: JSON
    apps: JSON
    charts: JSON
    ingress: JSON
    web: Workload
    web_settings: JSON
    backend: JSON
    backend_workload: Workload


@dataclass(frozen=True, slots=True)
class Tenant:
    """A team with a repository of its own. space: its namespace."""

    space: str
    secret: JSON
    source: JSON
    kustomization: JSON
    api: Workload


def landscape(stage: Stage, *, wait: bool = True) -> Landscape:
    """Put the cluster up on an empty stage. wait: the bootstrap Kustomization waits for what it applied."""
    system = namespaced(stage, "flux-system")
    credentials(stage, "flux-system", system, "username", "password")
    source = git_repository(stage, "flux-system", system, secretRef={"name": stage.name("flux-system")})
    root = kustomization(stage, "flux-system", system, source, path=f"./clusters/{stage.cluster}", wait=wait)
    stage.put(source, by=root)
    controllers = _flux(stage, system, root)
    infra = kustomization(stage, "infra", system, source, by=root)
    infra_space = namespaced(stage, "infra", by=infra)
    charts = helm_repository(stage, "charts", infra_space, by=infra)
    ingress = helm_release(stage, "ingress", infra_space, charts, by=infra)
    helm_workload(stage, "ingress", infra_space, ingress)
    apps = kustomization(stage, "apps", system, source, by=root, after=[infra])
    apps_space = namespaced(stage, "apps", by=apps)
    settings = config_map(stage, "web-settings", apps_space, {"LOG_LEVEL": "info"}, by=apps)
    web = deployment(stage, "web", apps_space, by=apps, replicas=2, env_from=[settings])
    service(stage, "web", apps_space, by=apps)
    backend = helm_release(stage, "backend", apps_space, charts, by=apps)
    workload = helm_workload(stage, "backend", apps_space, backend)
    return Landscape(
        system=system,
        infra_space=infra_space,
        apps_space=apps_space,
        controllers=controllers,
        source=source,
        root=root,
        infra=infra,
        apps=apps,
        charts=charts,
        ingress=ingress,
        web=web,
        web_settings=settings,
        backend=backend,
        backend_workload=workload,
    )


def tenant(stage: Stage, base: Landscape, word: str = "team") -> Tenant:
    """A team's namespace with its own GitRepository (and Secret), Kustomization and one Deployment."""
    space = namespaced(stage, word, by=base.root)
    secret = credentials(stage, f"{word}-git", space, "username", "password")
    reference = {"name": secret["metadata"]["name"]}
    source = git_repository(stage, word, space, by=base.root, secretRef=reference)
    applied = kustomization(stage, word, space, source, by=base.root)
    api = deployment(stage, f"{word}-api", space, by=applied)
    service(stage, f"{word}-api", space, by=applied)
    return Tenant(space, secret, source, applied, api)


def push(stage: Stage, base: Landscape, *failing: Ref) -> str:
    """Somebody pushes to the repository of the cluster: the new revision, and who can apply it has done so.

    failing: Kustomizations that do not get so far; nor does the bootstrap one, which waits for them.
    """
    revision = commit(stage, base.source)
    held = {key_of(item) if isinstance(item, dict) else item for item in (base.root, *failing)}
    for item in stage.of_kind("Kustomization"):
        follows = item["spec"]["sourceRef"]["name"] == base.source["metadata"]["name"]
        if follows and item["metadata"]["namespace"] == base.system and key_of(item) not in held:
            succeeds(stage, item, revision)
    return revision


def helm_workload(stage: Stage, word: str, space: str, release: Ref) -> Workload:
    """The Deployment and Service that a release's chart makes."""
    service(stage, word, space, by=release)
    return deployment(stage, word, space, by=release)


def _flux(stage: Stage, system: str, root: JSON) -> dict[str, Workload]:
    """CRDs and controllers, as `flux bootstrap` commits them: applied by the root Kustomization."""
    marks = {
        "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/instance": system,
        "app.kubernetes.io/version": _FLUX,
    }
    for definition in flux_crds().values():
        definition["metadata"]["creationTimestamp"] = stage.created
        definition["metadata"]["generation"] = 1
        stage.put({**definition, "status": established(definition, stage.created)}, by=root)
    ready = condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", stage.created)
    stage.put(obj("v1", "Node", "", stage.name("node-1"), stage.created, status={"conditions": [ready]}))
    controllers = {}
    for name, version in CONTROLLERS.items():
        image = f"ghcr.io/fluxcd/{name}:{version}"
        labels = {**marks, "app": name}
        controllers[name] = rollout(stage, name, system, image, by=root, labels=labels)
    return controllers

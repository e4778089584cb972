"""Flux objects with the statuses that healthy controllers write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mirror.testing.fleet.environment import Environment, Release
from mirror.testing.manifests import JSON, condition, digest, inventory_entry, obj

__all__ = [
    "flux_report",
    "git_repository",
    "helm_chart",
    "helm_release",
    "helm_repository",
    "inventory",
    "kustomization",
]

_SOURCE = "source.toolkit.fluxcd.io/v1"


def inventory(entries: Iterable[JSON]) -> JSON:
    """status.inventory of an applier for the objects it applied."""
    return {"entries": [inventory_entry(entry) for entry in entries]}


def _applied_by(name: str) -> dict[str, str]:
    return {
        "kustomize.toolkit.fluxcd.io/name": name,
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }


def revision(env: Environment) -> str:
    return f"refs/heads/{env.stage}@sha1:{env.commit}"


def git_repository(env: Environment, at: str, created: str) -> JSON:
    stored = f"stored artifact for revision '{revision(env)}'"
    return obj(
        _SOURCE,
        "GitRepository",
        "flux-system",
        "flux-system",
        created,
        labels=_applied_by("flux-system"),
        generation=1,
        spec={
            "interval": "1m0s",
            "ref": {"branch": env.stage},
            "secretRef": {"name": "flux-system"},
            "timeout": "60s",
            "url": "ssh://git@git.example.com/platform/fleet",
        },
        status={
            "observedGeneration": 1,
            "conditions": [
                condition("Ready", "True", "Succeeded", stored, at, 1),
                condition("ArtifactInStorage", "True", "Succeeded", stored, at, 1),
            ],
            "artifact": {
                "revision": revision(env),
                "digest": f"sha256:{digest(env.commit)}",
                "lastUpdateTime": at,
                "path": f"gitrepository/flux-system/flux-system/{env.commit}.tar.gz",
                "url": "http://source-controller.flux-system.svc.cluster.local./latest.tar.gz",
            },
        },
    )


def helm_repository(name: str, url: str, at: str, created: str) -> JSON:
    index = f"sha256:{digest('index', name)}"
    return obj(
        _SOURCE,
        "HelmRepository",
        "infra",
        name,
        created,
        labels=_applied_by("infra-controllers"),
        generation=1,
        spec={"interval": "1h0m0s", "url": url, "provider": "generic"},
        status={
            "observedGeneration": 1,
            "conditions": [
                condition("Ready", "True", "Succeeded", f"stored artifact: revision '{index}'", at, 1)
            ],
            "artifact": {
                "revision": index,
                "digest": f"sha256:{digest(index)}",
                "lastUpdateTime": at,
                "path": f"helmrepository/infra/{name}/index.yaml",
                "url": f"http://source/{name}",
            },
        },
    )


def helm_chart(release: Release, at: str, created: str) -> JSON:
    pulled = f"pulled '{release.chart}' chart with version '{release.version}'"
    return obj(
        _SOURCE,
        "HelmChart",
        "infra",
        f"{release.namespace}-{release.name}",
        created,
        labels={
            "helm.toolkit.fluxcd.io/name": release.name,
            "helm.toolkit.fluxcd.io/namespace": release.namespace,
        },
        generation=1,
        spec={
            "chart": release.chart,
            "interval": "1h0m0s",
            "reconcileStrategy": "ChartVersion",
            "sourceRef": {"kind": "HelmRepository", "name": release.repository},
            "version": release.version,
        },
        status={
            "observedGeneration": 1,
            "observedChartName": release.chart,
            "conditions": [condition("Ready", "True", "ChartPullSucceeded", pulled, at, 1)],
            "artifact": {
                "revision": release.version,
                "digest": f"sha256:{digest(release.chart, release.version)}",
                "lastUpdateTime": at,
                "path": f"helmchart/infra/{release.name}.tgz",
                "url": "http://source/",
            },
        },
    )


def helm_release(release: Release, applied: Iterable[JSON], at: str, created: str) -> JSON:
    """A release that is installed and healthy; `applied` is what its chart made."""
    done = (
        f"Helm upgrade succeeded for release {release.namespace}/{release.name}.v3 "
        f"with chart {release.chart}@{release.version}"
    )
    spec: dict[str, Any] = {
        "chart": {
            "spec": {
                "chart": release.chart,
                "version": release.version,
                "interval": "1h0m0s",
                "reconcileStrategy": "ChartVersion",
                "sourceRef": {"kind": "HelmRepository", "name": release.repository, "namespace": "infra"},
            }
        },
        "interval": "10m0s",
        "timeout": "5m0s",
        "values": release.values,
    }
    if release.values_from:
        spec["valuesFrom"] = [{"kind": "ConfigMap", "name": name} for name in release.values_from]
    if release.depends_on:
        spec["dependsOn"] = [{"name": name} for name in release.depends_on]
    kustomization_ = "apps" if release.namespace == "shop" else "infra-controllers"
    return obj(
        "helm.toolkit.fluxcd.io/v2",
        "HelmRelease",
        release.namespace,
        release.name,
        created,
        labels=_applied_by(kustomization_),
        generation=3,
        spec=spec,
        status={
            "observedGeneration": 3,
            "helmChart": f"infra/{release.namespace}-{release.name}",
            "storageNamespace": release.namespace,
            "lastAttemptedRevision": release.version,
            "lastAttemptedGeneration": 3,
            "lastAttemptedReleaseAction": "upgrade",
            "lastAttemptedConfigDigest": f"sha256:{digest(release.name, release.values)}",
            "conditions": [
                condition("Ready", "True", "UpgradeSucceeded", done, at, 3),
                condition("Released", "True", "UpgradeSucceeded", done, at, 3),
            ],
            "history": [
                {
                    "name": release.name,
                    "namespace": release.namespace,
                    "version": 3,
                    "status": "deployed",
                    "action": "upgrade",
                    "chartName": release.chart,
                    "chartVersion": release.version,
                    "configDigest": f"sha256:{digest(release.name, release.values)}",
                    "digest": f"sha256:{digest(release)}",
                    "firstDeployed": created,
                    "lastDeployed": at,
                }
            ],
            "inventory": inventory(applied),
        },
    )


def kustomization(
    env: Environment, name: str, path: str, applied: Iterable[JSON], at: str, created: str, **spec: Any
) -> JSON:
    """A Kustomization of the bootstrap source that has applied and checked everything."""
    return obj(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        "flux-system",
        name,
        created,
        labels=_applied_by("flux-system"),
        generation=1,
        spec={
            "interval": "10m0s",
            "path": path,
            "prune": True,
            "timeout": "3m0s",
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
            **spec,
        },
        status={
            "observedGeneration": 1,
            "lastAppliedRevision": revision(env),
            "lastAttemptedRevision": revision(env),
            "conditions": [
                condition(
                    "Ready", "True", "ReconciliationSucceeded", f"Applied revision: {revision(env)}", at, 1
                ),
                condition("Healthy", "True", "Succeeded", "Health check passed in 52.6ms", at, 1),
            ],
            "inventory": inventory(applied),
        },
    )


def flux_report(env: Environment, at: str, created: str) -> JSON:
    components = [
        {
            "name": name,
            "image": f"ghcr.io/fluxcd/{name}:{version}",
            "ready": True,
            "status": "Current Deployment is available. Replicas: 1",
        }
        for name, version in env.controllers.items()
    ]
    return obj(
        "fluxcd.controlplane.io/v1",
        "FluxReport",
        "flux-system",
        "flux",
        created,
        generation=1,
        spec={
            "distribution": {"version": env.flux, "status": "Installed", "entitlement": "Unknown"},
            "cluster": {"serverVersion": "v1.35.4", "platform": "linux/amd64", "nodes": 3},
            "components": components,
            "sync": {
                "id": "kustomization/flux-system",
                "path": f"clusters/{env.cluster}",
                "ready": True,
                "source": "ssh://git@git.example.com/platform/fleet",
                "status": f"Applied revision: {revision(env)}",
            },
        },
        status={
            "conditions": [
                condition("Ready", "True", "ReconciliationSucceeded", "Reporting finished in 1ms", at, 1)
            ]
        },
    )

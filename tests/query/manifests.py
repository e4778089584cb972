"""Manifests for tests: short forms of the objects that questions are asked about."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

SINCE = "2026-11-18T11:00:00Z"


def manifest(
    api_version: str, kind: str, name: str, namespace: str | None = "apps", **content: Any
) -> Document:
    """labels and annotations go into metadata, everything else is top-level content."""
    meta: Document = {"name": name, "creationTimestamp": "2026-11-18T10:00:00Z", "generation": 1}
    meta["uid"] = f"{kind}-{namespace}-{name}"
    if namespace:
        meta["namespace"] = namespace
    for mark in ("labels", "annotations", "ownerReferences"):
        if mark in content:
            meta[mark] = content.pop(mark)
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **content}


def ready(reason: str = "Succeeded", **status: Any) -> Document:
    """A status with Ready=True."""
    condition = {"type": "Ready", "status": "True", "reason": reason, "message": "", "observedGeneration": 1}
    return {
        "observedGeneration": 1,
        "conditions": [{**condition, "lastTransitionTime": SINCE}],
        **status,
    }


def failed(reason: str, message: str, since: str = SINCE, **status: Any) -> Document:
    """A status with Ready=False."""
    condition = {"type": "Ready", "status": "False", "reason": reason, "message": message}
    return {
        "observedGeneration": 1,
        "conditions": [{**condition, "observedGeneration": 1, "lastTransitionTime": since}],
        **status,
    }


def git_repository(revision: str, *, name: str = "fleet", **spec: Any) -> Document:
    artifact = {"revision": revision, "lastUpdateTime": "2026-11-18T12:00:00Z"}
    return manifest(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        name,
        "flux-system",
        spec={"url": "https://git.example.com/fleet.git", "interval": "1m", **spec},
        status=ready(artifact=artifact),
    )


def kustomization(
    name: str, *, status: Document | None = None, revision: str = "main@sha1:" + "a" * 40, **spec: Any
) -> Document:
    source = {"kind": "GitRepository", "name": "fleet"}
    return manifest(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        name,
        "flux-system",
        spec={"path": "./apps", "interval": "10m", "prune": True, "sourceRef": source, **spec},
        status=status or ready("ReconciliationSucceeded", lastAppliedRevision=revision),
    )


def helm_release(
    name: str = "web", *, version: str = "1.0.0", status: Document | None = None, **spec: Any
) -> Document:
    chart = {"chart": name, "version": version, "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
    history = [{"chartName": name, "chartVersion": version, "status": "deployed", "version": 1}]
    return manifest(
        "helm.toolkit.fluxcd.io/v2",
        "HelmRelease",
        name,
        "apps",
        spec={"interval": "10m", "chart": {"spec": chart}, **spec},
        status=status or ready("InstallSucceeded", history=history),
    )


def helm_chart(name: str = "web", *, version: str = "1.0.0") -> Document:
    return manifest(
        "source.toolkit.fluxcd.io/v1",
        "HelmChart",
        f"apps-{name}",
        "apps",
        labels={"helm.toolkit.fluxcd.io/name": name, "helm.toolkit.fluxcd.io/namespace": "apps"},
        spec={"chart": name, "version": version, "sourceRef": {"kind": "HelmRepository", "name": "charts"}},
        status=ready(artifact={"revision": version, "lastUpdateTime": "2026-11-18T12:00:00Z"}),
    )


def helm_repository(url: str = "https://charts.example.com") -> Document:
    return manifest(
        "source.toolkit.fluxcd.io/v1",
        "HelmRepository",
        "charts",
        "apps",
        spec={"url": url, "interval": "1h"},
        status=ready(artifact={"revision": "sha256:" + "c" * 64}),
    )


def config_map(name: str, data: Document, namespace: str = "apps") -> Document:
    return manifest("v1", "ConfigMap", name, namespace, data=data)


def deployment(
    name: str, *, image: str = "web:1", ok: bool = True, namespace: str = "apps", **content: Any
) -> Document:
    conditions = [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"},
    ]
    if not ok:
        late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
        conditions = [{**late, "message": f'ReplicaSet "{name}-7d4b9c5f6b" has timed out progressing.'}]
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), int(ok))
    return manifest(
        "apps/v1",
        "Deployment",
        name,
        namespace,
        spec={
            "replicas": 1,
            "template": {"spec": {"containers": [{"name": name, "image": image}]}},
        },
        status={"observedGeneration": 1, "conditions": conditions, **counts},
        **content,
    )

"""Flux objects as people write them and controllers report on them: pure values for any API server.

A builder makes the object that a person or a controller creates. A status writer returns a copy of it
with the status its controller would write, word for word where the words are the controller's. They
leave nothing out that the CRD would fill in with a default, so that a server which knows no CRDs holds
the same object.

The number 0 stands for "the generation this object has": `observed` puts the real one in. -1 is what
the CRDs put where a controller has not finished a generation yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.controlplane.api import Object

__all__ = [
    "applied",
    "apply_failed",
    "fetch_failed",
    "fetched",
    "git_repository",
    "helm_chart",
    "helm_release",
    "helm_repository",
    "inventory_id",
    "kustomization",
    "observed",
    "release_failed",
    "released",
    "waiting",
]

_AT = "2026-11-22T09:00:00Z"
_NEVER_OBSERVED = -1
_SOURCE = "source.toolkit.fluxcd.io/v1"
_ARTIFACTS = "http://source-controller.flux-system.svc.cluster.local."


def git_repository(name: str, namespace: str, *, url: str, branch: str = "main") -> Object:
    spec = {"interval": "1m", "ref": {"branch": branch}, "timeout": "60s", "url": url}
    return _object(_SOURCE, "GitRepository", name, namespace, spec)


def helm_repository(name: str, namespace: str, *, url: str) -> Object:
    spec = {"interval": "5m", "provider": "generic", "url": url}
    return _object(_SOURCE, "HelmRepository", name, namespace, spec)


def helm_release(
    name: str,
    namespace: str,
    *,
    repository: str,
    chart: str,
    version: str,
    values: Mapping[str, Any],
    values_from: Sequence[Mapping[str, Any]] = (),
) -> Object:
    """A release of a chart from a HelmRepository in its own namespace."""
    chart_spec = {
        "chart": chart,
        "interval": "5m",
        "reconcileStrategy": "ChartVersion",
        "sourceRef": {"kind": "HelmRepository", "name": repository},
        "version": version,
    }
    spec: Object = {"chart": {"spec": chart_spec}, "interval": "5m", "timeout": "1m", "values": dict(values)}
    if values_from:
        spec["valuesFrom"] = [dict(reference) for reference in values_from]
    return _object("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, namespace, spec)


def helm_chart(release: Object) -> Object:
    """The HelmChart that helm-controller generates from a HelmRelease."""
    name, namespace = release["metadata"]["name"], release["metadata"]["namespace"]
    chart = _object(_SOURCE, "HelmChart", f"{namespace}-{name}", namespace, release["spec"]["chart"]["spec"])
    chart["metadata"]["labels"] = {
        "helm.toolkit.fluxcd.io/name": name,
        "helm.toolkit.fluxcd.io/namespace": namespace,
    }
    return chart


def kustomization(
    name: str,
    namespace: str,
    *,
    path: str,
    source: str = "flux-system",
    depends_on: Sequence[str] = (),
    substitute_from: Sequence[str] = (),
) -> Object:
    """A Kustomization of a GitRepository that waits for what it applies.

    depends_on, substitute_from: names of Kustomizations and of ConfigMaps in the same namespace.
    """
    spec: Object = {
        "force": False,
        "interval": "5m",
        "path": path,
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": source},
        "timeout": "1m",
        "wait": True,
    }
    if depends_on:
        spec["dependsOn"] = [{"name": dependency} for dependency in depends_on]
    if substitute_from:
        references = [{"kind": "ConfigMap", "name": config, "optional": False} for config in substitute_from]
        spec["postBuild"] = {"substituteFrom": references}
    return _object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, namespace, spec)


def fetched(source: Object, revision: str) -> Object:
    """source-controller has the artifact. revision: `main@sha1:…`, `sha256:…` or a chart version."""
    kind, spec = source["kind"], source["spec"]
    message = f"stored artifact for revision '{revision}'"
    reason = "Succeeded"
    status: Object = {"observedGeneration": 0}
    if kind == "HelmRepository":
        message = f"stored artifact: revision '{revision}'"
        status["url"] = f"{_artifact_folder(source)}/index.yaml"
    if kind == "HelmChart":
        message = f"pulled '{spec['chart']}' chart with version '{revision}'"
        reason = "ChartPullSucceeded"
        status["url"] = f"{_artifact_folder(source)}/latest.tar.gz"
        status["observedChartName"] = spec["chart"]
        status["observedSourceArtifactRevision"] = _digest(spec["sourceRef"]["name"])
    status["artifact"] = _artifact(source, revision)
    status["conditions"] = [
        _condition("Ready", "True", reason, message),
        _condition("ArtifactInStorage", "True", reason, message),
    ]
    return source | {"status": status}


def fetch_failed(source: Object, reason: str, message: str) -> Object:
    """source-controller never got an artifact; its consumers cannot start."""
    status = {
        "conditions": [
            _condition("Reconciling", "True", "ProgressingWithRetry", "reconciliation in progress"),
            _condition("Ready", "False", reason, message),
            _condition("FetchFailed", "True", reason, message),
        ],
        "observedGeneration": _NEVER_OBSERVED,
    }
    return source | {"status": status}


def applied(kustomization: Object, revision: str, children: Sequence[Object]) -> Object:
    """kustomize-controller applied the revision and saw everything healthy."""
    status = {
        "conditions": [
            _condition("Ready", "True", "ReconciliationSucceeded", f"Applied revision: {revision}"),
            _condition("Healthy", "True", "Succeeded", "Health check passed in 1.05s"),
        ],
        "history": [_reconciled(kustomization, revision, "ReconciliationSucceeded")],
        "inventory": _inventory(children),
        "lastAppliedRevision": revision,
        "lastAttemptedRevision": revision,
        "observedGeneration": 0,
    }
    return kustomization | {"status": status}


def apply_failed(
    kustomization: Object,
    reason: str,
    message: str,
    *,
    attempted: str,
    before: str,
    children: Sequence[Object],
) -> Object:
    """The revision `attempted` failed after `before` had been applied; the inventory is that of before."""
    status = applied(kustomization, before, children)["status"]
    status["conditions"] = [
        _condition(
            "Reconciling",
            "True",
            "ProgressingWithRetry",
            f"Detecting drift for revision {attempted} with a timeout of 1m0s",
        ),
        _condition("Ready", "False", reason, message),
    ]
    if reason == "HealthCheckFailed":
        status["conditions"].append(_condition("Healthy", "False", reason, message))
    status["history"].insert(0, _reconciled(kustomization, attempted, reason))
    status["lastAttemptedRevision"] = attempted
    return kustomization | {"status": status}


def waiting(kustomization: Object, dependency: str, *, before: str, children: Sequence[Object]) -> Object:
    """Held back by dependsOn. dependency: its name; before: the revision that is still applied."""
    status = applied(kustomization, before, children)["status"]
    namespace = kustomization["metadata"]["namespace"]
    message = f"dependency '{namespace}/{dependency}' is not ready"
    status["conditions"][0] = _condition("Ready", "False", "DependencyNotReady", message)
    return kustomization | {"status": status}


def released(release: Object, children: Sequence[Object], *, app_version: str = "1.0.0") -> Object:
    """helm-controller installed the chart; its first release is deployed."""
    name, namespace = release["metadata"]["name"], release["metadata"]["namespace"]
    chart = release["spec"]["chart"]["spec"]
    packaged = f"{chart['chart']}@{chart['version']}"
    message = f"Helm install succeeded for release {namespace}/{name}.v1 with chart {packaged}"
    config_digest = _digest(release["spec"]["values"])
    snapshot = {
        "action": "install",
        "apiVersion": "v2",
        "appVersion": app_version,
        "chartName": chart["chart"],
        "chartVersion": chart["version"],
        "configDigest": config_digest,
        "digest": _digest(release["spec"]),
        "firstDeployed": _AT,
        "lastDeployed": _AT,
        "name": name,
        "namespace": namespace,
        "status": "deployed",
        "version": 1,
    }
    status = {
        "conditions": [
            _condition("Ready", "True", "InstallSucceeded", message),
            _condition("Released", "True", "InstallSucceeded", message),
        ],
        "helmChart": f"{namespace}/{namespace}-{name}",
        "history": [snapshot],
        "inventory": _inventory(children),
        "lastAttemptedConfigDigest": config_digest,
        "lastAttemptedGeneration": 0,
        "lastAttemptedReleaseAction": "install",
        "lastAttemptedReleaseActionDuration": "2.5s",
        "lastAttemptedRevision": chart["version"],
        "observedGeneration": 0,
        "storageNamespace": namespace,
    }
    return release | {"status": status}


def release_failed(release: Object, reason: str, message: str) -> Object:
    """helm-controller cannot begin the first release, and tries again and again."""
    namespace = release["metadata"]["namespace"]
    status = {
        "conditions": [
            _condition("Reconciling", "True", "Progressing", "Fulfilling prerequisites"),
            _condition("Ready", "False", reason, message),
        ],
        "helmChart": f"{namespace}/{namespace}-{release['metadata']['name']}",
        "observedGeneration": _NEVER_OBSERVED,
    }
    return release | {"status": status}


def observed(obj: Object, generation: int) -> Object:
    """The object with its generation in every place of the status that says "this generation" (0)."""
    if "status" not in obj:
        return obj
    status = _with_generation(obj["status"], generation)
    if "conditions" in status:
        status["conditions"] = [_with_generation(entry, generation) for entry in status["conditions"]]
    return obj | {"status": status}


def inventory_id(obj: Object) -> str:
    """`<namespace>_<name>_<group>_<kind>`, as inventories name objects."""
    group = obj["apiVersion"].rpartition("/")[0]
    meta = obj["metadata"]
    return f"{meta.get('namespace', '')}_{meta['name']}_{group}_{obj['kind']}"


def _with_generation(fields: Mapping[str, Any], generation: int) -> Object:
    names = ("observedGeneration", "lastAttemptedGeneration")
    return {key: generation if key in names and value == 0 else value for key, value in fields.items()}


def _object(api_version: str, kind: str, name: str, namespace: str, spec: Mapping[str, Any]) -> Object:
    metadata: Object = {"name": name, "namespace": namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def _condition(kind: str, status: str, reason: str, message: str) -> Object:
    return {
        "lastTransitionTime": _AT,
        "message": message,
        "observedGeneration": 0,
        "reason": reason,
        "status": status,
        "type": kind,
    }


def _reconciled(kustomization: Object, revision: str, result: str) -> Object:
    return {
        "digest": _digest([kustomization["spec"], revision]),
        "firstReconciled": _AT,
        "lastReconciled": _AT,
        "lastReconciledDuration": "1.5s",
        "lastReconciledStatus": result,
        "metadata": {"revision": revision},
        "totalReconciliations": 1,
    }


def _inventory(children: Sequence[Object]) -> Object:
    entries = [{"id": inventory_id(obj), "v": obj["apiVersion"].rpartition("/")[2]} for obj in children]
    return {"entries": entries}


def _artifact(source: Object, revision: str) -> Object:
    folder = _artifact_folder(source)
    name = revision.rpartition(":")[2]
    endings = {
        "HelmRepository": f"index-{name}.yaml",
        "HelmChart": f"{source['spec'].get('chart')}-{name}.tgz",
    }
    url = f"{folder}/{endings.get(source['kind'], f'{name}.tar.gz')}"
    return {
        "digest": _digest(url),
        "lastUpdateTime": _AT,
        "path": url.removeprefix(f"{_ARTIFACTS}/"),
        "revision": revision,
        "size": 2048,
        "url": url,
    }


def _artifact_folder(source: Object) -> str:
    meta = source["metadata"]
    return f"{_ARTIFACTS}/{source['kind'].lower()}/{meta['namespace']}/{meta['name']}"


def _digest(content: object) -> str:
    return f"sha256:{hashlib.sha256(msgspec.json.encode(content, order='sorted')).hexdigest()}"

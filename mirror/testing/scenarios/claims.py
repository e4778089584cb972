"""Who applied what: the marks appliers leave, their inventories, and which controller a kind belongs to."""

from __future__ import annotations

from mirror.testing.manifests import inventory_entry
from mirror.testing.objects import JSON, merge

__all__ = ["claimed", "component_of", "with_entry", "without_entry"]

_GROUPS = {
    "Kustomization": "kustomize.toolkit.fluxcd.io",
    "HelmRelease": "helm.toolkit.fluxcd.io",
    "ResourceSet": "resourceset.fluxcd.controlplane.io",
    "FluxInstance": "fluxcd.controlplane.io",
}

_COMPONENTS = {
    "Kustomization": "kustomize-controller",
    "HelmRelease": "helm-controller",
    "GitRepository": "source-controller",
    "OCIRepository": "source-controller",
    "Bucket": "source-controller",
    "HelmRepository": "source-controller",
    "HelmChart": "source-controller",
    "Alert": "notification-controller",
    "Provider": "notification-controller",
    "Receiver": "notification-controller",
    "ImageRepository": "image-reflector-controller",
    "ImagePolicy": "image-reflector-controller",
    "ImageUpdateAutomation": "image-automation-controller",
    "ArtifactGenerator": "source-watcher",
    "ExternalArtifact": "source-watcher",
    "FluxInstance": "flux-operator",
    "FluxReport": "flux-operator",
    "ResourceSet": "flux-operator",
    "ResourceSetInputProvider": "flux-operator",
    "Deployment": "deployment-controller",
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemonset-controller",
    "Job": "job-controller",
    "PersistentVolumeClaim": "persistentvolume-controller",
    "Pod": "kubelet",
}


def component_of(kind: str) -> str:
    """The controller that records Events about objects of this kind."""
    return _COMPONENTS[kind]


def claimed(obj: JSON, applier: JSON) -> JSON:
    """The object with the marks of its applier."""
    metadata = applier["metadata"]
    group = _GROUPS[applier["kind"]]
    marks = {f"{group}/name": metadata["name"], f"{group}/namespace": metadata["namespace"]}
    changes: JSON = {"labels": marks}
    if applier["kind"] == "HelmRelease":
        marks["app.kubernetes.io/managed-by"] = "Helm"
        changes["annotations"] = {
            "meta.helm.sh/release-name": metadata["name"],
            "meta.helm.sh/release-namespace": metadata["namespace"],
        }
    marked: JSON = merge(obj, {"metadata": changes})
    return marked


def with_entry(applier: JSON, obj: JSON) -> JSON:
    """The applier with the object in its inventory, once."""
    status = applier.get("status") or {}
    entries = (status.get("inventory") or {}).get("entries") or []
    entry = inventory_entry(obj)
    if entry in entries:
        return applier
    return {**applier, "status": {**status, "inventory": {"entries": [*entries, entry]}}}


def without_entry(applier: JSON, obj: JSON) -> JSON:
    """The applier without the object in its inventory."""
    entries = applier["status"]["inventory"]["entries"]
    left = [item for item in entries if item != inventory_entry(obj)]
    return {**applier, "status": {**applier["status"], "inventory": {"entries": left}}}

"""What servers and controllers write into an object by themselves, as data: nobody has decided it, so it does
not count when one object is compared in two clusters.

A path is dotted; `*` stands for any map key and any list item. The digests of stored objects leave out what
stands here (content.py), so every change of it must raise records.PROJECTION.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mirror.flux.fields import mapping, text

__all__ = ["is_server_mark", "server_fields"]

_SERVER_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "Service": (
        "spec.clusterIP",
        "spec.clusterIPs",
        "spec.healthCheckNodePort",
        "spec.ports.*.nodePort",
        "spec.ipFamilies",
    ),
    "PersistentVolumeClaim": ("spec.volumeName",),
    "PersistentVolume": ("spec.claimRef.uid", "spec.claimRef.resourceVersion"),
    "ServiceAccount": ("secrets",),
    "Namespace": ("spec.finalizers",),
    "Job": ("spec.selector",),
    "Node": ("spec.providerID", "spec.podCIDR", "spec.podCIDRs"),
    "CustomResourceDefinition": ("spec.conversion.webhook.clientConfig.caBundle",),
    "ValidatingWebhookConfiguration": ("webhooks.*.clientConfig.caBundle",),
    "MutatingWebhookConfiguration": ("webhooks.*.clientConfig.caBundle",),
    "APIService": ("spec.caBundle",),
}
"""Per kind: fields that the server or a controller fills in."""

_HEADLESS: Final = "None"
"""The one `spec.clusterIP` that is decided, not assigned."""

_MARKS: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "kubectl.kubernetes.io/restartedAt",
        "kustomize.toolkit.fluxcd.io/checksum",
        "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.daemonset.template.generation",
        "control-plane.alpha.kubernetes.io/leader",
        "controller-revision-hash",
        "pod-template-hash",
        "pod-template-generation",
        "controller-uid",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-tracking",
        "source.extensions.fluxcd.io/generator",
        "volume.kubernetes.io/selected-node",
        "volume.kubernetes.io/storage-provisioner",
        "volume.beta.kubernetes.io/storage-provisioner",
        "endpoints.kubernetes.io/last-change-trigger-time",
    }
)
_MARK_PREFIXES: Final = ("reconcile.fluxcd.io/", "meta.helm.sh/", "pv.kubernetes.io/")


def server_fields(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of the fields that the server or a controller has filled in, in an object like this."""
    paths = _SERVER_FIELDS.get(text(obj.get("kind")), ())
    if "spec.clusterIP" in paths and mapping(obj.get("spec")).get("clusterIP") == _HEADLESS:
        return tuple(path for path in paths if path != "spec.clusterIP")
    return paths


def is_server_mark(key: str) -> bool:
    """A label or annotation that servers, controllers and kubectl write for themselves."""
    return key in _MARKS or key.startswith(_MARK_PREFIXES)

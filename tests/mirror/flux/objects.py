"""Small objects for table-driven tests."""

from __future__ import annotations

from typing import Any

from mirror.clock import parse_time

__all__ = ["AT", "TIME", "Document", "condition", "container", "flux_object", "pod", "workload"]

Document = dict[str, Any]

TIME = "2026-11-22T10:00:00Z"
AT = parse_time(TIME)

API_VERSIONS = {
    "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
    "Alert": "notification.toolkit.fluxcd.io/v1beta3",
    "Provider": "notification.toolkit.fluxcd.io/v1beta3",
    "Receiver": "notification.toolkit.fluxcd.io/v1",
    "ArtifactGenerator": "source.extensions.fluxcd.io/v1beta1",
    **dict.fromkeys(("FluxInstance", "FluxReport", "ResourceSet"), "fluxcd.controlplane.io/v1"),
    "ResourceSetInputProvider": "fluxcd.controlplane.io/v1",
    **dict.fromkeys(
        ("GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart", "ExternalArtifact"),
        "source.toolkit.fluxcd.io/v1",
    ),
    **dict.fromkeys(
        ("ImageRepository", "ImagePolicy", "ImageUpdateAutomation"), "image.toolkit.fluxcd.io/v1"
    ),
}


def condition(type_: str, status: str, reason: str = "", message: str = "", **fields: Any) -> Document:
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": TIME,
        **fields,
    }


def flux_object(
    kind: str,
    *conditions: Document,
    spec: Document | None = None,
    status: Document | None = None,
    **metadata: Any,
) -> Document:
    """A Flux object `apps/web` of generation 1 with these conditions."""
    return {
        "apiVersion": API_VERSIONS[kind],
        "kind": kind,
        "metadata": {"name": "web", "namespace": "apps", "generation": 1, **metadata},
        "spec": spec or {},
        "status": {**({"conditions": list(conditions)} if conditions else {}), **(status or {})},
    }


def workload(
    kind: str,
    spec: Document,
    status: Document,
    *conditions: Document,
    api_version: str = "apps/v1",
    **metadata: Any,
) -> Document:
    """A built-in object `apps/web` of generation 2, observed."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "web", "namespace": "apps", "generation": 2, **metadata},
        "spec": spec,
        "status": {"observedGeneration": 2, "conditions": list(conditions), **status},
    }


def container(name: str = "web", *, ready: bool = False, restarts: int = 0, **states: Document) -> Document:
    """states: state and lastState as in a Pod status, e.g. `state={"waiting": {...}}`."""
    return {"name": name, "ready": ready, "restartCount": restarts, **states}


def pod(phase: str, *containers: Document, ready: str = "False", **status: Any) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "apps"},
        "spec": {},
        "status": {
            "phase": phase,
            "conditions": [condition("Ready", ready, "ContainersNotReady" if ready == "False" else "")],
            "containerStatuses": list(containers),
            **status,
        },
    }

"""Core objects of a fleet: namespaces, configuration, Deployments with their status, events."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from tests.controlplane.api import Object

__all__ = ["config_map", "deployment", "namespace", "secret", "warning"]

_AT = "2026-11-22T09:00:00Z"


def namespace(name: str, labels: Mapping[str, str] | None = None) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels or {})}}


def config_map(name: str, namespace: str, data: Mapping[str, str]) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


def secret(name: str, namespace: str, data: Mapping[str, str]) -> Object:
    """An Opaque Secret. data: as plain text."""
    metadata = {"name": name, "namespace": namespace}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": encoded}


def deployment(
    name: str, namespace: str, *, image: str, replicas: int = 1, labels: Mapping[str, str] | None = None
) -> Object:
    """A Deployment that is rolled out and available. Its ReplicaSet and Pods are not made."""
    app = {"app": name}
    container = {"name": name, "image": image}
    conditions = [
        ("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        ("Progressing", "NewReplicaSetAvailable", f'ReplicaSet "{name}-1" has successfully progressed.'),
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {**app, **(labels or {})}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": app},
            "template": {"metadata": {"labels": app}, "spec": {"containers": [container]}},
        },
        "status": {
            "availableReplicas": replicas,
            "conditions": [
                {
                    "lastTransitionTime": _AT,
                    "lastUpdateTime": _AT,
                    "message": message,
                    "reason": reason,
                    "status": "True",
                    "type": kind,
                }
                for kind, reason, message in conditions
            ],
            "observedGeneration": 0,
            "readyReplicas": replicas,
            "replicas": replicas,
            "updatedReplicas": replicas,
        },
    }


def warning(about: Object, component: str) -> Object:
    """The Warning event that a Flux controller sends together with a Ready condition that is False."""
    meta = about["metadata"]
    ready = next(c for c in about["status"]["conditions"] if c["type"] == "Ready")
    unique = hashlib.sha256(f"{about['kind']} {ready['message']}".encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name']}.{unique}", "namespace": meta["namespace"]},
        "involvedObject": {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "name": meta["name"],
            "namespace": meta["namespace"],
        },
        "type": "Warning",
        "reason": ready["reason"],
        "message": ready["message"],
        "source": {"component": component},
        "reportingComponent": component,
        "reportingInstance": "",
        "count": 1,
        "firstTimestamp": _AT,
        "lastTimestamp": _AT,
    }

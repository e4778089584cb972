"""Objects that are not Flux's own, as the API server and the controllers of Kubernetes would hold them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

__all__ = [
    "JSON",
    "condition",
    "configmap",
    "deployment_family",
    "digest",
    "event",
    "inventory_entry",
    "namespace",
    "obj",
    "secret",
    "stable_uid",
]

JSON = dict[str, Any]


def digest(*parts: object, length: int = 64) -> str:
    """Stable hexadecimal digits for names and revisions: the same fleet on every run."""
    return sha256("/".join(map(str, parts)).encode()).hexdigest()[:length]


def obj(api_version: str, kind: str, namespace: str, name: str, created: str, **fields: Any) -> JSON:
    """An object; `labels`, `annotations` and `owner` go into its metadata."""
    metadata: JSON = {"name": name, "creationTimestamp": created}
    if namespace:
        metadata["namespace"] = namespace
    for key in ("labels", "annotations", "generation"):
        if key in fields:
            metadata[key] = fields.pop(key)
    if owner := fields.pop("owner", None):
        metadata["ownerReferences"] = [
            {
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
    if uid := fields.pop("uid", None):
        metadata["uid"] = uid
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def condition(type_: str, status: str, reason: str, message: str, at: str, generation: int = 0) -> JSON:
    found: JSON = {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": at,
    }
    return {**found, "observedGeneration": generation} if generation else found


def namespace(name: str, created: str, labels: dict[str, str] | None = None) -> JSON:
    status = {"phase": "Active"}
    return obj("v1", "Namespace", "", name, created, labels=labels or {}, status=status)


def configmap(space: str, name: str, data: dict[str, str], created: str, labels: dict[str, str]) -> JSON:
    return obj("v1", "ConfigMap", space, name, created, labels=labels, data=data)


def secret(space: str, name: str, data: dict[str, str], created: str) -> JSON:
    """data: base64, as on a real server. Every value of the simulated fleet is a planted canary."""
    return obj("v1", "Secret", space, name, created, type="Opaque", data=data)


def deployment_family(
    cluster: str, space: str, name: str, image: str, replicas: int, created: str, labels: dict[str, str]
) -> list[JSON]:
    """A rolled-out Deployment, its ReplicaSet and its running Pods."""
    selector = {"app.kubernetes.io/name": name}
    template = {
        "metadata": {"labels": selector},
        "spec": {"containers": [{"name": name, "image": image, "ports": [{"containerPort": 8080}]}]},
    }
    deployment = obj(
        "apps/v1",
        "Deployment",
        space,
        name,
        created,
        uid=stable_uid(cluster, "deployment", space, name),
        labels={**labels, **selector},
        generation=1,
        spec={"replicas": replicas, "selector": {"matchLabels": selector}, "template": template},
        status={
            "observedGeneration": 1,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "readyReplicas": replicas,
            "availableReplicas": replicas,
            "conditions": [
                condition(
                    "Available",
                    "True",
                    "MinimumReplicasAvailable",
                    "Deployment has minimum availability.",
                    created,
                ),
                condition(
                    "Progressing",
                    "True",
                    "NewReplicaSetAvailable",
                    f'ReplicaSet "{name}" has successfully progressed.',
                    created,
                ),
            ],
        },
    )
    hash_ = digest(name, image, length=10)
    replica_set = obj(
        "apps/v1",
        "ReplicaSet",
        space,
        f"{name}-{hash_}",
        created,
        uid=stable_uid(cluster, "replicaset", space, name),
        labels={**selector, "pod-template-hash": hash_},
        generation=1,
        owner=deployment,
        spec={"replicas": replicas, "selector": {"matchLabels": selector}, "template": template},
        status={
            "observedGeneration": 1,
            "replicas": replicas,
            "fullyLabeledReplicas": replicas,
            "readyReplicas": replicas,
            "availableReplicas": replicas,
        },
    )
    pods = [_pod(cluster, replica_set, name, image, n, created) for n in range(replicas)]
    return [deployment, replica_set, *pods]


def _pod(cluster: str, replica_set: JSON, name: str, image: str, number: int, created: str) -> JSON:
    space = replica_set["metadata"]["namespace"]
    suffix = digest(cluster, space, name, number, length=5)
    running = {"running": {"startedAt": created}}
    ready = [
        {"type": type_, "status": "True", "lastTransitionTime": created}
        for type_ in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    return obj(
        "v1",
        "Pod",
        space,
        f"{replica_set['metadata']['name']}-{suffix}",
        created,
        uid=stable_uid(cluster, "pod", space, name, number),
        labels=replica_set["metadata"]["labels"],
        owner=replica_set,
        spec={"nodeName": "node-1", "containers": [{"name": name, "image": image}]},
        status={
            "phase": "Running",
            "podIP": "10.0.0.1",
            "conditions": ready,
            "containerStatuses": [
                {
                    "name": name,
                    "image": image,
                    "ready": True,
                    "started": True,
                    "restartCount": 0,
                    "state": running,
                    "imageID": f"{image}@sha256:{digest(image)}",
                }
            ],
        },
    )


def event(involved: JSON, reason: str, message: str, at: str, *, warning: bool, component: str) -> JSON:
    """An Event about an object, as Flux's controllers record them."""
    metadata = involved["metadata"]
    space = metadata.get("namespace", "default")
    return obj(
        "v1",
        "Event",
        space,
        f"{metadata['name']}.{digest(involved['kind'], metadata['name'], reason, message, length=16)}",
        at,
        involvedObject={
            "apiVersion": involved["apiVersion"],
            "kind": involved["kind"],
            "namespace": space,
            "name": metadata["name"],
            "uid": metadata.get("uid", ""),
        },
        type="Warning" if warning else "Normal",
        reason=reason,
        message=message,
        count=1,
        firstTimestamp=at,
        lastTimestamp=at,
        source={"component": component},
        reportingComponent=component,
    )


def stable_uid(*parts: object) -> str:
    """A uid that is the same on every run."""
    text = digest(*parts, length=32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def inventory_entry(obj: JSON) -> JSON:
    """An entry of `status.inventory.entries` for an applied object."""
    group, _, version = obj["apiVersion"].rpartition("/")
    metadata = obj["metadata"]
    name = metadata["name"].replace(":", "__")
    return {"id": f"{metadata.get('namespace', '')}_{name}_{group}_{obj['kind']}", "v": version}

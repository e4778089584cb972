"""Small clusters by hand: objects as controllers would leave them, with the messages those write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

Document = dict[str, Any]

AT = 1_795_350_000.0
SINCE = "2026-11-22T08:00:00Z"
LATER = "2026-11-22T08:10:00Z"
SYSTEM = "flux-system"

SOURCE = "source.toolkit.fluxcd.io/v1"
KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"
HELM = "helm.toolkit.fluxcd.io/v2"
OPERATOR = "fluxcd.controlplane.io/v1"
RBAC = "rbac.authorization.k8s.io/v1"


def obj(api_version: str, kind: str, name: str, namespace: str | None = "apps", **content: Any) -> Document:
    """labels, annotations and ownerReferences go into metadata, everything else is top-level content."""
    meta: Document = {"name": name, "uid": f"{kind}-{namespace}-{name}", "generation": 1}
    meta["creationTimestamp"] = content.pop("created", SINCE)
    meta["resourceVersion"] = "1"
    if namespace:
        meta["namespace"] = namespace
    meta.update(
        {key: content.pop(key) for key in ("labels", "annotations", "ownerReferences") if key in content}
    )
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **content}


def condition(type_: str, status: str, reason: str, message: str = "", since: str = SINCE) -> Document:
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
    }


def status(*conditions: Document, **more: Any) -> Document:
    return {"observedGeneration": 1, "conditions": list(conditions), **more}


def ready(**more: Any) -> Document:
    return status(condition("Ready", "True", "Succeeded"), **more)


def failed(reason: str, message: str, *others: Document, since: str = SINCE, **more: Any) -> Document:
    return status(condition("Ready", "False", reason, message, since), *others, **more)


def inventory(*objects: Document) -> Document:
    entries = []
    for item in objects:
        group = item["apiVersion"].rpartition("/")[0]
        meta = item["metadata"]
        entries.append(
            {"id": f"{meta.get('namespace', '')}_{meta['name']}_{group}_{item['kind']}", "v": "v1"}
        )
    return {"entries": entries}


def git(
    name: str = SYSTEM, namespace: str = SYSTEM, *, state: Document | None = None, **spec: Any
) -> Document:
    spec = {"url": "https://git.example.com/fleet.git", "ref": {"branch": "main"}, "interval": "1m", **spec}
    return obj(SOURCE, "GitRepository", name, namespace, spec=spec, status=state or ready())


def kustomization(
    name: str,
    *,
    state: Document | None = None,
    children: Sequence[Document] = (),
    namespace: str = SYSTEM,
    **spec: Any,
) -> Document:
    state = {**(state or ready()), "inventory": inventory(*children)}
    defaults = {"path": f"./{name}", "interval": "10m", "wait": True}
    defaults["sourceRef"] = {"kind": "GitRepository", "name": SYSTEM}
    return obj(KUSTOMIZE, "Kustomization", name, namespace, spec={**defaults, **spec}, status=state)


def unhealthy(*children: Document, since: str = SINCE) -> Document:
    """The status of a Kustomization that has waited in vain for these children."""
    names = [f"{c['kind']}/{c['metadata'].get('namespace', '')}/{c['metadata']['name']}" for c in children]
    listed = ", ".join(f"{name} status: 'InProgress'" for name in names)
    return failed(
        "HealthCheckFailed",
        f"health check failed after 5m0.03s: timeout waiting for: [{listed}]",
        since=since,
    )


def helm_repository(name: str = "charts", *, state: Document | None = None, **spec: Any) -> Document:
    spec = {"url": "https://charts.example.com", "interval": "1h", **spec}
    return obj(SOURCE, "HelmRepository", name, spec=spec, status=state or ready())


def helm_chart(name: str = "shop", *, state: Document | None = None) -> Document:
    spec = {"chart": name, "version": "1.x", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
    return obj(SOURCE, "HelmChart", f"apps-{name}", spec=spec, status=state or ready())


def helm_release(
    name: str = "shop", *, state: Document | None = None, children: Sequence[Document] = (), **spec: Any
) -> Document:
    source = {"kind": "HelmRepository", "name": "charts"}
    chart = {"spec": {"chart": name, "version": "1.x", "sourceRef": source}}
    state = {**(state or ready()), "inventory": inventory(*children)}
    return obj(HELM, "HelmRelease", name, spec={"interval": "10m", "chart": chart, **spec}, status=state)


def deployment(
    name: str = "web",
    *,
    namespace: str = "apps",
    up: int = 0,
    wanted: int = 1,
    labels: Document | None = None,
) -> Document:
    """Wants Pods; `up` of them are ready."""
    done = up >= wanted
    conditions = [
        condition("Available", "True" if done else "False", "MinimumReplicasAvailable"),
        condition("Progressing", "True", "NewReplicaSetAvailable" if done else "ReplicaSetUpdated"),
    ]
    counts = {"replicas": wanted, "updatedReplicas": wanted, "readyReplicas": up, "availableReplicas": up}
    container = {"name": name, "image": f"registry.example.com/{name}:2"}
    return obj(
        "apps/v1",
        "Deployment",
        name,
        namespace,
        labels=labels or {},
        spec={"replicas": wanted, "template": {"spec": {"containers": [container]}}},
        status=status(*conditions, **counts),
    )


def owned(by: Document) -> list[Document]:
    meta = by["metadata"]
    owner = {"apiVersion": by["apiVersion"], "kind": by["kind"], "name": meta["name"], "uid": meta["uid"]}
    return [{**owner, "controller": True}]


def replica_set(of: Document, *conditions: Document, pods: int = 1) -> Document:
    name = f"{of['metadata']['name']}-6d4b75cb6d"
    return obj(
        "apps/v1",
        "ReplicaSet",
        name,
        of["metadata"]["namespace"],
        ownerReferences=owned(of),
        spec={"replicas": 1},
        status=status(*conditions, replicas=pods, fullyLabeledReplicas=pods),
    )


def pod(of: Document, *, phase: str = "Pending", state: Document | None = None, **content: Any) -> Document:
    """state: of its only container, `{"waiting": {...}}`; ready only when it runs and nothing is said."""
    up = phase == "Running" and state is None
    container = {"name": "web", "ready": up, "restartCount": 0, "state": state or {}}
    container.update(content.pop("container", {}))
    spec = {"containers": [{"name": "web", "image": "registry.example.com/web:2"}], **content.pop("spec", {})}
    conditions = content.pop(
        "conditions", [condition("Ready", "True" if up else "False", "ContainersNotReady")]
    )
    body = {"phase": phase, "conditions": conditions, "containerStatuses": [container] if state or up else []}
    namespace = of["metadata"]["namespace"]
    name = f"{of['metadata']['name']}-x2x7k"
    return obj("v1", "Pod", name, namespace, ownerReferences=owned(of), spec=spec, status=body, **content)


def waiting(reason: str, message: str = "") -> Document:
    return {"waiting": {"reason": reason, "message": message}}


def event(about: Document, reason: str, message: str, *, type_: str = "Warning", at: str = LATER) -> Document:
    meta = about["metadata"]
    involved = {"apiVersion": about["apiVersion"], "kind": about["kind"], "name": meta["name"]}
    if "namespace" in meta:
        involved["namespace"] = meta["namespace"]
    return obj(
        "v1",
        "Event",
        f"{meta['name']}.{crc32(f'{reason} {message} {at}'.encode()):x}",
        meta.get("namespace", "default"),
        involvedObject=involved,
        reason=reason,
        message=message,
        type=type_,
        count=3,
        firstTimestamp=at,
        lastTimestamp=at,
        source={"component": "test"},
    )


def controller(name: str, *, up: int = 1, wanted: int = 1) -> Document:
    return deployment(
        name, namespace=SYSTEM, up=up, wanted=wanted, labels={"app.kubernetes.io/part-of": "flux"}
    )


def plain(
    kind: str, name: str, namespace: str | None = "apps", api_version: str = "v1", **content: Any
) -> Document:
    """A ConfigMap, Secret, Role …: a kind without a status."""
    return obj(api_version, kind, name, namespace, **content)

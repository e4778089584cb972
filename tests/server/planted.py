"""A fleet with something of everything, and a secret in every place where people leave one."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from mirror.flux.redaction import Redactor
from mirror.keys import ObjectKey, Resource
from mirror.records import EventRecord
from tests.query.manifests import deployment, failed, helm_release, kustomization, manifest, ready
from tests.query.stores import NOW, RESOURCES, Content

__all__ = ["CANARY", "FLEET", "KEY", "fleet_under", "planted", "traces_of_canaries"]

CANARY = "planted-canary"
"""Every secret below begins with it."""

KEY = f"{CANARY}-fingerprint-key-of-32-bytes".encode()

_SERVED = (
    *RESOURCES,
    Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False),
    Resource("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", True, verbs=frozenset({"get", "list"})),
)
_POD = "web-7d4b9c6f5d-bcdfg"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _secret() -> dict[str, Any]:
    data = {"password": _encoded(f"{CANARY}-secret-data"), "url": _encoded(f"{CANARY}-secret-url")}
    return manifest("v1", "Secret", "web-auth", data=data, stringData={"token": f"{CANARY}-string-data"})


def _config_map() -> dict[str, Any]:
    copy = msgspec.json.encode({"data": {"password": f"{CANARY}-last-applied"}}).decode()
    return manifest(
        "v1",
        "ConfigMap",
        "web-config",
        annotations={
            "kubectl.kubernetes.io/last-applied-configuration": copy,
            "example.com/api-token": f"{CANARY}-annotation",
        },
        data={
            "DB_PASSWORD": f"{CANARY}-config-key",
            "app.yaml": f"db:\n  password: {CANARY}-config-yaml\nurl: postgres://app:{CANARY}-dsn@db/app\n",
        },
    )


def _workload(image: str) -> list[dict[str, Any]]:
    web = deployment("web", image=image)
    container = web["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [
        {"name": "API_TOKEN", "value": f"{CANARY}-env"},
        {"name": "DATABASE_URL", "value": f"postgres://app:{CANARY}-env-url@db/app"},
    ]
    container["args"] = ["--password", f"{CANARY}-argument", f"--token={CANARY}-option"]
    replicas = _owned("apps/v1", "ReplicaSet", "web-7d4b9c6f5d", web)
    message = f"container web: connect postgres://app:{CANARY}-status@db/app: password={CANARY}-assigned"
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
    pod = _owned("v1", "Pod", _POD, replicas)
    pod["spec"] = {"containers": [container]}
    pod["status"] = {
        "phase": "Running",
        "containerStatuses": [{"name": "web", "state": waiting, "ready": False}],
    }
    return [web, replicas, pod]


def _owned(api_version: str, kind: str, name: str, owner: dict[str, Any]) -> dict[str, Any]:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], **owner["metadata"]}
    kept = {key: reference[key] for key in ("apiVersion", "kind", "name", "uid")}
    return manifest(api_version, kind, name, ownerReferences=[kept], labels={"app": "web"})


def _flux(version: str) -> list[dict[str, Any]]:
    clone = f"failed to clone https://git:{CANARY}-clone@git.example.com/fleet: token={CANARY}-prose"
    source = manifest(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        "fleet",
        "flux-system",
        spec={"url": f"https://git:{CANARY}-userinfo@git.example.com/fleet.git", "interval": "1m"},
        status=failed("GitOperationFailed", clone),
    )
    applier = kustomization("apps", postBuild={"substitute": {"db_password": f"{CANARY}-substitute"}})
    values = {
        "replicas": len(version),
        "auth": {"password": f"{CANARY}-values"},
        "apiKey": f"{CANARY}-api-key",
    }
    release = helm_release(
        version=version,
        values=values,
        valuesFrom=[{"kind": "ConfigMap", "name": "web-config"}, {"kind": "Secret", "name": "web-auth"}],
        status=failed("UpgradeFailed", f"post-upgrade hooks failed: Bearer {CANARY}-bearer-0123456789abcdef"),
    )
    instance = manifest(
        "fluxcd.controlplane.io/v1",
        "FluxInstance",
        "flux",
        "flux-system",
        spec={"sync": {"url": f"https://git:{CANARY}-sync@git.example.com/fleet.git", "path": "clusters"}},
        status=ready(lastAppliedRevision="v2.9.4"),
    )
    report = manifest(
        "fluxcd.controlplane.io/v1",
        "FluxReport",
        "flux",
        "flux-system",
        spec={"sync": {"source": f"https://git:{CANARY}-report@git.example.com/fleet.git", "ready": True}},
        status=ready(),
    )
    return [source, applier, release, instance, report]


def _definition() -> dict[str, Any]:
    interval = {"type": "string", "description": "How often the release is reconciled."}
    spec = {"type": "object", "description": "The desired state.", "properties": {"interval": interval}}
    schema = {"type": "object", "description": "A release of a chart.", "properties": {"spec": spec}}
    version = {"name": "v2", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return manifest(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "helmreleases.helm.toolkit.fluxcd.io",
        None,
        spec={
            "group": "helm.toolkit.fluxcd.io",
            "names": {"kind": "HelmRelease", "plural": "helmreleases"},
            "versions": [version],
        },
    )


def _metrics() -> dict[str, Any]:
    used = {"name": "web", "usage": {"cpu": "250m", "memory": "64Mi"}}
    return manifest(
        "metrics.k8s.io/v1beta1",
        "PodMetrics",
        _POD,
        labels={"app": "web"},
        timestamp="2026-11-18T12:00:00Z",
        window="15s",
        containers=[used],
    )


def _event(redactor: Redactor) -> EventRecord:
    message = (
        f"Error: cannot pull https://bot:{CANARY}-event@registry.example.com: password={CANARY}-event-text"
    )
    return EventRecord(
        uid="event-1",
        namespace="apps",
        name=f"{_POD}.1",
        resource_version="1",
        involved=ObjectKey("", "Pod", "apps", _POD),
        type="Warning",
        reason="Failed",
        message=redactor.redact_text(message),
        component="kubelet",
        first_at=NOW - 60,
        last_at=NOW - 30,
    )


def planted(version: str) -> list[dict[str, Any]]:
    """The objects of one cluster, as its API server has them."""
    return [
        _secret(),
        _config_map(),
        *_workload(f"web:{version}"),
        *_flux(version),
        _definition(),
        _metrics(),
    ]


def _content(version: str, key: bytes) -> Content:
    """As the informers store it: nothing gets past the redaction."""
    redactor = Redactor(key)
    objects = [redactor.redact(obj) for obj in planted(version)]
    return Content(objects=objects, events=[_event(redactor)], served=_SERVED)


def fleet_under(key: bytes) -> dict[str, Content]:
    """Two clusters, redacted with this key."""
    return {"production": _content("1.0.0", key), "staging": _content("1.10.0", key)}


FLEET = fleet_under(KEY)


def traces_of_canaries(text: str) -> list[str]:
    """Where a canary, or the key, shows: as it is, in base64 (at any offset), in hexadecimal."""
    forms = {CANARY, CANARY.encode().hex()}
    for shift in range(3):
        encoded = base64.b64encode(b" " * shift + CANARY.encode()).decode()
        forms.add(encoded[4 if shift else 0 : -4])
    return sorted(form for form in forms if form in text)

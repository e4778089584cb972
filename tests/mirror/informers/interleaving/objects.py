"""Objects that refer to each other, in a few kinds, namespaces and names; each with endless variants."""

from __future__ import annotations

from typing import Any

from mirror.keys import ObjectKey
from mirror.testing.cluster import FakeCluster
from mirror.testing.crds import crd
from tests.mirror.informers.small_cluster import make_small

__all__ = [
    "CRDS",
    "KINDS",
    "NAMES",
    "NAMESPACES",
    "core_event",
    "definition",
    "furnish",
    "key",
    "make",
    "status",
]

CRDS = {
    "Kustomization": ("kustomize.toolkit.fluxcd.io", "kustomizations"),
    "HelmRelease": ("helm.toolkit.fluxcd.io", "helmreleases"),
    "FluxReport": ("fluxcd.controlplane.io", "fluxreports"),
    "Widget": ("example.com", "widgets"),  # mirrored only once an inventory has named it
}
KINDS = ("ConfigMap", "Secret", "Pod", "Deployment", *CRDS)
NAMESPACES = ("apps", "infra")
NAMES = ("a", "b", "c")

_GROUPS = {"Deployment": "apps"} | {kind: group for kind, (group, _) in CRDS.items()}
_ODD = ("plain", "snow ☃ and \U0001f600", "next\x85line\u2028para\u2029", "tab\tnul\\u0000", "p" * 3000)


def furnish(cluster: FakeCluster) -> None:
    """Make it a small cluster with the kinds of CRDS."""
    make_small(cluster)
    for kind in CRDS:
        cluster.create(definition(kind, ("v1",)))


def definition(kind: str, versions: tuple[str, ...]) -> dict[str, Any]:
    group, plural = CRDS[kind]
    return crd(group, kind, plural, versions=versions)


def key(kind: str, namespace: str, name: str) -> ObjectKey:
    return ObjectKey(_GROUPS.get(kind, ""), kind, namespace, name)


def make(kind: str, namespace: str, name: str, variant: int, version: str = "v1") -> dict[str, Any]:
    """An object; variants differ in its content and in what it refers to."""
    group = _GROUPS.get(kind, "")
    other, odd = NAMES[variant % len(NAMES)], _ODD[variant % len(_ODD)]
    bodies: dict[str, dict[str, Any]] = {
        "ConfigMap": {"data": {"text": odd, "variant": str(variant)}},
        "Secret": {"type": "Opaque", "data": {"password": "aHVudGVyMg=="}},
        "Pod": {"spec": {"volumes": [{"name": "v", "configMap": {"name": other}}], "note": odd}},
        "Deployment": {
            "spec": {
                "replicas": variant,
                "template": {"spec": {"containers": [_container(other, variant)]}},
            }
        },
        "Kustomization": {
            "spec": {
                "dependsOn": [{"name": other}, {"name": other}],
                "sourceRef": {"kind": "GitRepository", "name": other},
                "postBuild": {
                    "substituteFrom": [{"kind": "ConfigMap", "name": other, "optional": variant % 2 == 0}]
                },
                "note": odd,
            }
        },
        "HelmRelease": {
            "spec": {
                "valuesFrom": [{"kind": "Secret", "name": other}],
                "values": {"password": odd, "image": {"tag": str(variant)}},
            }
        },
        "Widget": {"spec": {"variant": variant}},
        "FluxReport": {"spec": {"distribution": {"version": str(variant)}}},
    }
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "labels": {"variant": str(variant)}}
    if variant % 4 == 1:
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": other, "uid": "u"}
        metadata["ownerReferences"] = [owner]
    return {
        "apiVersion": f"{group}/{version}" if group else version,
        "kind": kind,
        "metadata": metadata,
        **bodies[kind],
    }


def status(kind: str, variant: int) -> dict[str, Any]:
    """A status that fits the kind: conditions, and for a Kustomization an inventory."""
    ready = ("True", "False", "Unknown")[variant % 3]
    said: dict[str, Any] = {
        "conditions": [{"type": "Ready", "status": ready, "reason": "R", "message": f"m {variant}"}],
    }
    if kind == "Kustomization":
        kind = "example.com_Widget" if variant == 7 else "apps_Deployment"
        said["inventory"] = {"entries": [{"id": f"apps_{NAMES[variant % len(NAMES)]}_{kind}", "v": "v1"}]}
    return said


def core_event(namespace: str, name: str, variant: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"event-{name}", "namespace": namespace},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name},
        "type": "Warning",
        "reason": "BackOff",
        "message": f"back-off {variant}",
        "count": variant + 1,
        "lastTimestamp": "2026-11-22T09:00:00Z",
    }


def _container(config: str, variant: int) -> dict[str, Any]:
    sources = [{"configMapRef": {"name": config}}, {"secretRef": {"name": config, "optional": True}}]
    return {"name": "main", "image": f"example/app:{variant}", "envFrom": sources}

"""The fleet into which differences are planted, and how one server among many shows it.

The same fleet reads otherwise on every server: other uids and versions, other orders of keys and sets,
defaults filled in or not, other spellings of durations and quantities. That is no difference. And secrets
stand in every place where people leave one.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from mirror.flux.redaction import Redactor
from mirror.informers.transform import to_event
from mirror.records import EventRecord
from tests.query.manifests import (
    Document,
    config_map,
    deployment,
    git_repository,
    helm_chart,
    helm_release,
    helm_repository,
    kustomization,
    manifest,
)

__all__ = ["BRANCH", "CANARY", "NAMES", "as_shown", "documents", "happened", "key_of"]

CANARY = "planted-canary"
NAMES = ("web", "api", "jobs")
BRANCH = "main@sha1:"
SPELLINGS = {
    "10m": ("10m", "600s", "10m0s"),
    "1m30s": ("1m30s", "90s", "1.5m"),
    "2m": ("2m", "120s"),
    "1Gi": ("1Gi", "1024Mi", "1073741824"),
    "2Gi": ("2Gi", "2048Mi"),
    "1": ("1", "1000m"),
}
"""Durations and quantities in other words."""


def key_of(document: Document) -> str:
    metadata = document["metadata"]
    return f"{document['kind']}/{metadata['namespace']}/{metadata['name']}"


def documents() -> list[Document]:
    """One cluster: a Kustomization that applies three applications, each with all that belongs to it."""
    managed: list[Document] = [helm_repository()]
    for name in NAMES:
        managed += [_release(name), _values(name), _deployment(name), _service(name)]
    secret = {"region": "eu", "password": f"{CANARY}-pw"}
    apps = kustomization("apps", postBuild={"substitute": secret}, retryInterval="1m30s")
    apps["status"]["inventory"] = {"entries": [{"id": _id(each), "v": "v1"} for each in managed]}
    source = git_repository(BRANCH + "a" * 40, url=f"https://git:{CANARY}-git@git.example.com/fleet.git")
    pods = [each for name in NAMES for each in _pods(name)]
    return [*managed, apps, source, *map(helm_chart, NAMES), *pods]


def as_shown(
    found: Iterable[Document], noise: random.Random, redactor: Redactor, *, release_version: str = "v2"
) -> list[Document]:
    """What a mirror stores of them, as one server among many shows them."""
    shown = [_shuffled(_noisy(copy.deepcopy(each), noise), noise) for each in found]
    released = {f"apps-{each['metadata']['name']}" for each in shown if each["kind"] == "HelmRelease"}
    for each in shown:
        if each["kind"] == "HelmRelease":
            each["apiVersion"] = f"helm.toolkit.fluxcd.io/{release_version}"
        elif each["kind"] == "HelmChart" and each["metadata"]["name"] in released:
            each["spec"]["version"] = str(noise.random())  # its release decides it
    return [redactor.redact(each) for each in shown]


def happened(noise: random.Random, redactor: Redactor) -> list[EventRecord]:
    """Events that quote secrets."""
    said = f"pull https://bot:{CANARY}-{noise.random()}@registry.example.com/web: token={CANARY}-e refused"
    involved = {"apiVersion": "v1", "kind": "Pod", "namespace": "apps", "name": "web-1"}
    at = {"lastTimestamp": "2026-11-18T11:00:00Z", "reason": "Failed", "type": "Warning"}
    return [
        to_event(manifest("v1", "Event", "web-1.1", involvedObject=involved, message=said, **at), redactor)
    ]


def _release(name: str) -> Document:
    values = {
        "replicas": 2,
        "apiToken": f"{CANARY}-{name}",
        "env": [{"name": "LOG", "value": "info"}, {"name": "MODE", "value": "fast"}],
        "list": ["one", "two"],
        "ingress": {"host": f"{name}.example.com", "tls": True},
        "nothing": None,
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
    }
    return helm_release(
        name,
        values=values,
        valuesFrom=[
            {"kind": "ConfigMap", "name": f"{name}-values"},
            {"kind": "Secret", "name": f"{name}-secret", "optional": True},
        ],
        dependsOn=[{"name": "a"}, {"name": "b"}],
        timeout="1m30s",
    )


def _values(name: str) -> Document:
    values = {
        "size": 3,
        "url": f"https://{name}.example.com/",
        "auth": {"user": "app", "password": f"{CANARY}-{name}"},
    }
    data = {"values.yaml": yaml.safe_dump(values), "password": f"{CANARY}-{name}"}
    return config_map(f"{name}-values", data)


def _deployment(name: str) -> Document:
    marks = {"owner": "team-a", "tier": "1", "example.com/api-token": f"{CANARY}-{name}"}
    made = deployment(name, image="web:1", labels={"team": "a", "tier": "1"}, annotations=marks)
    (container,) = made["spec"]["template"]["spec"]["containers"]
    container["env"] = [
        {"name": "LOG", "value": "info"},
        {"name": "DB_PASSWORD", "value": f"{CANARY}-{name}"},
        {"name": "DB_URL", "value": f"postgres://app:{CANARY}-{name}@db/x"},
    ]
    container["args"] = ["--verbose", f"--password={CANARY}-{name}"]
    container["resources"] = {"limits": {"cpu": "1", "memory": "1Gi"}}
    made["spec"]["template"]["spec"]["initContainers"] = [
        {"name": step, "image": "tool:1"} for step in ("first", "second")
    ]
    return made


def _service(name: str) -> Document:
    ports = [{"name": "http", "port": 80}, {"name": "metrics", "port": 9090}]
    return manifest("v1", "Service", name, spec={"ports": ports, "selector": {"app": name}})


def _pods(name: str) -> list[Document]:
    """What runs: the ReplicaSet of a Deployment and its Pod."""
    replicas = _owned("apps/v1", "ReplicaSet", f"{name}-5d9c", "apps/v1", "Deployment", name)
    pod = _owned("v1", "Pod", f"{name}-5d9c-x", "apps/v1", "ReplicaSet", f"{name}-5d9c")
    pod["spec"] = {"containers": [{"name": name, "image": "web:1"}]}
    running = {"name": name, "imageID": "registry.example.com/web@sha256:" + "d" * 64, "ready": True}
    pod["status"] = {"phase": "Running", "containerStatuses": [running]}
    return [replicas, pod]


def _owned(api_version: str, kind: str, name: str, above: str, owner: str, owner_name: str) -> Document:
    reference = {"apiVersion": above, "kind": owner, "name": owner_name, "uid": f"{owner}-apps-{owner_name}"}
    return manifest(api_version, kind, name, ownerReferences=[{**reference, "controller": True}])


def _id(document: Document) -> str:
    group, _, _ = document["apiVersion"].rpartition("/")
    metadata = document["metadata"]
    return f"{metadata['namespace']}_{metadata['name']}_{group}_{document['kind']}"


def _noisy(document: Document, noise: random.Random) -> Document:
    metadata = document["metadata"]
    generation = noise.randrange(1, 9)
    metadata |= {"uid": str(noise.random()), "generation": generation}
    for node in (document.get("status", {}), *document.get("status", {}).get("conditions", [])):
        if "observedGeneration" in node:
            node["observedGeneration"] = generation
        if "message" in node and not node["message"]:
            node["message"] = (
                f"fetched https://git:{CANARY}-{noise.random()}@x.example.com: password={CANARY}-m"
            )
    metadata["managedFields"] = [{"manager": str(noise.random())}]
    marks = metadata.setdefault("annotations", {})
    marks["reconcile.fluxcd.io/requestedAt"] = str(noise.random())
    marks["kubectl.kubernetes.io/last-applied-configuration"] = f'{{"password": "{CANARY}-applied"}}'
    _noisy_spec(document["kind"], document.get("spec", {}), metadata, noise)
    return document


def _noisy_spec(kind: str, spec: Document, metadata: Document, noise: random.Random) -> None:
    match kind:
        case "HelmRelease":
            _respell(noise, spec, "interval", "timeout")
            _respell(noise, spec["values"]["resources"]["limits"], "cpu", "memory")
            _maybe(noise, spec, "suspend", False)
            _maybe(noise, spec["chart"]["spec"], "reconcileStrategy", "ChartVersion")
            for each in spec["valuesFrom"]:
                _maybe(noise, each, "valuesKey", "values.yaml")
            noise.shuffle(spec["dependsOn"])
        case "Kustomization":
            _respell(noise, spec, "interval", "retryInterval")
            _maybe(noise, spec, "force", False)
            _maybe(noise, spec, "deletionPolicy", "MirrorPrune")
            _maybe(noise, spec["sourceRef"], "namespace", "flux-system")
        case "GitRepository":
            _maybe(noise, spec, "timeout", noise.choice(["1m", "60s"]))
        case "Deployment":
            _maybe(noise, metadata["annotations"], "deployment.kubernetes.io/revision", "7")
            (container,) = spec["template"]["spec"]["containers"]
            _respell(noise, container["resources"]["limits"], "cpu", "memory")
            noise.shuffle(container["env"])
            noise.shuffle(container["args"])
        case "Service":
            spec["clusterIP"] = str(noise.random())
            noise.shuffle(spec["ports"])


def _respell(noise: random.Random, node: Document, *fields: str) -> None:
    for field in fields:
        if node.get(field) in SPELLINGS:
            node[field] = noise.choice(SPELLINGS[node[field]])


def _maybe(noise: random.Random, node: Document, key: str, value: Any) -> None:
    """A default may be filled in."""
    if key not in node and noise.random() < 0.5:
        node[key] = value


def _shuffled(node: Any, noise: random.Random) -> Any:
    """Keys in another order."""
    if isinstance(node, dict):
        keys: Sequence[str] = noise.sample(list(node), len(node))
        return {key: _shuffled(node[key], noise) for key in keys}
    return [_shuffled(each, noise) for each in node] if isinstance(node, list) else node

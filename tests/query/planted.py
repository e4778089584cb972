"""Copies of a small fleet with planted differences, and what a comparison must say of them: the oracle.

Each copy is also written as another server would show it: other uids and versions, other orders of keys and
sets, defaults filled in or not, other spellings of durations and quantities. That is no difference.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from mirror.flux.redaction import Redactor
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

__all__ = ["CANARY", "CLUSTERS", "KEY", "NAMES", "PLANTS", "Fleet", "Plant", "as_shown"]

KEY = b"planted-canary-fingerprint-key--"
CANARY = "planted-canary"
REDACTOR = Redactor(KEY)
NAMES = ("web", "api", "jobs")
CLUSTERS = ("alpha", "beta", "gamma", "delta", "epsilon")
ABSENT = "(absent)"

Step = str | tuple[str, str]
"""A key, or the item of a list that has this value under this key."""


@dataclass(frozen=True)
class Plant:
    """A field that can be made to differ. object: its key, with `*` for the name of an application.

    steps: where the field is; a key that ends in `.yaml` holds text that is parsed on the way.
    secret: its values are masked, so an answer must tell them apart and show none.
    """

    object: str
    path: str
    steps: tuple[Step, ...]
    secret: bool = False

    def key(self, name: str) -> str:
        return self.object.replace("*", name)


_CONTAINER: tuple[Step, ...] = ("spec", "template", "spec", "containers", ("image", "web:1"))
PLANTS = (
    Plant("HelmRelease/apps/*", "spec.values.replicas", ("spec", "values", "replicas")),
    Plant("HelmRelease/apps/*", "spec.values.ingress.host", ("spec", "values", "ingress", "host")),
    Plant("HelmRelease/apps/*", "spec.values.list", ("spec", "values", "list")),
    Plant("HelmRelease/apps/*", "spec.values.apiToken", ("spec", "values", "apiToken"), secret=True),
    Plant(
        "HelmRelease/apps/*",
        "spec.values.env[name=LOG].value",
        ("spec", "values", "env", ("name", "LOG"), "value"),
    ),
    Plant("HelmRelease/apps/*", "spec.chart.spec.version", ("spec", "chart", "spec", "version")),
    Plant("HelmRelease/apps/*", "spec.timeout", ("spec", "timeout")),
    Plant("ConfigMap/apps/*-values", 'data["values.yaml"].size', ("data", "values.yaml", "size")),
    Plant("ConfigMap/apps/*-values", "data.password", ("data", "password"), secret=True),
    Plant(
        "Deployment/apps/*",
        "spec.template.spec.containers[name=*].env[name=LOG].value",
        (*_CONTAINER, "env", ("name", "LOG"), "value"),
    ),
    Plant(
        "Deployment/apps/*",
        "spec.template.spec.containers[name=*].env[name=DB_PASSWORD].value",
        (*_CONTAINER, "env", ("name", "DB_PASSWORD"), "value"),
        secret=True,
    ),
    Plant("Deployment/apps/*", "spec.replicas", ("spec", "replicas")),
    Plant("Deployment/apps/*", "metadata.annotations.owner", ("metadata", "annotations", "owner")),
    Plant("Service/apps/*", "spec.ports[name=http].port", ("spec", "ports", ("name", "http"), "port")),
    Plant("Kustomization/flux-system/apps", "spec.path", ("spec", "path")),
    Plant(
        "Kustomization/flux-system/apps",
        "spec.postBuild.substitute.password",
        ("spec", "postBuild", "substitute", "password"),
        secret=True,
    ),
    Plant("GitRepository/flux-system/fleet", "spec.url", ("spec", "url")),
)


@dataclass
class Fleet:
    """The documents of each cluster by key, and which fields and objects were touched."""

    documents: dict[str, dict[str, Document]]
    touched: set[tuple[Plant, str]] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, clusters: int) -> Fleet:
        """So many clusters that are alike."""
        base = {key_of(document): document for document in _documents()}
        return cls({name: copy.deepcopy(base) for name in CLUSTERS[:clusters]})

    def plant(self, plant: Plant, name: str, cluster: str, value: str | None) -> None:
        """Give a field another value in one cluster; None takes it away."""
        document = self.documents[cluster].get(plant.key(name))
        if document is not None:
            _put(
                document,
                plant.steps,
                None if value is None else f"{CANARY}-{value}" if plant.secret else value,
            )
            self.touched.add((plant, name))

    def remove(self, key: str, cluster: str) -> None:
        """Take an object away from one cluster."""
        self.documents[cluster].pop(key, None)
        self.removed.add(key)

    def differences(self) -> dict[tuple[str, str], dict[str, Any]]:
        """By object and path: what each cluster that has the object has there. Secrets as told()."""
        found = {}
        for plant, name in self.touched:
            key, path = plant.key(name), plant.path.replace("*", name)
            values = {
                cluster: _get(documents[key], plant.steps)
                for cluster, documents in self.documents.items()
                if key in documents
            }
            if len({repr(value) for value in values.values()}) > 1:
                found[key, path] = told(values) if plant.secret else values
        return found

    def absences(self) -> dict[str, tuple[str, ...]]:
        """By object: the clusters that lack it, where others have it."""
        lacking = {
            key: tuple(sorted(name for name, documents in self.documents.items() if key not in documents))
            for key in self.removed
        }
        return {key: names for key, names in lacking.items() if 0 < len(names) < len(self.documents)}


def told(values: dict[str, Any]) -> dict[str, Any]:
    """Secret values as an answer may tell them: which are equal, in the order of the clusters."""
    numbers: dict[str, int] = {}
    for _, value in sorted(values.items()):
        if value != ABSENT:
            numbers.setdefault(value, len(numbers) + 1)
    masks = {v: "<masked>" if len(numbers) == 1 else f"<masked {n}>" for v, n in numbers.items()}
    return {cluster: masks.get(value, ABSENT) for cluster, value in values.items()}


def key_of(document: Document) -> str:
    metadata = document["metadata"]
    return f"{document['kind']}/{metadata['namespace']}/{metadata['name']}"


def as_shown(documents: Iterable[Document], noise: random.Random) -> list[Document]:
    """What a mirror stores of them, as one server among many shows them."""
    return [REDACTOR.redact(_shuffled(_noisy(copy.deepcopy(each), noise), noise)) for each in documents]


def _documents() -> list[Document]:
    managed: list[Document] = [helm_repository()]
    for name in NAMES:
        managed += [_release(name), _values(name), _deployment(name), _service(name)]
    apps = kustomization("apps", postBuild={"substitute": {"region": "eu", "password": f"{CANARY}-pw"}})
    apps["status"]["inventory"] = {"entries": [{"id": _id(each), "v": "v1"} for each in managed]}
    return [*managed, apps, git_repository("main@sha1:" + "a" * 40), *map(helm_chart, NAMES)]


def _release(name: str) -> Document:
    values = {
        "replicas": 2,
        "apiToken": f"{CANARY}-{name}",
        "env": [{"name": "LOG", "value": "info"}, {"name": "MODE", "value": "fast"}],
        "list": ["one", "two"],
        "ingress": {"host": f"{name}.example.com", "tls": True},
        "nothing": None,
    }
    return helm_release(
        name,
        values=values,
        valuesFrom=[{"kind": "ConfigMap", "name": f"{name}-values"}],
        dependsOn=[{"name": "a"}, {"name": "b"}],
        timeout="1m30s",
    )


def _values(name: str) -> Document:
    text = yaml.safe_dump({"size": 3, "url": f"https://{name}.example.com/"})
    return config_map(f"{name}-values", {"values.yaml": text, "password": f"{CANARY}-{name}"})


def _deployment(name: str) -> Document:
    made = deployment(name, image="web:1", labels={"team": "a"}, annotations={"owner": "team-a", "tier": "1"})
    (container,) = made["spec"]["template"]["spec"]["containers"]
    container["env"] = [
        {"name": "LOG", "value": "info"},
        {"name": "DB_PASSWORD", "value": f"{CANARY}-{name}"},
        {"name": "DB_URL", "value": f"https://user:{CANARY}-{name}@db/x"},
    ]
    container["resources"] = {"limits": {"cpu": "1", "memory": "1Gi"}}
    return made


def _service(name: str) -> Document:
    ports = [{"name": "http", "port": 80}, {"name": "metrics", "port": 9090}]
    return manifest("v1", "Service", name, spec={"ports": ports, "selector": {"app": name}})


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
    metadata["managedFields"] = [{"manager": str(noise.random())}]
    metadata.setdefault("annotations", {})["reconcile.fluxcd.io/requestedAt"] = str(noise.random())
    spec = document.get("spec", {})
    match document["kind"]:
        case "HelmRelease":
            spec["interval"] = noise.choice(["10m", "600s", "10m0s"])
            _maybe(noise, spec, "suspend", False)
            _maybe(noise, spec["valuesFrom"][0], "valuesKey", "values.yaml")
            noise.shuffle(spec["dependsOn"])
            if spec.get("timeout") == "1m30s":
                spec["timeout"] = noise.choice(["1m30s", "90s"])
        case "Kustomization":
            _maybe(noise, spec, "force", False)
            _maybe(noise, spec["sourceRef"], "namespace", "flux-system")
        case "Deployment":
            _maybe(noise, metadata["annotations"], "deployment.kubernetes.io/revision", "7")
            (container,) = spec["template"]["spec"]["containers"]
            container["resources"] = {"limits": {"cpu": noise.choice(["1", "1000m"]), "memory": "1024Mi"}}
            noise.shuffle(container["env"])
        case "Service":
            spec["clusterIP"] = str(noise.random())
            noise.shuffle(spec["ports"])
    return document


def _maybe(noise: random.Random, node: Document, key: str, value: Any) -> None:
    if noise.random() < 0.5:
        node[key] = value


def _shuffled(node: Any, noise: random.Random) -> Any:
    """Keys in another order."""
    if isinstance(node, dict):
        keys = noise.sample(list(node), len(node))
        return {key: _shuffled(node[key], noise) for key in keys}
    return [_shuffled(each, noise) for each in node] if isinstance(node, list) else node


def _get(node: Any, steps: Sequence[Step]) -> Any:
    for step in steps:
        if isinstance(step, tuple):
            node = next(item for item in node if item.get(step[0]) == step[1])
        elif step not in node:
            return ABSENT
        else:
            node = node[step]
            node = yaml.safe_load(node) if step.endswith(".yaml") else node
    return node


def _put(node: Any, steps: Sequence[Step], value: Any) -> None:
    step, rest = steps[0], steps[1:]
    if isinstance(step, tuple):
        _put(next(item for item in node if item.get(step[0]) == step[1]), rest, value)
    elif step.endswith(".yaml"):
        inside = yaml.safe_load(node[step])
        _put(inside, rest, value)
        node[step] = yaml.safe_dump(inside)
    elif rest:
        _put(node[step], rest, value)
    elif value is None:
        node.pop(step, None)
    else:
        node[step] = value

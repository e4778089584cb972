"""Planted differences, and what a comparison must say of them: the oracle of planted_fleet.py."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from mirror.flux.redaction import Redactor
from tests.query.comparison.planted_fleet import BRANCH, CANARY, documents, key_of
from tests.query.manifests import Document, failed, ready

__all__ = ["ABSENT", "CANARY", "CLUSTERS", "KEY", "PLANTS", "REDACTOR", "Fleet", "Plant", "told"]

KEY = b"planted-canary-fingerprint-key--"
REDACTOR = Redactor(KEY)
CLUSTERS = ("alpha", "beta", "gamma", "delta", "epsilon")
ABSENT = "(absent)"

Step = str | int | tuple[str, str]
"""A key, a position, or the item of a list that has this value under this key."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Plant:
    """A field that can be made to differ. object: its key, with `*` for the name of an application.

    steps: where the field is; a key that ends in `.yaml` holds text that is parsed on the way. values: what
    it may be made; None takes it away. tell: how an answer tells a value, ABSENT for a default.
    secret: `{}` in this text is masked, so an answer must tell values apart and show none; "" for none.
    item: the field is an item of a list. needs: an object that refers to this one; a cluster without it takes
    no part.
    """

    object: str
    path: str
    steps: tuple[Step, ...]
    values: tuple[Any, ...] = ("one", "two", None)
    tell: Callable[[Any], Any] = _same
    secret: str = ""
    item: bool = False
    needs: str = ""

    def key(self, name: str) -> str:
        return self.object.replace("*", name)


def _default(value: Any) -> Callable[[Any], Any]:
    return lambda found: ABSENT if found == value else found


def _health(condition: Any) -> str:
    return "Ready" if condition["status"] == "True" else f"Failed ({condition['reason']})"


def _names(items: Any) -> list[str]:
    return [f"name={item['name']}" for item in items]


_BROKEN = [failed("BuildFailed", f"token={CANARY}-message")["conditions"], ready()["conditions"]]
_POD: tuple[Step, ...] = ("spec", "template", "spec")
_CONTAINER: tuple[Step, ...] = (*_POD, "containers", 0)
_INVENTORY: tuple[Step, ...] = ("status", "inventory", "entries")
_DURATION = {"90s": "1m30s", "1.5m": "1m30s", "120s": "2m", "60s": ABSENT, "1m": ABSENT}
_CONTAINERS = "spec.template.spec.containers[name=*]"
_RELEASE, _DEPLOYMENT, _VALUES = "HelmRelease/apps/*", "Deployment/apps/*", "ConfigMap/apps/*-values"
_APPS, _SOURCE = "Kustomization/flux-system/apps", "GitRepository/flux-system/fleet"


def _revision(found: str) -> str:
    return f"sha1:{found[-40:-32]}"


def _dotted(of: str, path: str, **more: Any) -> Plant:
    return Plant(of, path, tuple(path.split(".")), **more)


_MEMORY = {"1024Mi": "1Gi", "2048Mi": "2Gi", "1Gi": "1Gi", ABSENT: ABSENT}

PLANTS = (
    # Fields, wherever they are.
    _dotted(_RELEASE, "spec.values.replicas"),
    _dotted(_RELEASE, "spec.values.ingress.host"),
    _dotted(_RELEASE, "spec.values.list"),
    _dotted(_RELEASE, "spec.chart.spec.version"),
    _dotted(_APPS, "spec.path"),
    _dotted(_APPS, "spec.postBuild.substitute.region"),
    _dotted(_DEPLOYMENT, "spec.replicas"),
    _dotted(_DEPLOYMENT, "metadata.annotations.owner"),
    _dotted(_DEPLOYMENT, "metadata.labels.team"),
    _dotted("HelmRepository/apps/charts", "spec.url"),
    Plant(_VALUES, 'data["values.yaml"].size', ("data", "values.yaml", "size")),
    Plant(_DEPLOYMENT, f"{_CONTAINERS}.image", (*_CONTAINER, "image")),
    # Fields of list items, items that are only in some lists, and orders that count.
    Plant(
        _RELEASE,
        "spec.values.env[name=LOG].value",
        ("spec", "values", "env", ("name", "LOG"), "value"),
    ),
    Plant(
        _DEPLOYMENT,
        f"{_CONTAINERS}.env[name=LOG].value",
        (*_CONTAINER, "env", ("name", "LOG"), "value"),
    ),
    Plant(
        _DEPLOYMENT,
        f"{_CONTAINERS}.env[name=EXTRA]",
        (*_CONTAINER, "env", ("name", "EXTRA")),
        values=({"name": "EXTRA", "value": "one"}, {"name": "EXTRA", "value": "two"}, None),
        item=True,
    ),
    Plant("Service/apps/*", "spec.ports[name=http].port", ("spec", "ports", ("name", "http"), "port")),
    Plant(
        _DEPLOYMENT,
        "spec.template.spec.initContainers[order]",
        (*_POD, "initContainers"),
        values=tuple(
            [{"name": step, "image": "tool:1"} for step in order]
            for order in (("first", "second"), ("second", "first"))
        ),
        tell=_names,
    ),
    # The same in other words, and defaults.
    _dotted(
        _RELEASE, "spec.timeout", values=("90s", "1m30s", "120s", None), tell=lambda v: _DURATION.get(v, v)
    ),
    _dotted(_SOURCE, "spec.timeout", values=("60s", "1m", "2m", None), tell=lambda v: _DURATION.get(v, v)),
    Plant(
        _DEPLOYMENT,
        f"{_CONTAINERS}.resources.limits.memory",
        (*_CONTAINER, "resources", "limits", "memory"),
        values=("1024Mi", "1Gi", "2048Mi", None),
        tell=_MEMORY.__getitem__,
    ),
    _dotted(
        _RELEASE,
        "spec.values.resources.limits.memory",
        values=("1024Mi", "1Gi", "2048Mi", None),
        tell=_MEMORY.__getitem__,
    ),
    _dotted(
        _RELEASE,
        "spec.chart.spec.reconcileStrategy",
        values=("Revision", "ChartVersion", None),
        tell=_default("ChartVersion"),
    ),
    _dotted(_APPS, "spec.force", values=(True, False, None), tell=_default(False)),
    _dotted(_APPS, "spec.deletionPolicy", values=("Delete", None), tell=_default("MirrorPrune")),
    # Secrets.
    _dotted(_RELEASE, "spec.values.apiToken", secret="{}"),
    _dotted(_VALUES, "data.password", secret="{}"),
    Plant(
        _VALUES,
        'data["values.yaml"].auth.password',
        ("data", "values.yaml", "auth", "password"),
        secret="{}",
    ),
    Plant(
        _DEPLOYMENT,
        f"{_CONTAINERS}.env[name=DB_PASSWORD].value",
        (*_CONTAINER, "env", ("name", "DB_PASSWORD"), "value"),
        secret="{}",
    ),
    Plant(
        _DEPLOYMENT,
        f"{_CONTAINERS}.env[name=DB_URL].value",
        (*_CONTAINER, "env", ("name", "DB_URL"), "value"),
        secret="postgres://app:{}@db/x",
    ),
    Plant(
        _DEPLOYMENT,
        f"{_CONTAINERS}.args[--password]",
        (*_CONTAINER, "args", 1),
        values=("one", "two"),
        secret="--password={}",
    ),
    Plant(
        _DEPLOYMENT,
        'metadata.annotations["example.com/api-token"]',
        ("metadata", "annotations", "example.com/api-token"),
        secret="{}",
    ),
    _dotted(_APPS, "spec.postBuild.substitute.password", secret="{}"),
    _dotted(_SOURCE, "spec.url", values=("one", "two"), secret="https://{}@git.example.com/fleet.git"),
    # What was observed.
    Plant(_APPS, "health", ("status", "conditions"), values=tuple(_BROKEN), tell=lambda v: _health(v[0])),
    _dotted(
        _APPS,
        "status.lastAppliedRevision",
        values=(BRANCH + "b" * 40, "refs/heads/main@sha1:" + "a" * 40, BRANCH + "a" * 40),
        tell=_revision,
    ),
    _dotted(
        _SOURCE,
        "status.artifact.revision",
        values=(BRANCH + "b" * 40, "refs/heads/main@sha1:" + "a" * 40, BRANCH + "c" * 40),
        tell=_revision,
    ),
    Plant(
        _RELEASE,
        "revision",
        ("status", "history", 0, "chartVersion"),
        values=("1.0.0", "1.1.0"),
    ),
    _dotted("HelmChart/apps/apps-*", "status.artifact.revision", values=("1.0.0", "2.0.0"), needs=_RELEASE),
    Plant(
        _APPS,
        'inventory["ConfigMap/apps/extra"]',
        (*_INVENTORY, ("id", "apps_extra__ConfigMap")),
        values=({"id": "apps_extra__ConfigMap", "v": "v1"}, None),
        tell=lambda found: ABSENT if found == ABSENT else "applied",
    ),
    Plant(
        "Service/apps/*",
        "owner",
        ("metadata", "labels"),
        values=tuple(
            {"kustomize.toolkit.fluxcd.io/name": name, "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
            for name in ("apps", "other")
        ),
        tell=lambda v: (
            ABSENT if v == ABSENT else f"Kustomization/flux-system/{v['kustomize.toolkit.fluxcd.io/name']}"
        ),
    ),
)


@dataclass
class Fleet:
    """The documents of each cluster by key, which fields and objects were touched, and which clusters have an
    older API of HelmReleases."""

    documents: dict[str, dict[str, Document]]
    touched: set[tuple[int, str]] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    older: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, clusters: int) -> Fleet:
        """So many clusters that are alike."""
        base = {key_of(document): document for document in documents()}
        return cls({name: copy.deepcopy(base) for name in CLUSTERS[:clusters]})

    def plant(self, number: int, name: str, cluster: str, value: Any) -> None:
        """Give a field (by its number in PLANTS) another value in one cluster; None takes it away."""
        plant = PLANTS[number]
        document = self.documents[cluster].get(plant.key(name))
        if document is not None:
            if plant.secret and value is not None:
                value = plant.secret.format(f"{CANARY}-{value}")
            _put(document, plant.steps, copy.deepcopy(value))
            self.touched.add((number, name))

    def run(self, name: str, cluster: str, digit: str) -> None:
        """Have the Pod of an application run another image than the others of that name."""
        pod = self.documents[cluster][f"Pod/apps/{name}-5d9c-x"]
        pod["status"]["containerStatuses"][0]["imageID"] = f"registry.example.com/web@sha256:{digit * 64}"

    def remove(self, key: str, cluster: str) -> None:
        """Take an object away from one cluster."""
        self.documents[cluster].pop(key, None)
        self.removed.add(key)

    def differences(self, asked: str = "") -> dict[tuple[str, str], dict[str, Any]]:
        """By object and path: what each cluster that has the object has there. Secrets as told().

        asked: the question is about this object and what it refers to, so only clusters that have it count.
        """
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for number, name in self.touched:
            plant = PLANTS[number]
            key, path = plant.key(name), _told_path(plant, name)
            values = {
                cluster: plant.tell(_get(documents[key], plant.steps))
                for cluster, documents in self._taking_part(plant.needs.replace("*", name)).items()
                if key in documents and (not asked or asked in documents)
            }
            if len({repr(value) for value in values.values()}) > 1:
                told_path, values = _as_item(path, values) if plant.item else (path, values)
                found[key, told_path] = told(values, plant.secret) if plant.secret else values
        return found

    def _taking_part(self, needed: str) -> dict[str, dict[str, Document]]:
        """needed: an object that has this one made; without it anywhere, this one is compared for itself."""
        having = {cluster: found for cluster, found in self.documents.items() if needed in found}
        return having or self.documents

    def absences(self) -> dict[str, tuple[str, ...]]:
        """By object: the clusters that lack it, where others have it."""
        lacking = {
            key: tuple(sorted(name for name, documents in self.documents.items() if key not in documents))
            for key in self.removed
        }
        return {key: names for key, names in lacking.items() if 0 < len(names) < len(self.documents)}

    def running(self, name: str) -> dict[tuple[str, ...], set[str]]:
        """Images with the digests that run, of one Deployment: the clusters of each."""
        found: dict[tuple[str, ...], set[str]] = {}
        for cluster, by_key in self.documents.items():
            if f"Deployment/apps/{name}" in by_key:
                found.setdefault(_running(by_key, name), set()).add(cluster)
        return found


def told(values: Mapping[str, Any], shape: str) -> dict[str, Any]:
    """Secret values as an answer may tell them: which are equal, in the order of the clusters."""
    numbers: dict[str, int] = {}
    for _, value in sorted(values.items()):
        if value != ABSENT:
            numbers.setdefault(value, len(numbers) + 1)
    masks = {v: "<masked>" if len(numbers) == 1 else f"<masked {n}>" for v, n in numbers.items()}
    return {cluster: shape.format(masks[v]) if v in masks else ABSENT for cluster, v in values.items()}


def _running(by_key: Mapping[str, Document], name: str) -> tuple[str, ...]:
    """`tool:1`, `web:1@sha256:dddddddd`: a digest where a Pod runs just this image."""
    (container,) = by_key[f"Deployment/apps/{name}"]["spec"]["template"]["spec"]["containers"]
    pod = by_key[f"Pod/apps/{name}-5d9c-x"]
    digest = pod["status"]["containerStatuses"][0]["imageID"].partition("@")[2][:15]
    if "image" not in container:
        return ("tool:1",)
    reported = f"@{digest}" if container["image"] == pod["spec"]["containers"][0]["image"] else ""
    return ("tool:1", container["image"] + reported)


def _told_path(plant: Plant, name: str) -> str:
    path = plant.path.replace("*", name)
    return "revision" if path.startswith("status.") else path


def _as_item(path: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """An item that some lack and all others have alike is one difference, else its value is."""
    if len({repr(value) for value in values.values() if value != ABSENT}) == 1:
        return path, dict(values)
    return f"{path}.value", {
        cluster: value if value == ABSENT else value["value"] for cluster, value in values.items()
    }


def _get(node: Any, steps: Sequence[Step]) -> Any:
    for step in steps:
        node = _child(node, step)
        if node is ABSENT:
            return ABSENT
    return node


def _child(node: Any, step: Step) -> Any:
    if isinstance(step, tuple):
        return next((item for item in node if item.get(step[0]) == step[1]), ABSENT)
    if isinstance(step, int):
        return node[step]
    if step not in node:
        return ABSENT
    return yaml.safe_load(node[step]) if step.endswith(".yaml") else node[step]


def _put(node: Any, steps: Sequence[Step], value: Any) -> None:
    step, rest = steps[0], steps[1:]
    if rest:
        inside = _child(node, step)
        _put(inside, rest, value)
        if isinstance(step, str) and step.endswith(".yaml"):
            node[step] = yaml.safe_dump(inside)
    elif isinstance(step, tuple):
        node[:] = [item for item in node if item.get(step[0]) != step[1]]
        node += [] if value is None else [value]
    elif value is not None:
        node[step] = value
    elif isinstance(step, str):
        node.pop(step, None)

"""The Deployments of Flux's controllers, and which of them is responsible for an object."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mirror.flux.fields import mapping, sequence, text
from mirror.flux.kinds import (
    EXTENSIONS_GROUP,
    HELM_GROUP,
    IMAGE_GROUP,
    KUSTOMIZE_GROUP,
    NOTIFICATION_GROUP,
    OPERATOR_GROUP,
    SOURCE_GROUP,
)
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.controllers import DEFAULT_NAMESPACE
from query.root_cause.facts import Facts
from query.root_cause.scene import Scene

__all__ = [
    "CONTROLLERS",
    "beside_controllers",
    "controller_of",
    "deployments",
    "home",
    "lost_deployment",
    "responsible",
    "shard_of",
]

_BY_GROUP = {
    SOURCE_GROUP: "source-controller",
    KUSTOMIZE_GROUP: "kustomize-controller",
    HELM_GROUP: "helm-controller",
    NOTIFICATION_GROUP: "notification-controller",
    OPERATOR_GROUP: "flux-operator",
    EXTENSIONS_GROUP: "source-watcher",
    IMAGE_GROUP: "image-reflector-controller",
}
_BY_KIND = {
    GroupKind(IMAGE_GROUP, "ImageUpdateAutomation"): "image-automation-controller",
    GroupKind(SOURCE_GROUP, "ExternalArtifact"): "source-watcher",
}
CONTROLLERS = frozenset({*_BY_GROUP.values(), *_BY_KIND.values()})
"""The Deployments' names in every distribution of Flux."""

_WITNESS = "source-controller"
"""The controller that no installation does without."""

_SHARD = "sharding.fluxcd.io/key"
_SELECTOR = "--watch-label-selector"
_WORDS = re.compile(r"[^\w.-]+")


def controller_of(row: ObjectRow) -> str:
    """The name of the controller that reconciles objects of this kind; "" for kinds that are not Flux's."""
    return _BY_KIND.get(GroupKind(row.group, row.kind)) or _BY_GROUP.get(row.group, "")


def shard_of(row: ObjectRow) -> str:
    """The shard that the object asks for by its label; "" for the main one."""
    return row.labels.get(_SHARD, "")


def responsible(scene: Scene, row: ObjectRow) -> list[ObjectRow]:
    """The Deployments that should reconcile the object, in its shard; none when none can be seen."""
    name = controller_of(row)
    if not name:
        return []
    shard = shard_of(row)
    if not shard:
        return deployments(scene, name)
    ours = [item for item in beside_controllers(scene) if item.name.startswith(name)]
    scene.prefetch(ours)
    return [item for item in ours if _watches(scene, item, shard)]


def deployments(scene: Scene, name: str) -> list[ObjectRow]:
    """The Deployments of that controller, without those of its shards."""
    return _called(scene.facts, scene.cluster, home(scene), name)


def home(scene: Scene) -> str:
    """The namespace of the controllers: the usual one, or that of the source-controller elsewhere."""
    return scene.facts.once(_home, scene.cluster)


def lost_deployment(scene: Scene, name: str) -> ObjectRow | None:
    """The Deployment of that controller which an applier has applied and which does not exist any more."""
    absent = scene.facts.everywhere("Deployment", group="apps", namespace=home(scene), present=False)
    rows = [row for row in absent.get(scene.cluster, ()) if row.name == name and scene.is_missing(row)]
    if not rows or deployments(scene, name) or not scene.sources(rows[0], Relation.MANAGES):
        return None
    return rows[0]


def beside_controllers(scene: Scene) -> list[ObjectRow]:
    """The Deployments in the namespace of the controllers, the controllers among them."""
    in_namespace = scene.facts.everywhere("Deployment", group="apps", namespace=home(scene))
    return in_namespace.get(scene.cluster, [])


def _home(facts: Facts, cluster: str) -> str:
    if _called(facts, cluster, DEFAULT_NAMESPACE, _WITNESS):
        return DEFAULT_NAMESPACE
    found = facts.everywhere("Deployment", group="apps", name=_WITNESS).get(cluster, [])
    return min((row.namespace for row in found), default=DEFAULT_NAMESPACE)


def _called(facts: Facts, cluster: str, namespace: str, name: str) -> list[ObjectRow]:
    """The Deployment of that name, if there is one."""
    named = facts.everywhere("Deployment", group="apps", namespace=namespace, name=name)
    return named.get(cluster, [])


def _watches(scene: Scene, row: ObjectRow, shard: str) -> bool:
    """Its arguments select the shard: `--watch-label-selector=sharding.fluxcd.io/key in (shard1, shard2)`."""
    selectors = (text_ for text_ in _arguments(scene, row) if text_.startswith(_SELECTOR) and _SHARD in text_)
    return any(shard in _WORDS.split(selector) for selector in selectors)


def _arguments(scene: Scene, row: ObjectRow) -> Iterable[str]:
    template = mapping(mapping(scene.document(row).get("spec")).get("template"))
    for container in sequence(mapping(template.get("spec")).get("containers")):
        yield from (text(item) for item in sequence(mapping(container).get("args")))

"""Flux controllers that do not run: what their objects say of themselves is then out of date."""

from __future__ import annotations

from mirror.flux.fields import integer, mapping
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
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case
from query.root_cause.commands import called, kubectl
from query.root_cause.rules.common import found
from query.root_cause.scene import Scene
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame

__all__ = ["CONTROLLERS", "controller_down", "controllers_down", "is_down"]

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

_NAMESPACE = "flux-system"
_WITNESS = "source-controller"
"""The controller that no installation does without."""

_SCALED_TO_ZERO = "ScaledToZero"


def controller_down(case: Case) -> Verdict | None:
    """Nobody reconciles the judged object: all Deployments of its controller are without a ready Pod."""
    name = _BY_KIND.get(case.kind) or _BY_GROUP.get(case.row.group)
    if name is None or not case.row.present:
        return None
    deployments = _deployments(case.scene, name)
    if not deployments or not all(is_down(case.scene, row) for row in deployments):
        return None
    row = deployments[0]
    tail = (Step(row, "controller"), *(Step(pod, Relation.OWNER.value) for pod in _pods(case.scene, row)[:1]))
    return blame(_down(case, row, tail=tail))


def controllers_down(scene: Scene) -> list[Found]:
    """Every Flux controller of the cluster that does not run, whether or not anything is red yet."""
    down = [row for name in sorted(CONTROLLERS) for row in _deployments(scene, name) if is_down(scene, row)]
    return [_down(Case(scene, row), row) for row in down]


def is_down(scene: Scene, row: ObjectRow) -> bool:
    """No Pod of the Deployment is ready. A Deployment that nobody wants any Pods of is `ready` by itself."""
    if row.health == Health.READY:
        return row.reason == _SCALED_TO_ZERO
    return not integer(mapping(scene.document(row).get("status")).get("readyReplicas"))


def _deployments(scene: Scene, name: str) -> list[ObjectRow]:
    """In the usual namespace; in another one only where that is the home of the source-controller."""
    near = _in_namespace(scene, _NAMESPACE)
    if not any(row.name == _WITNESS for row in near):
        found = scene.facts.everywhere("Deployment", group="apps", name=_WITNESS)
        homes = {row.namespace for row in found.get(scene.cluster, [])}
        near = [row for home in sorted(homes) for row in _in_namespace(scene, home)] or near
    rows = [row for row in near if row.name == name]
    return [row for row in rows if _belongs_to_flux(row, name)] or rows


def _in_namespace(scene: Scene, namespace: str) -> list[ObjectRow]:
    return scene.facts.everywhere("Deployment", group="apps", namespace=namespace).get(scene.cluster, [])


def _belongs_to_flux(row: ObjectRow, name: str) -> bool:
    labels = row.labels
    return labels.get("app.kubernetes.io/part-of") == "flux" or name in (
        labels.get("app.kubernetes.io/component"),
        labels.get("app.kubernetes.io/name"),
    )


def _pods(scene: Scene, row: ObjectRow) -> list[ObjectRow]:
    owned = [link.row for link in scene.sources(row, Relation.OWNER)]
    pods = [link.row for item in owned for link in scene.sources(item, Relation.OWNER)]
    return [pod for pod in pods if pod.health != Health.READY]


def _down(case: Case, row: ObjectRow, tail: tuple[Step, ...] = ()) -> Found:
    scaled = row.reason == _SCALED_TO_ZERO
    troubled = _pods(case.scene, row) if not scaled else []
    why = "it is scaled to zero" if scaled else f"{row.reason} {row.message}".strip()
    if troubled:
        why = f"Pod {troubled[0].name}: {troubled[0].reason} {troubled[0].message}".strip()
    start = kubectl(row, "scale", "--replicas=1") if scaled else kubectl(row, "describe")
    change = next(iter(case.other(row).events("ScalingReplicaSet")), None) if scaled else None
    told = Proof(row, "condition", f"{row.health} {row.reason}: {row.message}", row.since)
    if change is not None:
        told = Proof(row, "event", f"{change.type} {change.reason}: {change.message}", change.last_at)
    return found(
        case,
        CauseClass.CONTROLLER_DOWN,
        start,
        object=row,
        field="spec.replicas" if scaled else "",
        reason=row.reason or "NotAvailable",
        message=f"{called(row)} has no ready Pod: {why}",
        since=told.at if change is not None or not scaled else None,
        tail=tail,
        proofs=(told,),
    )

"""Flux controllers that do not run: what their objects say of themselves is then out of date."""

from __future__ import annotations

from mirror.clock import to_rfc3339
from mirror.flux.fields import integer, mapping
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case
from query.root_cause.commands import called, edit, fix_in_git, kubectl, manager, reconcile
from query.root_cause.rules.common import found
from query.root_cause.rules.deployments import (
    CONTROLLERS,
    beside_controllers,
    controller_of,
    deployments,
    home,
    lost_deployment,
    responsible,
    shard_of,
)
from query.root_cause.scene import Scene
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame

__all__ = ["controller_down", "controllers_down", "is_down", "shard_without_controller"]

_SCALED_TO_ZERO = "ScaledToZero"
_STARTING_S = 60.0
"""Seconds in which a rollout of the only replica is no outage."""

_SHARD_FIELD = "metadata.labels[sharding.fluxcd.io/key]"


def controller_down(case: Case) -> Verdict | None:
    """Nobody reconciles the judged object: all Deployments of its controller are without a ready Pod.

    Goes on with the Deployment as well: what keeps its Pods from running is behind the outage.
    """
    name = controller_of(case.row)
    if not name or not case.row.present:
        return None
    scene = case.scene
    running = responsible(scene, case.row)
    if not running:
        lost = None if shard_of(case.row) else lost_deployment(scene, name)
        return blame(_lost(case, lost, tail=(Step(lost, "controller"),))) if lost is not None else None
    if not all(is_down(scene, row) for row in running):
        return None
    way = Step(running[0], "controller")
    return Verdict(found=(_down(case, running[0], tail=(way,)),), look=(way,))


def controllers_down(scene: Scene) -> list[Found]:
    """Every Flux controller of the cluster that does not run, whether or not anything is red yet."""
    here = {row.name: row for row in beside_controllers(scene)}
    findings = []
    for name in sorted(CONTROLLERS):
        row = here.get(name)
        if row is not None and is_down(scene, row):
            findings.append(_down(Case(scene, row), row))
        lost = lost_deployment(scene, name) if row is None else None
        if lost is not None:
            findings.append(_lost(Case(scene, lost), lost))
    return findings


def is_down(scene: Scene, row: ObjectRow) -> bool:
    """No Pod of the Deployment is ready. A Deployment that nobody wants any Pods of is `ready` by itself."""
    if row.health == Health.READY:
        return row.reason == _SCALED_TO_ZERO
    if row.health == Health.PROGRESSING and row.since and scene.now - row.since < _STARTING_S:
        return False
    return not integer(mapping(scene.document(row).get("status")).get("readyReplicas"))


def shard_without_controller(case: Case) -> Verdict | None:
    """The object stands still, and its label asks for a shard that no controller in sight watches."""
    shard, name = shard_of(case.row), controller_of(case.row)
    if not shard or not name or responsible(case.scene, case.row):
        return None
    if case.scene.unseen("apps", "Deployment", home(case.scene)) or not deployments(case.scene, name):
        return None
    return blame(
        found(
            case,
            CauseClass.CONTROLLER_DOWN,
            f"start a {name} with --watch-label-selector=sharding.fluxcd.io/key={shard}, or "
            + fix_in_git(case.scene, case.row, f"correct the label of {called(case.row)}"),
            field=_SHARD_FIELD,
            reason="NoShard",
            message=f"no {name} watches shard {shard}, which {called(case.row)} asks for",
            since=case.row.created_at,
            proofs=(Proof(case.row, "reference", f"{_SHARD_FIELD} is {shard}"),),
        )
    )


def _look_into(row: ObjectRow, troubled: list[ObjectRow]) -> str:
    """What tells more of a Deployment that has no ready Pod, or changes what is known to be wrong."""
    if not troubled:
        return f"see why it has no Pod: {kubectl(row, 'describe')}"
    pod = troubled[0]
    if pod.reason == "OOMKilled":
        return f"raise its memory limit, now and in Git: {edit(row)}"
    if pod.reason in ("CrashLoopBackOff", "Error"):
        return f"see why it exits: {kubectl(pod, 'logs', '--previous')}"
    return f"see why its Pod does not start: {kubectl(pod, 'describe')}"


def _pods(scene: Scene, row: ObjectRow) -> list[ObjectRow]:
    owned = [link.row for link in scene.sources(row, Relation.OWNER)]
    pods = [link.row for item in owned for link in scene.sources(item, Relation.OWNER)]
    return [pod for pod in pods if pod.health != Health.READY]


def _lost(case: Case, row: ObjectRow, tail: tuple[Step, ...] = ()) -> Found:
    applier = manager(case.scene, row)
    gone = f", deleted at {to_rfc3339(row.deleted_at)}" if row.deleted_at else ""
    what = f"restore it: {reconcile(applier)}" if applier is not None else "install Flux again"
    told = f"{called(applier)} has applied it" if applier is not None else "an inventory names it"
    return found(
        case,
        CauseClass.CONTROLLER_DOWN,
        f"{what}; while no controller runs, apply its manifest by hand",
        object=row,
        reason="NotFound",
        message=f"{called(row)} does not exist{gone}: nobody reconciles what it is responsible for",
        since=row.deleted_at,
        tail=tail,
        proofs=(Proof(row, "reference", f"{told}, and it does not exist"),),
    )


def _down(case: Case, row: ObjectRow, tail: tuple[Step, ...] = ()) -> Found:
    scaled = row.reason == _SCALED_TO_ZERO
    troubled = _pods(case.scene, row) if not scaled else []
    why = "it is scaled to zero" if scaled else f"{row.reason} {row.message}".strip()
    if troubled:
        pod = troubled[0]
        why = ": ".join(part for part in (f"Pod {pod.name}", pod.reason, pod.message) if part)
    start = kubectl(row, "scale", "--replicas=1") if scaled else _look_into(row, troubled)
    change = next(iter(case.other(row).events("ScalingReplicaSet")), None) if scaled else None
    began = min((at for at in (row.since, *(pod.since for pod in troubled)) if at is not None), default=None)
    told = Proof(row, "condition", f"{row.health} {row.reason}: {row.message}", began)
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

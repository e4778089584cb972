"""Helm actions that failed: refused, rolled back, timed out, in each other's way."""

from __future__ import annotations

import re

from mirror.clock import format_age, parse_time
from mirror.flux.fields import integer, mapping, sequence, text
from mirror.keys import ObjectKey
from mirror.records import Relation
from mirror.store.rows import EventRow, ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, fix_in_git, kubectl, reconcile
from query.root_cause.patterns import headline
from query.root_cause.rules.common import found, step_to
from query.root_cause.rules.deployments import responsible
from query.root_cause.rules.failed import failed
from query.root_cause.rules.inventory import blame_slow, named_children, unwell_children
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame, look

__all__ = ["failed_hook", "owned_by_another", "release_locked", "timed_out"]

_CREATED = re.compile(r"Created pod: (?P<name>\S+)")
"""The message of SuccessfulCreate, written by the controllers that own Pods."""

_SCALED_UP = re.compile(r"Scaled up replica set (?P<name>\S+)")
"""The message of ScalingReplicaSet, written by the Deployment controller."""

_ATTEMPT_S = 3_600.0
"""How long before a failed action events can belong to it; Helm's own timeout is five minutes by default."""


def timed_out(case: Case) -> Verdict | None:
    """Helm waited in vain. Goes on with what it waited for; after a rollback only events remember that."""
    if not patterns.HELM_TIMEOUT.search(case.message):
        return None
    steps = named_children(case) or unwell_children(case)
    otherwise = blame_slow(case, steps) or _remembered(case, steps or _removed(case)) or failed(case)
    return look(*steps, otherwise=otherwise)


def release_locked(case: Case) -> Verdict | None:
    """Another Helm action is, or was when it broke off, at work on the same release.

    Helm's own record says so by its status, whatever the message is.
    """
    newest = mapping(next(iter(sequence(case.status.get("history"))), None))
    ready = case.conditions.get("Ready")
    pending = ready is not None and ready.false and text(newest.get("status")).startswith("pending-")
    if not patterns.HELM_LOCKED.search(case.message) and not pending:
        return None
    advice = f"see that nobody else works on the release, then: {reconcile(case.row, '--force')}"
    return blame(found(case, CauseClass.FAILED, advice, proofs=(*case.proofs, *_interruptions(case))))


def _interruptions(case: Case) -> list[Proof]:
    """Pods of the controller that were restarted: an action that is broken off leaves its lock behind."""
    pods = [
        link.row
        for deployment in responsible(case.scene, case.row)
        for owner in case.scene.sources(deployment, Relation.OWNER)
        for link in case.scene.sources(owner.row, Relation.OWNER)
    ]
    proofs = []
    for pod in pods:
        for entry in sequence(mapping(case.scene.document(pod).get("status")).get("containerStatuses")):
            last = mapping(mapping(mapping(entry).get("lastState")).get("terminated"))
            restarts = integer(mapping(entry).get("restartCount")) or 0
            if restarts and last:
                told = f"restarted {restarts} times, last because of {text(last.get('reason')) or 'an exit'}"
                proofs.append(Proof(pod, "condition", told, parse_time(text(last.get("finishedAt")))))
    return proofs


def failed_hook(case: Case) -> Verdict | None:
    """A hook or a test of the chart failed: goes on with its Job or Pod, while that is still there."""
    for pattern, group, kind in ((patterns.HOOK_JOB, "batch", "Job"), (patterns.TEST_POD, "", "Pod")):
        match = pattern.search(case.message)
        if match is None:
            continue
        row = case.scene.find(kind, _target_namespace(case), match["name"], group=group)
        if row is None or not row.present:
            case.scene.unseen(group, kind, _target_namespace(case))
            return None
        return look(Step(row, field="hooks"), otherwise=failed(case))
    return None


def _target_namespace(case: Case) -> str:
    newest = mapping(next(iter(sequence(case.status.get("history"))), None))
    return text(newest.get("namespace")) or text(case.spec.get("targetNamespace")) or case.row.namespace


def owned_by_another(case: Case) -> Verdict | None:
    """The chart brings an object that exists already and belongs to somebody else."""
    match = patterns.OWNERSHIP.search(case.message)
    if match is None:
        return None
    row = case.scene.find(match["kind"], match["namespace"], match["name"])
    if row is None or not row.present:
        case.scene.unseen_kinds(match["kind"], match["namespace"])
        return blame(failed(case))
    advice = f"see whose it is ({kubectl(row, 'describe')}) and remove or rename one of the two, or " + (
        fix_in_git(
            case.scene,
            case.row,
            f"let {called(case.row)} take it over (spec.install.disableTakeOwnership: false)",
            retry=case.row,
        )
    )
    return blame(
        found(
            case,
            CauseClass.FAILED,
            advice,
            object=row,
            reason="ExistsAlready",
            tail=(step_to(case, row, Relation.MANAGES),),
        )
    )


def _removed(case: Case) -> tuple[Step, ...]:
    """The objects the message lists that an uninstall has taken away again."""
    return tuple(
        Step(case.scene.absent(ObjectKey("apps", match["kind"], match["namespace"] or "", match["name"])))
        for match in patterns.WAITING_FOR.text.finditer(case.message)
    )


def _remembered(case: Case, steps: tuple[Step, ...]) -> Found | None:
    """The workload that was waited for, from the events of Pods that are gone; else the release."""
    for item in steps:
        for owned in _owned(case, item.row):
            trouble = _trouble(case, owned)
            if trouble is not None:
                return _blame_workload(case, item, owned, trouble)
    present = [item for item in steps if item.row.present]
    if not present:
        return None
    advice = fix_in_git(case.scene, present[0].row, "correct what makes it unready")
    return found(case, CauseClass.WORKLOAD, advice, object=present[0].row, tail=(present[0],))


def _owned(case: Case, row: ObjectRow) -> list[ObjectRow]:
    """The ReplicaSets of a Deployment, newest first, or the workload itself where it makes Pods directly."""
    sets = [link.row for link in case.scene.sources(row, Relation.OWNER) if link.row.kind == "ReplicaSet"]
    if not sets:
        told = (_SCALED_UP.search(event.message) for event in case.scene.events(row))
        names = dict.fromkeys(match["name"] for match in told if match)
        sets = [case.scene.absent(ObjectKey("apps", "ReplicaSet", row.namespace, name)) for name in names]
    return sorted(sets, key=lambda item: (-(item.created_at or 0.0), item.name)) or [row]


def _trouble(case: Case, owner: ObjectRow) -> EventRow | None:
    """The newest Warning about a Pod that this owner has created, or about the owner itself."""
    before = case.since or case.scene.now
    told = case.scene.events(owner)
    names = [match["name"] for event in told if (match := _CREATED.search(event.message))]
    keys = [ObjectKey("", "Pod", owner.namespace, name) for name in dict.fromkeys(names)]
    pods = case.scene.view.events(case.scene.cluster, keys, type="Warning") if keys else []
    warnings = [event for event in (*pods, *told) if event.type == "Warning"]
    recent = [event for event in warnings if abs(event.last_at - before) <= _ATTEMPT_S]
    return max(recent, key=lambda event: (event.last_at, event.name), default=None)


def _blame_workload(case: Case, item: Step, owned: ObjectRow, event: EventRow) -> Found:
    pod = case.scene.absent(event.involved)
    tail = [item]
    if owned.key != item.row.key:
        tail.append(Step(owned, Relation.OWNER.value))
    if pod.kind == "Pod":
        tail.append(Step(pod, Relation.OWNER.value))
    ago = format_age(max(0.0, case.scene.now - event.last_at))
    said = headline(event.message)
    blamed = item.row if item.row.present else case.row
    return found(
        case,
        CauseClass.WORKLOAD,
        fix_in_git(case.scene, blamed, "correct the image or its configuration"),
        object=blamed,
        reason=event.reason,
        message=f"{called(pod)}, {ago} ago: {said}; {case.message.strip()}",
        tail=tuple(tail),
        proofs=(*case.proofs, Proof(pod, "event", f"{event.type} {event.reason}: {said}", event.last_at)),
    )

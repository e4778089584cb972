"""Pods that cannot even be created: quota, limits, a missing ServiceAccount, admission."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from mirror.flux.fields import integer, mapping, text
from mirror.keys import ObjectKey
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case, Failure
from query.root_cause.commands import called, fix_in_git
from query.root_cause.quotas import no_room
from query.root_cause.rules.common import found, not_ready, step_to, unwell
from query.root_cause.rules.missing import missing_object
from query.root_cause.rules.namespaces import refused_by_namespace
from query.root_cause.rules.owners import author
from query.root_cause.verdicts import CauseClass, Found, Proof, Verdict, blame

__all__ = ["FAILED_CREATE", "cannot_create_pods", "quota_exceeded", "refused_pods"]

FAILED_CREATE = frozenset({"FailedCreate", "ReplicaFailure"})

_ROOM = "raise the quota"
_PATIENCE_S = 60.0
"""Seconds in which a controller makes its Pods, and what it says of them is up to date."""


def cannot_create_pods(case: Case) -> Verdict | None:
    """The API server refuses the Pods of a controller, as its condition or its newest event says."""
    finding = refused_pods(case) if unwell(case.row) else None
    return blame(finding) if finding else None


def refused_pods(case: Case) -> Found | None:
    """Who is to blame for a refusal that the controller reports."""
    findings = (_blame(Case(case.scene, case.row, failure)) for failure in _refusals(case))
    said = next((finding for finding in findings if finding is not None), None)
    return said or _crowded_out(case)


def quota_exceeded(case: Case) -> Verdict | None:
    """An object that an applier brings does not fit into the quota of its namespace."""
    quota = patterns.QUOTA.search(case.message)
    if case.failure is None or quota is None or not quota["name"]:
        return None
    refused = patterns.APPLY.search(case.message)
    namespace = (refused["namespace"] if refused else "") or text(case.spec.get("targetNamespace"))
    key = ObjectKey("", "ResourceQuota", namespace or case.row.namespace, quota["name"])
    row = case.scene.absent(key)
    if not row.present:
        case.scene.note_hidden(row)
        return None
    return blame(_blame_policy(case, row, "spec.hard", _ROOM))


def _refusals(case: Case) -> Iterable[Failure]:
    row = case.row
    if row.reason in FAILED_CREATE and row.message:
        proof = Proof(row, "condition", f"ReplicaFailure=True {row.reason}: {row.message}", row.since)
        yield Failure(row.reason, row.message, row.since, proof)
    if not_ready(case.sources(Relation.OWNER)):
        return
    for event in case.events("FailedCreate", "SuccessfulCreate"):
        if event.reason == "SuccessfulCreate":
            return
        proof = Proof(row, "event", f"{event.type} {event.reason}: {event.message}", event.last_at)
        yield Failure(event.reason, event.message, event.first_at, proof)


def _blame(case: Case) -> Found | None:
    quota = patterns.QUOTA.search(case.message)
    if quota and quota["name"]:
        row = case.scene.absent(ObjectKey("", "ResourceQuota", case.row.namespace, quota["name"]))
        return _blame_policy(case, row, "spec.hard", _ROOM)
    account = patterns.SERVICE_ACCOUNT_LOOKUP.search(case.message)
    if account:
        key = ObjectKey("", "ServiceAccount", account["namespace"], account["name"])
        return _blame_missing(case, case.scene.absent(key))
    if patterns.LIMIT_RANGE.search(case.message):
        ranges = case.scene.of_kind("LimitRange", group="", namespace=case.row.namespace)
        if ranges:
            return _blame_policy(case, ranges[0], "spec.limits", "raise the limit")
    leaving = refused_by_namespace(case)
    if leaving is not None:
        return leaving
    owner = author(case)
    if quota or patterns.POD_SECURITY.search(case.message) or patterns.WEBHOOK_DENIED.search(case.message):
        advice = fix_in_git(case.scene, owner, "change the Pod template so that it is admitted")
        return found(case, CauseClass.DENIED, advice, object=owner, field="spec.template.spec")
    return None


def _crowded_out(case: Case) -> Found | None:
    """A quota without room for one more Pod, where nobody says in known words why Pods are wanting."""
    since = case.row.since if case.row.since is not None else case.row.created_at
    unsaid = case.row.reason not in FAILED_CREATE
    if unsaid and (since is None or case.scene.now - since < _PATIENCE_S or not _lacks_pods(case)):
        return None
    pod = mapping(mapping(mapping(case.spec.get("template"))).get("spec"))
    for link in case.targets(Relation.LIMIT):
        full = no_room(case.scene.document(link.row), pod) if link.row.kind == "ResourceQuota" else ""
        if full:
            proof = Proof(link.row, "condition", f"no room for another Pod: {full}")
            said = f"{called(link.row)} has no room for another Pod of {called(case.row)}: {full}"
            policy = _blame_policy(case, link.row, "spec.hard", _ROOM)
            return msgspec.structs.replace(
                policy, reason="QuotaExceeded", message=said, proofs=(*case.proofs, proof)
            )
    return None


def _lacks_pods(case: Case) -> bool:
    """Fewer Pods exist than it wants, all of them in sight, and none of them is in trouble itself."""
    view, row = case.scene.view, case.row
    if not view.visibility(row.cluster, "", "Pod", row.namespace).absence_is_real:
        return False
    wanted, there = _counts(case)
    return there < wanted and not not_ready(case.sources(Relation.OWNER))


def _counts(case: Case) -> tuple[int, int]:
    """(Pods that are wanted, Pods that exist)."""
    status = case.status
    if case.row.kind == "DaemonSet":
        return integer(status.get("desiredNumberScheduled")) or 0, _sum(status, "currentNumberScheduled")
    if case.row.kind == "Job":
        wanted = 0 if case.spec.get("suspend") is True else integer(case.spec.get("parallelism")) or 1
        return wanted, _sum(status, "active", "succeeded", "failed")
    replicas = integer(case.spec.get("replicas"))
    return 1 if replicas is None else replicas, _sum(status, "replicas")


def _sum(status: dict[str, Any], *fields: str) -> int:
    return sum(integer(status.get(field)) or 0 for field in fields)


def _blame_policy(case: Case, row: ObjectRow, field: str, what: str) -> Found:
    advice = f"lower what {called(author(case))} asks for, or " + fix_in_git(case.scene, row, what)
    way = step_to(case, row, Relation.LIMIT)
    return found(case, CauseClass.DENIED, advice, object=row, field=field, tail=(way,))


def _blame_missing(case: Case, row: ObjectRow) -> Found | None:
    if not case.scene.is_missing(row):
        return None
    finding = missing_object(case, row, case.scene.sources(row, Relation.IDENTITY))
    return msgspec.structs.replace(
        finding, since=finding.since or case.since, tail=(step_to(case, row, Relation.IDENTITY),)
    )

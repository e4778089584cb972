"""Pods that cannot even be created: quota, limits, a missing ServiceAccount, admission."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.keys import ObjectKey
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case, Failure
from query.root_cause.commands import edit, fix_in_git
from query.root_cause.rules.common import found, not_ready, unwell
from query.root_cause.rules.missing import missing_object
from query.root_cause.rules.namespaces import refused_by_namespace
from query.root_cause.rules.owners import author
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame

__all__ = ["FAILED_CREATE", "cannot_create_pods", "refused_pods"]

FAILED_CREATE = frozenset({"FailedCreate", "ReplicaFailure"})


def cannot_create_pods(case: Case) -> Verdict | None:
    """The API server refuses the Pods of a controller, as its condition or its newest event says."""
    finding = refused_pods(case) if unwell(case.row) else None
    return blame(finding) if finding else None


def refused_pods(case: Case) -> Found | None:
    """Who is to blame for a refusal that the controller reports."""
    findings = (_blame(Case(case.scene, case.row, failure)) for failure in _refusals(case))
    return next((finding for finding in findings if finding is not None), None)


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
        return _blame_policy(case, row, "spec.hard", "raise the quota, or free some of it")
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


def _blame_policy(case: Case, row: ObjectRow, field: str, what: str) -> Found:
    advice = f"{what} ({edit(row)}), or lower what {author(case).name} asks for"
    return found(case, CauseClass.DENIED, advice, object=row, field=field, tail=(Step(row),))


def _blame_missing(case: Case, row: ObjectRow) -> Found | None:
    if not case.scene.is_missing(row):
        return None
    wanted = [link for link in case.targets(Relation.IDENTITY) if link.row.key == row.key]
    return missing_object(case, row, wanted)

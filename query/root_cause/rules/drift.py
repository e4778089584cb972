"""Drift that helm-controller reports and does not correct."""

from __future__ import annotations

import re

from mirror.clock import parse_time
from mirror.flux.fields import mapping, sequence, text
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case, Failure
from query.root_cause.commands import called, kubectl, reconcile
from query.root_cause.rules.alterations import alteration
from query.root_cause.rules.common import found, step_to
from query.root_cause.rules.contested import rivals
from query.root_cause.verdicts import CauseClass, Found, Proof, Verdict, blame

__all__ = ["drifted", "fought_over"]

_OFTEN = 2
"""Corrections in a row after which somebody else is at work, and not a single change by hand."""

_RECENT_S = 3_600.0
"""Seconds in which corrections count as going on."""

_CORRECTING = "enabled"
"""The mode in which drift is there only for a moment; what comes back is the question of `fought_over`."""

_SCALING = "autoscaling"
_MANAGERS = ("-o", "yaml", "--show-managed-fields")


def drifted(case: Case) -> Verdict | None:
    """Something in the cluster was changed by hand or by another controller, and is left so."""
    condition = case.conditions.get("Drifted")
    if condition is None or not condition.true or _mode(case) == _CORRECTING:
        return None
    proof = Proof(
        case.row, "condition", f"Drifted=True {condition.reason}: {condition.message}", condition.since
    )
    case = Case(case.scene, case.row, Failure(condition.reason, condition.message, condition.since, proof))
    changed = [
        item for match in patterns.DRIFTED.text.finditer(condition.message) if (item := _changed(case, match))
    ]
    return blame(*changed) if changed else None


def fought_over(case: Case) -> Verdict | None:
    """helm-controller corrects the same object again and again: somebody else keeps changing it."""
    told = case.events("DriftCorrected", "DriftDetected")
    recent = [event for event in told if case.scene.now - event.last_at <= _RECENT_S]
    corrections = sum(event.count for event in recent if event.reason == "DriftCorrected")
    if case.failure is not None or corrections < _OFTEN:
        return None
    newest = recent[0]
    proof = Proof(case.row, "event", f"{newest.reason}: {newest.message}", newest.last_at)
    case = Case(case.scene, case.row, Failure("DriftCorrected", newest.message, newest.first_at, proof))
    matches = (match for event in recent for match in patterns.CONFIGURED.text.finditer(event.message))
    changed = [item for match in matches if (item := _fought(case, match, corrections)) is not None]
    return blame(changed[0]) if changed else None


def _fought(case: Case, match: re.Match[str], corrections: int) -> Found | None:
    row = case.scene.find(match["kind"], match["namespace"] or "", match["name"])
    if row is None:
        return None
    others = [link.row for link in rivals(case.scene, row) if link.row.id != case.row.id]
    scaler = None if others else _scaler(case, row)
    changed = alteration(case, row, _applied_at(case))
    field = "spec.replicas" if scaler is not None else changed.field if changed else ""
    where = f"{called(scaler)} scales it: " if scaler is not None else ""
    advice = (
        f"{where}leave that field to whoever changes it (spec.driftDetection.ignore of {called(case.row)}, "
        f"or no value for it in the chart), or stop them; see who: {kubectl(row, 'get', *_MANAGERS)}"
    )
    if others:
        advice = f"{called(others[0])} applies it as well: take it out of the manifests of one of the two"
    return found(
        case,
        CauseClass.INVALID,
        advice,
        object=row,
        field=field,
        message=f"{called(row)} was changed and corrected {corrections} times: {case.message}",
        tail=(step_to(case, row, Relation.MANAGES, Relation.HEALTH),),
    )


def _scaler(case: Case, row: ObjectRow) -> ObjectRow | None:
    """The HorizontalPodAutoscaler that sets the replicas of a workload."""
    case.scene.unseen(_SCALING, "HorizontalPodAutoscaler", row.namespace)
    rows = case.scene.of_kind("HorizontalPodAutoscaler", group=_SCALING, namespace=row.namespace)
    case.scene.prefetch(rows)
    for scaler in rows:
        spec = mapping(case.scene.document(scaler).get("spec"))
        target = mapping(spec.get("scaleTargetRef"))
        if (target.get("kind"), target.get("name")) == (row.kind, row.name):
            return scaler
    return None


def _changed(case: Case, match: re.Match[str]) -> Found | None:
    row = case.scene.find(match["kind"], match["namespace"] or "", match["name"])
    if row is None:
        return None
    removed = match["what"] == "removed"
    changed = None if removed else alteration(case, row, _applied_at(case))
    advice = (
        f"take over the change into {called(case.row)}, or undo it: {reconcile(case.row, '--force')}; "
        f"driftDetection.mode {_mode(case)} only reports, `enabled` would correct it"
    )
    message = case.message
    if changed is not None:
        message = f"{changed.text}: {message}"
    elif not removed:
        advice += f"; helm-controller does not say which field it is: {kubectl(row, 'get', *_MANAGERS)}"
    return found(
        case,
        CauseClass.MISSING if removed else CauseClass.INVALID,
        advice,
        object=row,
        field=changed.field if changed else "",
        message=message,
        tail=(step_to(case, row, Relation.MANAGES, Relation.HEALTH),),
        proofs=(*case.proofs, *([changed.proof] if changed else [])),
    )


def _mode(case: Case) -> str:
    return text(mapping(case.spec.get("driftDetection")).get("mode"))


def _applied_at(case: Case) -> float | None:
    """When Helm has last written what the release manages."""
    newest = mapping(next(iter(sequence(case.status.get("history"))), None))
    return parse_time(text(newest.get("lastDeployed")))

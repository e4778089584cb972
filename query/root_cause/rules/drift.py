"""Drift that helm-controller reports and does not correct."""

from __future__ import annotations

import re

from mirror.flux.fields import mapping, text
from mirror.records import Relation
from query.root_cause import patterns
from query.root_cause.case import Case, Failure
from query.root_cause.commands import called, reconcile
from query.root_cause.rules.common import found, step_to
from query.root_cause.verdicts import CauseClass, Found, Proof, Verdict, blame

__all__ = ["drifted"]


def drifted(case: Case) -> Verdict | None:
    """Something in the cluster was changed by hand or by another controller, and is left so."""
    condition = case.conditions.get("Drifted")
    if condition is None or not condition.true:
        return None
    proof = Proof(
        case.row, "condition", f"Drifted=True {condition.reason}: {condition.message}", condition.since
    )
    case = Case(case.scene, case.row, Failure(condition.reason, condition.message, condition.since, proof))
    changed = [
        item for match in patterns.DRIFTED.text.finditer(condition.message) if (item := _changed(case, match))
    ]
    return blame(*changed) if changed else None


def _changed(case: Case, match: re.Match[str]) -> Found | None:
    row = case.scene.find(match["kind"], match["namespace"] or "", match["name"])
    if row is None:
        return None
    mode = text(mapping(case.spec.get("driftDetection")).get("mode"))
    advice = (
        f"take over the change into {called(case.row)}, or undo it: {reconcile(case.row, '--force')}; "
        f"driftDetection.mode {mode} only reports, `enabled` would correct it"
    )
    return found(
        case,
        CauseClass.MISSING if match["what"] == "removed" else CauseClass.INVALID,
        advice,
        object=row,
        tail=(step_to(case, row, Relation.MANAGES, Relation.HEALTH),),
    )

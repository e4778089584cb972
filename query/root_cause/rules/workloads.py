"""Workloads: from what people write down, by ownership, to the Pod that shows the trouble."""

from __future__ import annotations

from mirror.records import Health, Relation
from query.root_cause.case import Case
from query.root_cause.commands import fix_in_git
from query.root_cause.rules.common import found, not_ready, unwell
from query.root_cause.rules.creation import FAILED_CREATE, refused_pods
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Found, Step, Verdict, look

__all__ = ["owned_trouble"]

_STUCK = frozenset({"ProgressDeadlineExceeded", *FAILED_CREATE})


def owned_trouble(case: Case) -> Verdict | None:
    """Goes on with the ReplicaSets and Pods that are not well, newest first."""
    if not unwell(case.row):
        return None
    links = sorted(not_ready(case.sources(Relation.OWNER)), key=_newest)
    steps = tuple(Step(link.row, link.relation, link.field) for link in links)
    stuck = case.row.health == Health.FAILED or case.row.reason in _STUCK
    return look(*steps, otherwise=(refused_pods(case) or _blame(case)) if stuck else None)


def _newest(link: Link) -> tuple[float, str]:
    return (-(link.row.created_at or 0.0), link.row.name)


def _blame(case: Case) -> Found:
    return found(
        case,
        CauseClass.WORKLOAD,
        fix_in_git(case.scene, case.row, f"correct {case.row.kind} {case.row.name}"),
    )

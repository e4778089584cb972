"""Appliers that wait for the health of what they applied: the child knows more than its parent."""

from __future__ import annotations

from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import kubectl
from query.root_cause.rules.common import found, not_ready, step, step_to, unwell
from query.root_cause.rules.failed import failed
from query.root_cause.verdicts import CauseClass, Found, Step, Verdict, look

__all__ = [
    "blame_slow",
    "failing_children",
    "named_children",
    "running_checks",
    "unhealthy_children",
    "unwell_children",
]

_ACTIONS = frozenset({"InstallFailed", "UpgradeFailed", "RollbackFailed", "TestFailed"})
_REASONS = frozenset({"HealthCheckFailed", "HealthCheckCanceled"})
_CHILDREN = (Relation.HEALTH, Relation.MANAGES)
_MOST = 50
"""Children of one message that are looked at; what blocks a hundred blocks the first ones too."""

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod"})
"""Kinds whose slowness is that of containers."""


def unhealthy_children(case: Case) -> Verdict | None:
    """Goes on with the objects that the message lists, or with every child that is not well."""
    if case.reason not in _REASONS and not patterns.WAITING_FOR.search(case.message):
        return None
    steps = named_children(case) or unwell_children(case)
    return look(*steps, otherwise=blame_slow(case, steps))


def failing_children(case: Case) -> Verdict | None:
    """A Helm action failed for a reason that nobody knows, and something it applied has failed for good.

    What only is not ready yet may have been so before, or wait for the next attempt.
    """
    if case.failure is None or case.reason not in _ACTIONS:
        return None
    steps = tuple(item for item in unwell_children(case) if item.row.health == Health.FAILED)
    return look(*steps, otherwise=failed(case)) if steps else None


def running_checks(case: Case) -> Verdict | None:
    """Still waits for its children: one that is broken for good need not be waited for."""
    if case.row.health != Health.PROGRESSING or case.failure is not None:
        return None
    steps = unwell_children(case)
    return look(*steps) if steps else None


def named_children(case: Case) -> tuple[Step, ...]:
    """The objects that a waiter lists in the message, without itself and without those that were removed.

    Kinds that it names and that nobody mirrors are noted.
    """
    rows: dict[int, ObjectRow] = {}
    for match in list(patterns.WAITING_FOR.text.finditer(case.message))[:_MOST]:
        row = case.scene.find(match["kind"], match["namespace"] or "", match["name"])
        if row is None:
            case.scene.unseen_kinds(match["kind"], match["namespace"] or "")
        wanted = row is not None and (row.present or match["status"] == "NotFound")
        if row is not None and wanted and row.id != case.row.id:
            rows[row.id] = row
    case.scene.facts.edges_to(rows, _CHILDREN)
    return tuple(step_to(case, row, *_CHILDREN) for row in rows.values())


def blame_slow(case: Case, steps: tuple[Step, ...]) -> Found | None:
    """The first child that is not well and says nothing more: it did not become ready in time."""
    slow = next((item for item in steps if unwell(item.row) or _is_silent(item.row)), None)
    if slow is None:
        return None
    row = slow.row
    return found(
        case,
        CauseClass.WORKLOAD if row.kind in WORKLOADS else CauseClass.FAILED,
        f"see why it does not become ready: {kubectl(row, 'describe')}",
        object=row,
        reason=row.reason or case.reason,
        message=f"did not become ready in time: {row.message or row.reason or 'it reports nothing'}",
        since=row.since,
        tail=(slow,),
    )


def unwell_children(case: Case) -> tuple[Step, ...]:
    """Suspended children are left out: nobody waits for them unless a message says so."""
    steps: dict[int, Step] = {}
    for relation in _CHILDREN:
        for link in not_ready(case.targets(relation)):
            if link.row.health != Health.SUSPENDED:
                steps.setdefault(link.row.id, step(link))
    return tuple(steps.values())


def _is_silent(row: ObjectRow) -> bool:
    """There, and no controller has said anything about it yet."""
    return row.present and row.health == Health.UNKNOWN

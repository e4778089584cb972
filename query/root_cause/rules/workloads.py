"""Workloads: from what people write down, by ownership, to the Pod that shows the trouble."""

from __future__ import annotations

from mirror.records import Health, Relation
from query.root_cause.case import Case
from query.root_cause.commands import fix_in_git, kubectl
from query.root_cause.rules.common import found, not_ready, unwell
from query.root_cause.rules.creation import FAILED_CREATE, refused_pods
from query.root_cause.rules.owners import author
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Found, Step, Verdict, look

__all__ = ["owned_trouble"]

_STUCK = frozenset({"ProgressDeadlineExceeded", *FAILED_CREATE})

_MAKES = {
    "Deployment": (("apps", "ReplicaSet"), ("", "Pod")),
    "CronJob": (("batch", "Job"),),
}
_PODS = (("", "Pod"),)
"""What a workload makes: where that cannot be seen, its own words are all there is."""


def owned_trouble(case: Case) -> Verdict | None:
    """Goes on with the ReplicaSets and Pods that are not well, newest first."""
    if not unwell(case.row):
        return None
    links = sorted(not_ready(case.sources(Relation.OWNER)), key=_newest)
    if not links:
        for group, kind in _MAKES.get(case.row.kind, _PODS):
            case.scene.unseen(group, kind, case.row.namespace)
    steps = tuple(Step(link.row, link.relation, link.field) for link in links)
    return look(*steps, otherwise=_otherwise(case))


def _otherwise(case: Case) -> Found | None:
    if case.spec.get("paused") is True:
        return _paused(case)
    stuck = case.row.health == Health.FAILED or case.row.reason in _STUCK
    return (refused_pods(case) or _blame(case)) if stuck else None


def _newest(link: Link) -> tuple[float, str]:
    return (-(link.row.created_at or 0.0), link.row.name)


def _paused(case: Case) -> Found:
    """A rollout that was halted by hand never ends by itself, and whoever waits for it waits in vain."""
    return found(
        case,
        CauseClass.SUSPENDED,
        kubectl(case.row, "rollout resume"),
        field="spec.paused",
        message=f"the rollout is paused: {case.row.message or case.row.reason}",
    )


def _blame(case: Case) -> Found:
    """Whoever is written down: nobody edits a ReplicaSet."""
    owner = author(case)
    advice = fix_in_git(case.scene, owner, f"correct {owner.kind} {owner.name}")
    return found(case, CauseClass.WORKLOAD, advice, object=owner)

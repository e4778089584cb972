"""Jobs that gave up."""

from __future__ import annotations

from mirror.clock import parse_time
from mirror.flux.fields import mapping, text
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case
from query.root_cause.commands import fix_in_git, kubectl, run_again
from query.root_cause.rules.common import found, not_ready
from query.root_cause.rules.owners import author
from query.root_cause.verdicts import CauseClass, Step, Verdict, look

__all__ = ["failed_job"]


def failed_job(case: Case) -> Verdict | None:
    """Its Pods know why. A Job whose Pods are gone is blamed in its own words."""
    if case.row.health != Health.FAILED:
        return None
    owner = author(case)
    if _repeated(case, owner):
        return Verdict(over=True)
    advise = run_again if owner.kind == "Job" else fix_in_git
    advice = advise(case.scene, owner, f"see why it fails ({kubectl(case.row, 'describe')}) and correct it")
    steps = [Step(link.row, link.relation, link.field) for link in not_ready(case.sources(Relation.OWNER))]
    if not steps:
        case.scene.unseen("", "Pod", case.row.namespace)
    return look(*steps, otherwise=found(case, CauseClass.WORKLOAD, advice, object=owner))


def _repeated(case: Case, owner: ObjectRow) -> bool:
    """A later Job of the same CronJob has succeeded: by what the CronJob says, else by what is left of it."""
    if owner.kind != "CronJob":
        return False
    began = case.row.created_at or 0.0
    status = mapping(case.scene.document(owner).get("status"))
    succeeded = parse_time(text(status.get("lastSuccessfulTime")))
    if succeeded is not None and succeeded > (case.row.since or began):
        return True
    siblings = [link.row for link in case.scene.sources(owner, Relation.OWNER)]
    return any(row.health == Health.READY and (row.created_at or 0.0) > began for row in siblings)

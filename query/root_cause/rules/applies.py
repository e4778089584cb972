"""Objects that an API server refused: the message names the object, and mostly what is wrong with it."""

from __future__ import annotations

from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, kubectl, reconcile
from query.root_cause.rules.common import found, step_to
from query.root_cause.verdicts import CauseClass, Verdict, blame

__all__ = ["refused_object"]


def refused_object(case: Case) -> Verdict | None:
    """Blames the object whose manifest was refused, or its applier while no such object exists.

    A ResourceSet carries its manifests itself, so it is always the one to change.
    """
    match = patterns.APPLY.search(case.message)
    if match is None:
        return None
    rest = match["rest"]
    row = case.scene.find(match["kind"], match["namespace"] or "", match["name"])
    applied = row is not None and row.present and case.row.kind != "ResourceSet"
    subject = row if row is not None and applied else case.row
    tail = (step_to(case, row, Relation.MANAGES, Relation.HEALTH),) if row is not None and applied else ()
    field = patterns.INVALID_FIELD.search(rest)
    return blame(
        found(
            case,
            _class(rest, match["reason"] or ""),
            _advice(case, f"{match['kind']} {match['name']}", rest, subject),
            object=subject,
            field=field["field"] if field and applied else "",
            message=case.message.strip(),
            tail=tail,
        )
    )


def _class(rest: str, reason: str) -> CauseClass:
    if patterns.WEBHOOK_DENIED.search(rest) or patterns.POD_SECURITY.search(rest) or reason == "Forbidden":
        return CauseClass.DENIED
    return CauseClass.FAILED


def _advice(case: Case, name: str, rest: str, subject: ObjectRow) -> str:
    again = reconcile(case.row, *(("--with-source",) if case.row.kind == "Kustomization" else ()))
    place = f"in the manifests of {called(case.row)}"
    webhook = patterns.WEBHOOK_DENIED.search(rest)
    if webhook:
        return f"change {name} {place} so that webhook {webhook['name']} admits it, then: {again}"
    if patterns.IMMUTABLE.search(rest) and subject is not case.row:
        return f"restore the immutable field of {name} {place}, or delete the object: {kubectl(subject, 'delete')}"
    return f"correct {name} {place}, then: {again}"


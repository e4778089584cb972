"""Namespaces that are on their way out."""

from __future__ import annotations

from mirror.keys import ObjectKey
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, kubectl
from query.root_cause.rules.common import found
from query.root_cause.verdicts import CauseClass, Found, Step, Verdict, blame

__all__ = ["leaving_namespace", "refused_by_namespace"]


def leaving_namespace(case: Case) -> Verdict | None:
    """The API server takes nothing new into a namespace that is being deleted."""
    finding = refused_by_namespace(case)
    return blame(finding) if finding is not None else None


def refused_by_namespace(case: Case) -> Found | None:
    """The namespace, if it is still there; once it has gone the next attempt fails with another message."""
    match = patterns.NAMESPACE_TERMINATING.search(case.message)
    row = case.scene.find("Namespace", "", match["name"], group="") if match is not None else None
    if match is None or row is None or not row.present:
        return None
    left = f": {row.message}" if row.message else ""
    return found(
        case,
        CauseClass.FAILED,
        f"see what keeps it from going: {kubectl(row, 'describe')}; then create it anew",
        object=row,
        reason="Terminating",
        message=f"{called(row)} is being deleted and takes nothing new{left}",
        since=row.since or case.since,
        tail=(Step(case.scene.absent(ObjectKey("", "Namespace", "", match["name"]))),),
    )

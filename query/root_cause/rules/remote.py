"""Appliers that work in another cluster, through a kubeconfig."""

from __future__ import annotations

from mirror.records import Relation
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import edit, reconcile
from query.root_cause.rules.common import found, refers, step
from query.root_cause.verdicts import CauseClass, Verdict, blame

__all__ = ["remote_cluster"]


def remote_cluster(case: Case) -> Verdict | None:
    """The kubeconfig is not one, is refused, or leads to a server that does not answer."""
    if not case.spec.get("kubeConfig"):
        return None
    links = [link for link in case.targets(Relation.IDENTITY) if link.field.startswith("spec.kubeConfig")]
    present = [link for link in links if link.row.present]
    class_ = _class(case.message)
    if class_ is None or not present:
        return None
    link = present[0]
    return blame(
        found(
            case,
            class_,
            f"see that the kubeconfig is right and its server answers: {edit(link.row)}, "
            f"then: {reconcile(case.row)}",
            object=link.row,
            tail=(step(link),),
            proofs=(*case.proofs, refers(case, link, "which leads to the other cluster")),
        )
    )


def _class(message: str) -> CauseClass | None:
    if patterns.KUBECONFIG.search(message):
        return CauseClass.INVALID
    if patterns.CREDENTIALS.search(message):
        return CauseClass.DENIED
    return CauseClass.EXTERNAL if patterns.UNREACHABLE.search(message) else None

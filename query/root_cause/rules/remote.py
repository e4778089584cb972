"""Appliers that work in another cluster, through a kubeconfig."""

from __future__ import annotations

from mirror.flux.fields import mapping, text
from mirror.records import Relation
from mirror.store.rows import identity
from query.derived import Nodes
from query.derived.remote import remote_from
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, edit, reconcile
from query.root_cause.rules.common import found, refers, step, unwell
from query.root_cause.rules.failed import WAITING, failed
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Step, Verdict, blame, look

__all__ = ["remote_cluster"]

_AT_HOME = frozenset(
    {"AccessDenied", "ArtifactFailed", "BuildFailed", "DependencyNotReady", "SourceNotReady", "ValuesError"}
)
"""Reasons of failures that come before the other cluster is spoken to."""

_MOST = 50
"""Objects of the other cluster that are looked at."""

_NO_CLIENT = frozenset({"RESTClientError", "FactoryError"})


def remote_cluster(case: Case) -> Verdict | None:
    """The kubeconfig is absent, is not one, is refused, or leads to a server that does not answer.

    Otherwise the trouble is with objects over there, and nothing in this cluster can explain it.
    """
    if not mapping(case.spec.get("kubeConfig")) or case.failure is None or case.reason in _AT_HOME:
        return None
    links = [link for link in case.targets(Relation.IDENTITY) if link.field.startswith("spec.kubeConfig")]
    missing = [link for link in links if case.scene.is_missing(link.row)]
    if missing:
        return look(*(step(link) for link in missing))
    class_ = _class(case)
    if class_ is None:
        return _over_there(case)
    present = [link for link in links if link.row.present]
    return _blame(case, present[0], class_) if present else None


def _blame(case: Case, link: Link, class_: CauseClass) -> Verdict:
    """The Secret or ConfigMap that leads to the other cluster; equal addresses are one incident."""
    address = text(mapping(case.scene.document(link.row).get("data")).get("address"))
    host = patterns.host_of(case.message) or patterns.host_of(address)
    outside = class_ is CauseClass.EXTERNAL
    return blame(
        found(
            case,
            class_,
            f"see that the kubeconfig is right and its server answers: {edit(link.row)}, "
            f"then: {reconcile(case.row)}",
            object=link.row,
            tail=(step(link),),
            proofs=(*case.proofs, refers(case, link, "which leads to the other cluster")),
            shared=host if outside else "",
        )
    )


def _over_there(case: Case) -> Verdict | None:
    """Goes on in the other cluster where that is mirrored, with what its message lists or with all that is
    not well there; else its own words are all there is."""
    if case.reason in WAITING and not patterns.WAITING_FOR.search(case.message):
        return None
    steps = _elsewhere(case)
    if steps:
        return look(*steps, otherwise=failed(case))
    case.scene.blind[
        f"{case.scene.cluster}: what {called(case.row)} applies to another cluster (spec.kubeConfig)"
    ] = None
    return blame(failed(case))


def _elsewhere(case: Case) -> list[Step]:
    edges = remote_from(Nodes(case.scene.view), [case.row], frozenset({Relation.MANAGES}))
    rows = {edge.dst.id: edge.dst for edge in edges if unwell(edge.dst) and case.scene.of(edge.dst)}
    listed = {
        (match["kind"], match["namespace"] or "", match["name"])
        for match in patterns.WAITING_FOR.text.finditer(case.message)
    }
    chosen = [row for row in rows.values() if (row.kind, row.namespace, row.name) in listed] if listed else []
    return [
        Step(row, Relation.MANAGES.value, "status.inventory.entries")
        for row in sorted(chosen or rows.values(), key=identity)
    ][:_MOST]


def _class(case: Case) -> CauseClass | None:
    message = case.message
    if patterns.KUBECONFIG.search(message) or case.reason in _NO_CLIENT:
        return CauseClass.INVALID
    refused = patterns.FORBIDDEN.search(message) or patterns.WEBHOOK_DENIED.search(message)
    if patterns.CREDENTIALS.search(message) and not refused:
        return CauseClass.DENIED
    if patterns.APPLY.search(message) or patterns.WAITING_FOR.search(message):
        return None
    waited = patterns.HELM_TIMEOUT.search(message) and not patterns.host_of(message)
    return CauseClass.EXTERNAL if patterns.UNREACHABLE.search(message) and not waited else None

"""Objects that are referred to and do not exist."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.clock import to_rfc3339
from mirror.flux.kinds import CLUSTER_SCOPED_KINDS
from mirror.keys import ObjectKey
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case
from query.root_cause.commands import called
from query.root_cause.patterns import ResourceName, named_resources
from query.root_cause.rules.common import found, step, unwell
from query.root_cause.rules.failed import failed
from query.root_cause.rules.names import kind_named, names_row
from query.root_cause.rules.restoring import restore
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame, look

__all__ = ["missing_object", "named_as_missing", "placeholder"]

_NEEDED = (Relation.CONFIG, Relation.IDENTITY, Relation.SOURCE, Relation.VOLUME, Relation.GENERATES)

_COPIES = frozenset({"HelmChart", "Pod", "ReplicaSet"})
"""Kinds that repeat the references of whoever made them."""


def placeholder(case: Case) -> Verdict | None:
    """The judged object itself does not exist, or it cannot be known whether it does."""
    if case.row.present:
        return None
    text = case.scene.hidden(case.row)
    if text:
        return Verdict(hidden=(text,))
    links = case.sources(*_NEEDED, Relation.DEPENDS, Relation.HEALTH)
    wanted = [link for link in links if not link.optional and link.field != "spec.wait"]
    return blame(missing_object(case, case.row, wanted))


def named_as_missing(case: Case) -> Verdict | None:
    """The message says that something was not found, and it is something that a field names.

    What is only named in the message counts too, in the namespace of the object that complains.
    """
    named = named_resources(case.message)
    if not named:
        return None
    links = [link for link in case.targets(*_NEEDED) if not link.row.present and _is_named(link, named)]
    if links:
        return look(*(step(link) for link in links), otherwise=failed(case))
    rows = [row for row in (_from_message(case, item) for item in named) if row is not None]
    if not rows:
        return None
    return look(*(Step(row) for row in rows), otherwise=failed(case))


def missing_object(case: Case, row: ObjectRow, wanted: list[Link]) -> Found:
    """The finding for an absent object; `wanted` are the references to it, those that people write first."""
    wanted = [link for link in wanted if link.row.kind not in _COPIES] or wanted
    names = [f"{link.field} of {called(link.row)}" for link in wanted[:3]]
    gone = f"; it was deleted at {to_rfc3339(row.deleted_at)}" if row.deleted_at else ""
    named_by = f", named by {', '.join(names)}" if names else ""
    return found(
        case,
        CauseClass.MISSING,
        restore(case.scene, row, wanted),
        object=row,
        reason="NotFound",
        message=f"{called(row)} does not exist{named_by}{gone}",
        since=row.deleted_at or min(_suffering(wanted), default=None),
        proofs=tuple(
            Proof(link.row, "reference", f"{link.field} names {called(row)}, which does not exist")
            for link in wanted[:3]
        ),
    )


def _suffering(wanted: list[Link]) -> list[float]:
    """Since when each of those that are not well is so."""
    return [at for link in wanted if unwell(link.row) and (at := link.row.since) is not None]


def _is_named(link: Link, named: Iterable[ResourceName]) -> bool:
    return any(names_row(item, link.row) for item in named)


def _from_message(case: Case, item: ResourceName) -> ObjectRow | None:
    """The absent object a message speaks of, if its kind is one we know."""
    kind = kind_named(item.resource)
    if kind is None:
        return None
    namespace = "" if kind in CLUSTER_SCOPED_KINDS else case.row.namespace
    row = case.scene.absent(ObjectKey(kind.group, kind.kind, namespace, item.name))
    return None if row.present else row

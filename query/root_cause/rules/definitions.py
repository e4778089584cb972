"""Custom kinds and their definitions, told by the graph: whatever words a message uses."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mirror.flux.inventory import inventory
from mirror.flux.kinds import FLUX_GROUPS
from mirror.keys import GroupKind
from mirror.records import Health, Relation
from query.root_cause.case import Case
from query.root_cause.rules.common import not_ready, step, unwell
from query.root_cause.rules.crds import definition_step
from query.root_cause.rules.failed import failed
from query.root_cause.rules.missing import missing_object
from query.root_cause.verdicts import Step, Verdict, look
from query.visibility import Visibility

__all__ = ["broken_definition", "undefined", "undefined_children", "unprovided"]

_DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
_APPLYING = frozenset({"ReconciliationFailed", "InstallFailed", "UpgradeFailed"})
"""Reasons of an applier whose objects the API server did not take."""

_MOST = 5
"""Definitions of one applier that are looked at."""


def undefined(case: Case) -> Verdict | None:
    """The judged object cannot exist: the definition of its kind is missing."""
    if case.row.present:
        return None
    steps = _unserved(case, [case.kind])
    if not steps:
        return None
    way = steps[0]
    absent = msgspec.structs.replace(missing_object(case, way.row, []), tail=(way,))
    return look(way, otherwise=absent)


def unprovided(case: Case) -> Verdict | None:
    """A definition that does not exist: goes on with whoever has applied it and is not well."""
    if case.kind != _DEFINITION or not case.scene.is_missing(case.row):
        return None
    bringers = not_ready(case.sources(Relation.MANAGES))
    absent = missing_object(case, case.row, [])
    return look(*(step(link) for link in bringers), otherwise=absent)


def broken_definition(case: Case) -> Verdict | None:
    """An object of a custom kind is not well, and the definition of its kind is not either."""
    if not unwell(case.row) or "." not in case.row.group or case.row.group in FLUX_GROUPS:
        return None
    steps = [step(link) for link in not_ready(case.targets(Relation.DEFINITION))]
    otherwise = failed(case) if case.row.health == Health.FAILED else None
    return look(*steps, otherwise=otherwise) if steps else None


def undefined_children(case: Case) -> Verdict | None:
    """The applier has applied objects of a kind that the cluster does not serve any more."""
    if case.failure is None or case.reason not in _APPLYING:
        return None
    kinds = {GroupKind(entry.key.group, entry.key.kind) for entry in inventory(case.body)}
    steps = _unserved(case, sorted(kinds))
    return look(*steps, otherwise=failed(case)) if steps else None


def _unserved(case: Case, kinds: Iterable[GroupKind]) -> list[Step]:
    """The way to the missing definitions of those kinds that are custom and not served."""
    view, cluster = case.scene.view, case.scene.cluster
    custom = [
        kind
        for kind in kinds
        if "." in kind.group and view.visibility(cluster, kind.group, kind.kind, "") is Visibility.NOT_SERVED
    ]
    steps = (definition_step(case, kind.group, kind.kind) for kind in custom)
    return [found for found in steps if not found.row.present][:_MOST]

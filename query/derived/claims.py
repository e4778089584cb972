"""Objects whose labels name an applier while no inventory of their cluster lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mirror.flux.claims import claimed_by_labels
from mirror.flux.kinds import SOURCE_GROUP
from mirror.keys import GroupKind, ObjectKey
from mirror.store.rows import ObjectRow
from query.derived.nodes import Nodes

__all__ = ["applied", "unlisted_claims"]

_CHART: Final = GroupKind(SOURCE_GROUP, "HelmChart")
_PARTS: Final = frozenset({"Pod", "ReplicaSet"})
"""Kinds that inherit labels from a template: their owner is what was applied."""


def unlisted_claims(nodes: Nodes, rows: Sequence[ObjectRow]) -> dict[ObjectKey, list[ObjectRow]]:
    """By the applier that the labels name: the objects, in whatever cluster they are."""
    claims = [
        (row, named)
        for row in rows
        if row.labels and row.id > 0 and applied(row) and (named := claimed_by_labels(row.labels))
    ]
    listed = nodes.listed(row.id for row, _ in claims)
    found: dict[ObjectKey, list[ObjectRow]] = {}
    for row, named in claims:
        for applier in named if row.id not in listed else ():
            found.setdefault(applier, []).append(row)
    return found


def applied(row: ObjectRow) -> bool:
    """Labelled because somebody applied it: not a generated chart, nor what a template made."""
    return row.kind not in _PARTS and (row.group, row.kind) != _CHART

"""All derived edges of some objects, in one direction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import EdgeRow, ObjectRow
from query.derived.claimed import claimed_from, claimed_to
from query.derived.defined import DEFINITION, defined_from, defined_to
from query.derived.impersonated import impersonated_from, impersonated_to
from query.derived.limited import limited_from, limited_to
from query.derived.nodes import DerivedEdge, Nodes
from query.derived.remote import remote_from, remote_to
from query.derived.selected import selected_from, selected_to

__all__ = ["derived_from", "derived_to", "ends_at"]

_FORWARD: Final = (
    selected_from,
    claimed_from,
    remote_from,
    limited_from,
    defined_from,
    impersonated_from,
)
_BACKWARD: Final = (selected_to, claimed_to, remote_to, limited_to, defined_to, impersonated_to)


def derived_from(nodes: Nodes, rows: Sequence[ObjectRow], relations: Collection[str]) -> list[DerivedEdge]:
    """The derived edges that begin at these objects, of these relations; stored ones are not among them."""
    wanted = frozenset(relations)
    return [edge for finder in _FORWARD for edge in finder(nodes, rows, wanted)]


def derived_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: Collection[str]) -> list[DerivedEdge]:
    """The derived edges that end at these objects, of these relations."""
    wanted = frozenset(relations)
    return [edge for finder in _BACKWARD for edge in finder(nodes, rows, wanted)]


def ends_at(nodes: Nodes, rows: Sequence[ObjectRow]) -> list[EdgeRow]:
    """The edges from those who provide these objects: the appliers of what is not there, and of definitions.

    A walk towards causes ends there: what else such an applier manages has no part in it.
    """
    wanted = [
        row.id
        for row in rows
        if row.id > 0 and (not row.present or GroupKind(row.group, row.kind) == DEFINITION)
    ]
    return nodes.view.incoming(wanted, (Relation.MANAGES.value,)) if wanted else []

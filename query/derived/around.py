"""All derived edges of some objects, in one direction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, NamedTuple

from mirror.flux.selections import SELECTING
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import EdgeRow, ObjectRow
from query.derived.claimed import RELEASE, claimed_from, claimed_to
from query.derived.defined import DEFINITION, defined_from, defined_to
from query.derived.impersonated import ACCOUNT, CONTROLLERS, impersonated_from, impersonated_to
from query.derived.limited import LIMITED, LIMITS, limited_from, limited_to
from query.derived.nodes import DerivedEdge, Nodes
from query.derived.remote import APPLIERS, remote_from, remote_to
from query.derived.selected import selected_from, selected_to

__all__ = ["derived_from", "derived_to", "ends_at"]


class _Finder(NamedTuple):
    """find: the edges of some objects, of whatever kinds. kinds: of which there must be one; None for any."""

    find: Callable[[Nodes, Sequence[ObjectRow], frozenset[str]], Iterable[DerivedEdge]]
    kinds: Collection[tuple[str, str]] | None = None


_FORWARD: Final = (
    _Finder(selected_from, SELECTING),
    _Finder(claimed_from, [RELEASE]),
    _Finder(remote_from, APPLIERS),
    _Finder(limited_from, LIMITED),
    _Finder(defined_from),
    _Finder(impersonated_from, CONTROLLERS),
)
_BACKWARD: Final = (
    _Finder(selected_to),
    _Finder(claimed_to),
    _Finder(remote_to),
    _Finder(limited_to, LIMITS),
    _Finder(defined_to, [DEFINITION]),
    _Finder(impersonated_to, [ACCOUNT]),
)


def derived_from(nodes: Nodes, rows: Sequence[ObjectRow], relations: Collection[str]) -> list[DerivedEdge]:
    """The derived edges that begin at these objects, of these relations; stored ones are not among them."""
    return _found(_FORWARD, nodes, rows, frozenset(relations))


def derived_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: Collection[str]) -> list[DerivedEdge]:
    """The derived edges that end at these objects, of these relations."""
    return _found(_BACKWARD, nodes, rows, frozenset(relations))


def _found(
    finders: Iterable[_Finder], nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]
) -> list[DerivedEdge]:
    there = {(row.group, row.kind) for row in rows}
    concerned = [find for find, kinds in finders if kinds is None or not there.isdisjoint(kinds)]
    return [edge for find in concerned for edge in find(nodes, rows, relations)]


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

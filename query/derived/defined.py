"""Custom kinds: without its CustomResourceDefinition an object of one cannot be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mirror.flux.kinds import FLUX_GROUPS
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.derived.nodes import DerivedEdge, Nodes
from query.visibility import Visibility

__all__ = ["DEFINITION", "defined_from", "defined_to"]

DEFINITION: Final = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")

_FIELD: Final = "apiVersion"


def defined_from(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From an object of a custom kind to its definition.

    Flux's own kinds only where their definition is not well or not there: all that Flux does needs them.
    """
    if Relation.DEFINITION not in relations:
        return
    by_kind: dict[tuple[str, GroupKind], list[ObjectRow]] = defaultdict(list)
    for row in rows:
        if "." in row.group:  # the groups of built-in kinds of old have no dot
            by_kind[row.cluster, GroupKind(row.group, row.kind)].append(row)
    for cluster, wanted in (_names(nodes, by_kind) if by_kind else {}).items():
        keys = {name: ObjectKey(*DEFINITION, "", name) for name in wanted}
        found = nodes.named(cluster, keys.values())
        for name, kinds in wanted.items():
            for kind in kinds:
                if _tells(nodes, found[keys[name]], kind):
                    for row in by_kind[cluster, kind]:
                        yield DerivedEdge(row, found[keys[name]], Relation.DEFINITION.value, _FIELD)


def defined_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From every known object of a kind to its definition."""
    if Relation.DEFINITION not in relations:
        return
    for definition in rows:
        if GroupKind(definition.group, definition.kind) != DEFINITION:
            continue
        for kind in nodes.definitions.kinds(definition.name):
            if _tells(nodes, definition, kind):
                for row in _of_kind(nodes, definition, kind):
                    yield DerivedEdge(row, definition, Relation.DEFINITION.value, _FIELD)


def _of_kind(nodes: Nodes, definition: ObjectRow, kind: GroupKind) -> Sequence[ObjectRow]:
    """The objects of the kind; without its definition, those that somebody still refers to."""
    if definition.present:
        return nodes.of_kind([definition.cluster], kind).get(definition.cluster, ())
    rows = nodes.view.objects(clusters=[definition.cluster], group=kind.group, kind=kind.kind, present=False)
    nodes.know(rows)
    return rows


def _names(nodes: Nodes, wanted: Iterable[tuple[str, GroupKind]]) -> dict[str, dict[str, list[GroupKind]]]:
    """By cluster: the names of the definitions of these kinds. A kind that no cluster serves has none."""
    found: dict[str, dict[str, list[GroupKind]]] = defaultdict(lambda: defaultdict(list))
    for cluster, kind in set(wanted):
        name = nodes.definitions.name(cluster, kind)
        if name:
            found[cluster][name].append(kind)
    return found


def _tells(nodes: Nodes, definition: ObjectRow, kind: GroupKind) -> bool:
    """The edge says something: the kind is custom, and not one that is everywhere and well."""
    if not definition.present:
        seen = nodes.view.visibility(definition.cluster, kind.group, kind.kind, "")
        return seen is Visibility.NOT_SERVED
    return kind.group not in FLUX_GROUPS or definition.health != Health.READY

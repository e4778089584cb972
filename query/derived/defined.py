"""Custom kinds: without its CustomResourceDefinition an object of one cannot be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from mirror.flux.kinds import FLUX_GROUPS
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.derived.nodes import DerivedEdge, Nodes, Place
from query.stored import by_cluster
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
    kinds = _kinds(nodes, by_kind) if by_kind else {}
    for (cluster, key), definition in nodes.named(kinds).items():
        for kind in kinds[cluster, key]:
            if _tells(nodes, definition, kind):
                for row in by_kind[cluster, kind]:
                    yield DerivedEdge(row, definition, Relation.DEFINITION.value, _FIELD)


def defined_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From every known object of a kind to its definition."""
    if Relation.DEFINITION not in relations:
        return
    by_name: dict[str, list[ObjectRow]] = defaultdict(list)
    for row in rows:
        if GroupKind(row.group, row.kind) == DEFINITION:
            by_name[row.name].append(row)
    for name, definitions in by_name.items():
        for kind in nodes.definitions([name.partition(".")[2]]).kinds(name):
            telling = [row for row in definitions if _tells(nodes, row, kind)]
            found = _of_kind(nodes, telling, kind)
            for definition in telling:
                for row in found.get(definition.cluster, ()):
                    yield DerivedEdge(row, definition, Relation.DEFINITION.value, _FIELD)


def _of_kind(
    nodes: Nodes, definitions: Sequence[ObjectRow], kind: GroupKind
) -> Mapping[str, Sequence[ObjectRow]]:
    """The objects of the kind by cluster; without its definition, those that somebody still refers to."""
    there = [row.cluster for row in definitions if row.present]
    gone = [row.cluster for row in definitions if not row.present]
    found: dict[str, Sequence[ObjectRow]] = {**nodes.of_kind(there, kind)} if there else {}
    if gone:
        rows = nodes.view.objects(clusters=gone, group=kind.group, kind=kind.kind, present=False)
        nodes.know(rows)
        found |= by_cluster(rows)
    return found


def _kinds(nodes: Nodes, wanted: Collection[tuple[str, GroupKind]]) -> dict[Place, list[GroupKind]]:
    """These kinds by the definition that each has in its cluster. A kind that no cluster serves has none."""
    definitions = nodes.definitions(kind.group for _, kind in wanted)
    found: dict[Place, list[GroupKind]] = defaultdict(list)
    for cluster, kind in wanted:
        name = definitions.name(cluster, kind)
        if name:
            found[cluster, ObjectKey(*DEFINITION, "", name)].append(kind)
    return found


def _tells(nodes: Nodes, definition: ObjectRow, kind: GroupKind) -> bool:
    """The edge says something: the kind is custom, and not one that is everywhere and well."""
    if not definition.present:
        seen = nodes.view.visibility(definition.cluster, kind.group, kind.kind, "")
        return seen is Visibility.NOT_SERVED
    return kind.group not in FLUX_GROUPS or definition.health != Health.READY

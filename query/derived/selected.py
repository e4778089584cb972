"""What objects select by labels: policies, input providers, artifacts, namespaces, Pods, observed objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mirror.flux.kinds import IMAGE_GROUP, NOTIFICATION_GROUP, OPERATOR_GROUP, SOURCE_GROUP
from mirror.flux.selections import SELECTING, Selection, selections
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.derived.nodes import DerivedEdge, Nodes

__all__ = ["selected_from", "selected_to"]

_SELECTED: Final[dict[GroupKind, tuple[tuple[GroupKind, Relation], ...]]] = {
    GroupKind(IMAGE_GROUP, "ImagePolicy"): (
        (GroupKind(IMAGE_GROUP, "ImageUpdateAutomation"), Relation.SOURCE),
    ),
    GroupKind(OPERATOR_GROUP, "ResourceSetInputProvider"): (
        (GroupKind(OPERATOR_GROUP, "ResourceSet"), Relation.CONFIG),
    ),
    GroupKind(SOURCE_GROUP, "ExternalArtifact"): (
        (GroupKind(OPERATOR_GROUP, "ResourceSetInputProvider"), Relation.SOURCE),
    ),
    GroupKind("", "Namespace"): ((GroupKind(IMAGE_GROUP, "ImageRepository"), Relation.CONFIG),),
    GroupKind("", "Pod"): ((GroupKind("", "Service"), Relation.ROUTES),),
}
"""By what is selected: who may select it. Alerts and Receivers may select any Flux object."""

_OBSERVERS: Final = (
    (GroupKind(NOTIFICATION_GROUP, "Alert"), Relation.NOTIFY),
    (GroupKind(NOTIFICATION_GROUP, "Receiver"), Relation.TRIGGER),
)

_ONE_BY_ONE: Final = 8
"""Selections of one kind in one namespace up to which each is a query; more are read as a whole."""


class _Place(NamedTuple):
    cluster: str
    kind: GroupKind
    namespace: str | None


def selected_from(
    nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]
) -> Iterator[DerivedEdge]:
    """From those of the objects that select to what they select."""
    selecting = [row for row in rows if row.present and GroupKind(row.group, row.kind) in SELECTING]
    documents = nodes.documents(selecting)
    asked: dict[_Place, list[tuple[ObjectRow, Selection]]] = defaultdict(list)
    for row in selecting:
        for selection in selections(documents[row.id]):
            if selection.relation in relations:
                asked[_Place(row.cluster, selection.target, selection.namespace)].append((row, selection))
    for place, ours in asked.items():
        yield from _found(nodes, place, ours)


def selected_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From whoever selects one of the objects to that object."""
    targets: dict[tuple[str, GroupKind], list[ObjectRow]] = defaultdict(list)
    for row in rows:
        if row.present:
            targets[row.cluster, GroupKind(row.group, row.kind)].append(row)
    for (cluster, kind), ours in targets.items():
        for selecting, relation in (*_SELECTED.get(kind, ()), *_OBSERVERS):
            if relation in relations:
                spaces = {row.namespace for row in ours} if relation is Relation.ROUTES else {None}
                for namespace in spaces:
                    by_cluster = nodes.of_kind([cluster], selecting, namespace)
                    yield from _selecting(nodes, by_cluster.get(cluster, ()), kind, ours)


def _found(nodes: Nodes, place: _Place, ours: Sequence[tuple[ObjectRow, Selection]]) -> Iterator[DerivedEdge]:
    cluster, kind, namespace = place
    whole = nodes.of_kind([cluster], kind, namespace).get(cluster, []) if len(ours) > _ONE_BY_ONE else None
    for row, selection in ours:
        candidates = whole
        if candidates is None:
            candidates = nodes.view.objects(
                clusters=[cluster],
                group=kind.group,
                kind=kind.kind,
                namespace=namespace,
                labels=selection.labels,
            )
            nodes.know(candidates)
        for target in candidates:
            if selection.matches(target.labels):
                yield DerivedEdge(row, target, selection.relation, selection.field)


def _selecting(
    nodes: Nodes, selecting: Sequence[ObjectRow], kind: GroupKind, ours: Sequence[ObjectRow]
) -> Iterator[DerivedEdge]:
    documents = nodes.documents(selecting)
    for row in selecting:
        for selection in selections(documents[row.id]):
            if selection.target != kind:
                continue
            for target in ours:
                within = selection.namespace is None or selection.namespace == target.namespace
                if within and selection.matches(target.labels):
                    yield DerivedEdge(row, target, selection.relation, selection.field)

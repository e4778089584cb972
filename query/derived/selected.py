"""What objects select by labels: policies, input providers, artifacts, namespaces, Pods, observed objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mirror.flux.kinds import IMAGE_GROUP, NOTIFICATION_GROUP, OPERATOR_GROUP, SOURCE_GROUP
from mirror.flux.selections import SELECTING, Selection, selections
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.derived.nodes import DerivedEdge, Nodes
from query.stored import by_cluster

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
"""Different labels asked for in one namespace up to which each is a query; more are read as a whole."""


_Asked = list[tuple[ObjectRow, Selection]]
"""Who asks, and for what."""


def selected_from(
    nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]
) -> Iterator[DerivedEdge]:
    """From those of the objects that select to what they select."""
    selecting = [row for row in rows if row.present and GroupKind(row.group, row.kind) in SELECTING]
    documents = nodes.documents(selecting)
    asked: dict[tuple[GroupKind, str | None], _Asked] = defaultdict(list)
    for row in selecting:
        for selection in selections(documents[row.id]):
            if selection.relation in relations:
                asked[selection.target, selection.namespace].append((row, selection))
    for (kind, namespace), ours in asked.items():
        yield from _found(nodes, kind, namespace, ours)


def selected_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From whoever selects one of the objects to that object."""
    observers = [each for each in _OBSERVERS if each[1] in relations]
    targets: dict[GroupKind, list[ObjectRow]] = defaultdict(list)
    for row in rows:
        if row.present and (observers or (row.group, row.kind) in _SELECTED):
            targets[GroupKind(row.group, row.kind)].append(row)
    for kind, ours in targets.items():
        for selecting, relation in (*_SELECTED.get(kind, ()), *observers):
            if relation in relations:
                spaces: dict[str | None, list[ObjectRow]] = defaultdict(list)
                for row in ours:
                    spaces[row.namespace if relation is Relation.ROUTES else None].append(row)
                for namespace, within in spaces.items():
                    yield from _selecting(nodes, selecting, namespace, within, kind)


def _found(nodes: Nodes, kind: GroupKind, namespace: str | None, asked: _Asked) -> Iterator[DerivedEdge]:
    """What asks for the same labels, in whatever cluster, is one query."""
    alike: dict[frozenset[tuple[str, str]], _Asked] = defaultdict(list)
    for row, selection in asked:
        alike[frozenset(selection.labels.items())].append((row, selection))
    whole = len(alike) > _ONE_BY_ONE
    candidates = nodes.of_kind({row.cluster for row, _ in asked}, kind, namespace) if whole else {}
    for labels, ours in alike.items():
        if not whole:
            rows = nodes.view.labelled({row.cluster for row, _ in ours}, kind, namespace, dict(labels))
            nodes.know(rows)
            candidates = by_cluster(rows)
        for row, selection in ours:
            for target in candidates.get(row.cluster, ()):
                if selection.matches(target.labels):
                    yield DerivedEdge(row, target, selection.relation, selection.field)


def _selecting(
    nodes: Nodes, selecting: GroupKind, namespace: str | None, targets: Iterable[ObjectRow], kind: GroupKind
) -> Iterator[DerivedEdge]:
    """From the objects of a kind that select some of these of another."""
    ours = by_cluster(targets)
    found = [row for rows in nodes.of_kind(ours, selecting, namespace).values() for row in rows]
    documents = nodes.documents(found)
    for row in found:
        for selection in selections(documents[row.id]):
            if selection.target != kind:
                continue
            for target in ours[row.cluster]:
                within = selection.namespace is None or selection.namespace == target.namespace
                if within and selection.matches(target.labels):
                    yield DerivedEdge(row, target, selection.relation, selection.field)

"""HelmReleases without an inventory (helm-controller before 1.5): their labels say what they applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from mirror.flux.claims import claim_labels
from mirror.flux.kinds import HELM_GROUP
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.derived.claims import applied, unlisted_claims
from query.derived.nodes import DerivedEdge, Nodes, Place
from query.stored import by_cluster

__all__ = ["RELEASE", "claimed_from", "claimed_to"]

RELEASE: Final = GroupKind(HELM_GROUP, "HelmRelease")

_REMOTE: Final = "spec.kubeConfig"


def claimed_from(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From a release without an inventory to the objects of its cluster that carry its labels."""
    if Relation.MANAGES not in relations:
        return
    alike: dict[ObjectKey, list[ObjectRow]] = defaultdict(list)
    for row in _without_inventory(nodes, rows):
        alike[row.key].append(row)
    for key, ours in alike.items():
        labels = claim_labels(key)
        claimed = nodes.view.objects(clusters=[row.cluster for row in ours], labels=labels)
        nodes.know(claimed)
        targets = by_cluster(claimed)
        for row in ours:
            for target in targets.get(row.cluster, ()):
                itself = target.id == row.id
                if applied(target) and not itself and labels.items() <= target.labels.items():
                    yield DerivedEdge(row, target, Relation.MANAGES.value, _field(labels))


def claimed_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From the release that an object's labels name to that object, where the release has no inventory."""
    if Relation.MANAGES not in relations:
        return
    claims: dict[Place, list[ObjectRow]] = {}
    for applier, ours in unlisted_claims(nodes, rows).items():
        for row in ours if GroupKind(applier.group, applier.kind) == RELEASE else ():
            claims.setdefault((row.cluster, applier), []).append(row)
    for release in _without_inventory(nodes, list(nodes.named(claims).values())):
        for row in claims[release.cluster, release.key]:
            yield DerivedEdge(release, row, Relation.MANAGES.value, _field(claim_labels(release.key)))


def _without_inventory(nodes: Nodes, rows: Sequence[ObjectRow]) -> list[ObjectRow]:
    """The releases among these that work here and list nothing."""
    releases = [row for row in rows if row.present and GroupKind(row.group, row.kind) == RELEASE]
    if not releases:
        return []
    found = nodes.outgoing((row.id for row in releases), (Relation.MANAGES.value, Relation.IDENTITY.value))
    settled = {
        edge.src for edge in found if edge.relation == Relation.MANAGES or edge.field.startswith(_REMOTE)
    }
    return [row for row in releases if row.id not in settled]


def _field(labels: dict[str, str]) -> str:
    """Of the target: the release itself says nothing."""
    return f"metadata.labels[{next(iter(labels))}]"

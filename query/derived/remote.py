"""Appliers with `spec.kubeConfig`: what they manage lives in another cluster, perhaps a mirrored one.

Which one is concluded from what is no secret: the address in the ConfigMap of a configMapRef, or, with a
kubeconfig in a Secret, which is never read, from where the objects of the inventory carry the applier's
labels. Where neither tells, or tells two, the cluster is called `remote:<namespace>/<name>` after what
holds the kubeconfig, and nothing is said of the objects in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from mirror.flux.claims import claimed_by_labels
from mirror.flux.fields import mapping
from mirror.flux.inventory import inventory
from mirror.flux.kinds import HELM_GROUP, KUSTOMIZE_GROUP
from mirror.flux.remote import Address, address_in, server_of, works_elsewhere
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store.rows import EdgeRow, ObjectRow
from query.derived.claims import unlisted_claims
from query.derived.nodes import DerivedEdge, Nodes

__all__ = ["APPLIERS", "remote_from", "remote_to"]

APPLIERS: Final = (GroupKind(KUSTOMIZE_GROUP, "Kustomization"), GroupKind(HELM_GROUP, "HelmRelease"))
_FIELD: Final = "status.inventory.entries"
_KUBECONFIG: Final = "spec.kubeConfig"
_SAMPLE: Final = 8
"""Objects of an inventory whose labels are looked at."""


def remote_from(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From an applier to what it manages elsewhere."""
    if not relations & {Relation.MANAGES, Relation.HEALTH}:
        return
    for applier, link in _remote(nodes, rows):
        document = nodes.documents([applier])[applier.id]
        keys = _managed(document)
        place = _cluster_of(nodes, applier, link, keys)
        found = nodes.named((place, key) for key in keys)
        waits = mapping(document.get("spec")).get("wait") is True
        for key in keys:
            if Relation.MANAGES in relations:
                yield DerivedEdge(applier, found[place, key], Relation.MANAGES.value, _FIELD)
            if waits and Relation.HEALTH in relations:
                yield DerivedEdge(applier, found[place, key], Relation.HEALTH.value, "spec.wait")


def remote_to(nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]) -> Iterator[DerivedEdge]:
    """From appliers in other clusters to those of the objects that they manage here."""
    if not relations & {Relation.MANAGES, Relation.HEALTH} or len(nodes.view.names) < 2:
        return
    for key, ours in unlisted_claims(nodes, rows).items():
        if GroupKind(key.group, key.kind) not in APPLIERS:
            continue
        candidates = nodes.called(key)
        wanted = {row.id for row in ours}
        edges = remote_from(nodes, candidates, relations)
        yield from (edge for edge in edges if edge.dst.id in wanted)


def _remote(nodes: Nodes, rows: Sequence[ObjectRow]) -> Iterator[tuple[ObjectRow, EdgeRow]]:
    """The appliers that work elsewhere, each with the edge to what holds its kubeconfig."""
    appliers = {row.id: row for row in rows if GroupKind(row.group, row.kind) in APPLIERS}
    if not appliers:
        return
    links: dict[int, EdgeRow] = {}
    for edge in nodes.outgoing(appliers, (Relation.IDENTITY.value,)):
        if edge.field.startswith(_KUBECONFIG):
            links.setdefault(edge.src, edge)
    documents = nodes.documents(appliers[row_id] for row_id in links)
    for row_id, edge in links.items():
        if works_elsewhere(documents[row_id]):
            yield appliers[row_id], edge


def _managed(document: dict[str, Any]) -> list[ObjectKey]:
    return list(dict.fromkeys(entry.key for entry in inventory(document)))


def _cluster_of(nodes: Nodes, applier: ObjectRow, link: EdgeRow, keys: Sequence[ObjectKey]) -> str:
    """The mirrored cluster it works in, or `remote:<namespace>/<name>`."""
    holder = nodes.rows([link.dst]).get(link.dst)
    unknown = f"remote:{holder.namespace}/{holder.name}" if holder else "remote:"
    if holder is not None and holder.present and holder.kind == "ConfigMap":
        found = _addressed(nodes, address_in(nodes.documents([holder])[holder.id]))
    else:
        found = _labelled(nodes, applier, keys)
    return next(iter(found)) if len(found) == 1 else unknown


def _addressed(nodes: Nodes, address: Address) -> set[str]:
    """Mirrored clusters with that server, or that are called as their cloud calls them."""
    found = set()
    for row in nodes.view.every_cluster:
        same = address.server and server_of(row.server) == address.server
        if same or (address.cluster and row.name == address.cluster):
            found.add(row.alias_of or row.name)
    return found


def _labelled(nodes: Nodes, applier: ObjectRow, keys: Sequence[ObjectKey]) -> set[str]:
    """Other clusters in which objects of the inventory say that this applier has applied them.

    Not those that have an applier of that name themselves, which the labels may mean as well.
    """
    taken = {row.cluster for row in nodes.called(applier.key)}
    found = set()
    for key in keys[:_SAMPLE]:
        for row in nodes.called(key):
            if row.cluster not in taken and applier.key in claimed_by_labels(row.labels):
                found.add(row.cluster)
    return found

"""Objects that somebody has decided, as opposed to those that controllers make out of others."""

from __future__ import annotations

from collections.abc import Sequence

from mirror.flux.kinds import SOURCE_GROUP
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import ContentRow
from query.view import View

__all__ = ["GENERATED_KINDS", "without_generated"]

GENERATED_KINDS = frozenset(
    {
        "ControllerRevision",
        "EndpointSlice",
        "Endpoints",
        "Event",
        "FluxReport",
        "Lease",
        "Pod",
        "PodMetrics",
        "ReplicaSet",
    }
)
"""Made by controllers out of other objects; they differ between any two clusters."""

GENERATED_NAMES = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "istio-ca-root-cert"),
        ("ConfigMap", "openshift-service-ca.crt"),
    }
)

HELM_STORAGE = "sh.helm.release.v1."

MADE_FOR_FLUX = frozenset({GroupKind(SOURCE_GROUP, "HelmChart"), GroupKind(SOURCE_GROUP, "ExternalArtifact")})
"""Kinds that are mostly generated; those that a person has made have nobody who generates them."""


def without_generated(view: View, rows: Sequence[ContentRow]) -> list[ContentRow]:
    """The rows that are compared for themselves: the makers of the others are compared instead.

    What is generated in one cluster is left out in all: one that has lost its maker is no object of its own.
    """
    kept = [row for row in rows if not _is_generated(row)]
    made = {edge.src for edge in view.outgoing({row.id for row in kept}, {Relation.OWNER})}
    artifacts = {row.id for row in kept if GroupKind(row.key.group, row.key.kind) in MADE_FOR_FLUX}
    made |= {edge.dst for edge in view.incoming(artifacts, {Relation.GENERATES})}
    keys = {row.key for row in kept if row.id in made}
    return [row for row in kept if row.key not in keys]


def _is_generated(row: ContentRow) -> bool:
    key = row.key
    if key.kind in GENERATED_KINDS or (key.kind, key.name) in GENERATED_NAMES:
        return True
    return key.kind == "Secret" and key.name.startswith(HELM_STORAGE)

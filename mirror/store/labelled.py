"""Objects by their labels: one by one in a few clusters, through the index of words in many."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from mirror.keys import GroupKind
from mirror.store import objects, sayings
from mirror.store.rows import ObjectRow, identity
from mirror.store.searchable import label_text

__all__ = ["labelled"]

FEW = 8
"""Clusters up to which it takes less time to look at each object of the kind."""

COMMON = 1_000
"""Objects that may say the same, of whatever kind, from which on the index spares nothing."""


def labelled(
    connection: Connection,
    clusters: Collection[str],
    kind: GroupKind,
    namespace: str | None,
    labels: Mapping[str, str],
) -> list[ObjectRow]:
    """The objects of a kind that exist and have all of these labels, by cluster, namespace and name.

    namespace: None for all.
    """
    texts = [text for key, value in labels.items() if (text := label_text(key, value))]
    if texts and len(clusters) > FEW:
        ids = sayings.likely(connection, texts, most=COMMON)
        if len(ids) < COMMON:
            rows = objects.by_ids(connection, ids, kind).values()
            ours = (row for row in rows if row.present and row.cluster in clusters)
            placed = (row for row in ours if namespace in (None, row.namespace))
            return sorted((row for row in placed if labels.items() <= row.labels.items()), key=identity)
    return objects.select(
        connection,
        clusters=clusters,
        group=kind.group,
        kind=kind.kind,
        namespace=namespace,
        labels=labels,
    )

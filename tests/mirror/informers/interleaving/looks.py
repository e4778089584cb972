"""Looks into a store: what it claims to hold, read in one transaction."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from mirror.keys import ObjectKey
from mirror.store import clusters, documents, edges, objects
from mirror.store.reader import Reader
from mirror.store.rows import ClusterRow, ScopeRow
from tests.mirror.informers.interleaving.history import State

__all__ = ["Glance", "Inspection", "glance", "inspect"]

Edge = tuple[ObjectKey, ObjectKey, str, str, bool]
"""(source, target, relation, field, optional)."""


class Glance(NamedTuple):
    """What must be true at any moment: the scopes, and what each of them holds."""

    scopes: list[ScopeRow]
    held: dict[int, State]


class Inspection(NamedTuple):
    """What must be true once all is quiet."""

    cluster: ClusterRow | None
    glance: Glance
    bodies: dict[ObjectKey, dict[str, Any]]
    edges: set[Edge]
    events: set[str]
    """The uids of the core events."""


def glance(reader: Reader, cluster: str) -> Glance:
    with reader.snapshot() as connection:
        return _glance(connection, cluster)


def inspect(reader: Reader, cluster: str) -> Inspection:
    with reader.snapshot() as connection:
        row = next((row for row in clusters.clusters(connection) if row.name == cluster), None)
        rows = {row.id: row for row in objects.select(connection, clusters=[cluster], present=None)}
        present = [row.id for row in rows.values() if row.present]
        bodies = documents.load(connection, present)
        return Inspection(
            row,
            _glance(connection, cluster),
            {rows[row_id].key: body for row_id, body in bodies.items()},
            {
                (rows[edge.src].key, rows[edge.dst].key, edge.relation, edge.field, edge.optional)
                for edge in edges.outgoing(connection, present)
            },
            set(connection.exec_driver_sql("SELECT uid FROM event").scalars()),
        )


def _glance(connection: Any, cluster: str) -> Glance:
    held: dict[int, State] = defaultdict(dict)
    rows = connection.exec_driver_sql(
        "SELECT scope_id, namespace, name, uid, resource_version FROM object WHERE present AND scope_id"
    )
    for scope, namespace, name, uid, version in rows:
        held[scope][f"{namespace}/{name}" if namespace else name] = (uid, int(version))
    return Glance(clusters.scopes(connection, [cluster]), held)

"""The order in which equals are named: by what they are called, never by when they were stored."""

from __future__ import annotations

from mirror.store.rows import ObjectRow

__all__ = ["object_order"]


def object_order(row: ObjectRow) -> tuple[str, str, str, str, str]:
    """Cluster, kind, namespace, name, group: also the identity of an object over all clusters."""
    return (row.cluster, row.kind, row.namespace, row.name, row.group)

"""Objects without their bodies, as readers see them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.keys import GroupKind
from mirror.store.rows import ObjectRow
from mirror.store.statements import chunks
from mirror.store.tables import cluster, object_, scope

__all__ = ["by_ids", "count_by_health", "kinds", "select"]

_IDS_PER_QUERY = 500
_COLUMNS = tuple(
    cluster.c.name.label("cluster") if name == "cluster" else object_.c[name] for name in ObjectRow._fields
)
_ORDER = (cluster.c.name, object_.c.kind, object_.c.namespace, object_.c.name, object_.c.group)


def by_ids(connection: Connection, ids: Collection[int]) -> dict[int, ObjectRow]:
    """The rows of these ids, present or not; ids that no row has are left out."""
    query = sa.select(*_COLUMNS).join_from(object_, cluster)
    return {
        row.id: row
        for part in chunks(ids, _IDS_PER_QUERY)
        for row in _rows(connection, query.where(object_.c.id.in_(part)))
    }


def select(
    connection: Connection,
    *,
    clusters: Collection[str] | None = None,
    group: str | None = None,
    kind: str | None = None,
    namespace: str | None = None,
    name: str | None = None,
    health: Collection[str] | None = None,
    present: bool | None = True,
    limit: int | None = None,
) -> list[ObjectRow]:
    """The objects that fit, ordered by cluster, kind, namespace and name.

    None leaves a filter out; namespace "" selects cluster-scoped objects. present: True for objects that
    exist, False for names that are only referred to.
    """
    query = sa.select(*_COLUMNS).join_from(object_, cluster).order_by(*_ORDER).limit(limit)
    exact = {
        object_.c.group: group,
        object_.c.kind: kind,
        object_.c.namespace: namespace,
        object_.c.name: name,
    }
    query = query.where(*(column == value for column, value in exact.items() if value is not None))
    if clusters is not None:
        query = query.where(cluster.c.name.in_(clusters))
    if health is not None:
        query = query.where(object_.c.health.in_(health))
    if present is not None:
        query = query.where(object_.c.present if present else ~object_.c.present)
    return _rows(connection, query)


def count_by_health(
    connection: Connection, clusters: Collection[str] | None = None
) -> list[tuple[str, str, str, str, int]]:
    """(cluster, group, kind, health, how many) of the objects that exist; None means all clusters."""
    key = (object_.c.group, object_.c.kind, object_.c.health)
    counted = sa.select(object_.c.cluster_id, *key, sa.func.count().label("n")).where(object_.c.present)
    if clusters is not None:
        chosen = sa.select(cluster.c.id).where(cluster.c.name.in_(clusters))
        counted = counted.where(object_.c.cluster_id.in_(chosen))
    groups = counted.group_by(object_.c.cluster_id, *key).subquery()
    query = sa.select(cluster.c.name, groups.c.group, groups.c.kind, groups.c.health, groups.c.n)
    query = query.join_from(groups, cluster, cluster.c.id == groups.c.cluster_id)
    query = query.order_by(cluster.c.name, groups.c.kind, groups.c.group, groups.c.health)
    return [(*row,) for row in connection.execute(query)]


def kinds(connection: Connection) -> list[GroupKind]:
    """The kinds of which an object exists in some cluster, ordered by kind."""
    # Through the scopes, which are few: the objects are only asked whether there is one.
    filled = sa.exists().where(object_.c.scope_id == scope.c.id, object_.c.present)
    query = sa.select(scope.c.group, scope.c.kind).where(filled).distinct()
    return [GroupKind(*row) for row in connection.execute(query.order_by(scope.c.kind, scope.c.group))]


def _rows(connection: Connection, query: sa.Select[Any]) -> list[ObjectRow]:
    parsed = msgspec.json.decode
    return [
        ObjectRow._make((*row[:-1], parsed(row[-1]) if row[-1] != "{}" else {}))
        for row in connection.execute(query)
    ]

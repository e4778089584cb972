"""Objects without their bodies, as readers see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mirror.keys import GroupKind
from mirror.records import Health
from mirror.store.rows import ObjectRow
from mirror.store.statements import chunks
from mirror.store.tables import cluster, object_, scope

__all__ = ["by_ids", "count_by_health", "kinds", "namespaces", "select"]

_IDS_PER_QUERY = 500
_COLUMNS = tuple(object_.c["cluster_id" if name == "cluster" else name] for name in ObjectRow._fields)
_BY_IDS = sa.select(*_COLUMNS).where(object_.c.id.in_(sa.bindparam("ids", expanding=True)))
_in_order = attrgetter("cluster", "kind", "namespace", "name", "group")


def by_ids(connection: Connection, ids: Collection[int]) -> dict[int, ObjectRow]:
    """The rows of these ids, present or not; ids that no row has are left out."""
    names = _cluster_names(connection, None)
    return {
        row.id: row
        for part in chunks(ids, _IDS_PER_QUERY)
        for row in _rows(connection, _BY_IDS, names, ids=part)
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
    labels: Mapping[str, str] | None = None,
    present: bool | None = True,
    limit: int | None = None,
) -> list[ObjectRow]:
    """The objects that fit, ordered by cluster, kind, namespace and name.

    None leaves a filter out; namespace "" selects cluster-scoped objects. labels: those an object must have;
    they have no index, so something else should narrow the search. present: True for objects that
    exist, False for names that are only referred to. A name without a kind or namespace is looked for in
    every row.
    """
    names = _cluster_names(connection, clusters)
    if group is None and kind is not None and name is None and present:
        groups: Collection[str] | None = _groups_of(connection, kind) or None
    else:
        groups = None if group is None else (group,)
    among = {object_.c.group: groups, object_.c.health: health}
    exact = {
        object_.c.kind: kind,
        object_.c.namespace: namespace,
        object_.c.name: name,
        object_.c.present: present,
    }
    query = sa.select(*_COLUMNS)
    query = query.where(*(column.in_(words) for column, words in among.items() if words is not None))
    query = query.where(*(column == value for column, value in exact.items() if value is not None))
    query = query.where(*(object_.c.labels.contains(text, autoescape=True) for text in _texts(labels)))
    # Two indexes lead to a kind: by kind and name, and by cluster, group and kind. The first one is for one
    # name in many clusters. SQLite cannot tell without statistics, so there the cluster is hidden from it.
    by_kind = kind is not None and (name is not None or groups is None)
    if clusters is not None or not (by_kind or (groups is None and health is None)):
        which = object_.c.cluster_id + 0 if by_kind else object_.c.cluster_id
        query = query.where(which.in_(names))
    if limit is None:
        return sorted(_rows(connection, query, names), key=_in_order)
    order = (_rank(names), object_.c.kind, object_.c.namespace, object_.c.name, object_.c.group)
    return _rows(connection, query.order_by(*order).limit(limit), names)


def count_by_health(
    connection: Connection,
    clusters: Collection[str] | None = None,
    kinds: Collection[GroupKind] | None = None,
) -> list[tuple[str, str, str, str, int]]:
    """(cluster, group, kind, health, how many) of the objects that exist; None means all."""
    names = _cluster_names(connection, clusters)
    key = (object_.c.health, object_.c.cluster_id, object_.c.group, object_.c.kind)
    # With all words of health and all ids of clusters named, the index object_by_health alone has the answer.
    query = sa.select(*key, sa.func.count()).group_by(*key)
    query = query.where(
        object_.c.present, object_.c.health.in_(list(Health)), object_.c.cluster_id.in_(names)
    )
    if kinds is not None:
        query = query.where(object_.c.group.in_({group for group, _ in kinds}))
    rows = connection.execute(query).all()
    return sorted(
        (names[row[1]], row[2], row[3], row[0], row[4])
        for row in rows
        if kinds is None or (row[2], row[3]) in kinds
    )


def kinds(connection: Connection) -> list[GroupKind]:
    """The kinds of which an object exists in some cluster, ordered by kind."""
    # Through the scopes, which are few: the objects are only asked whether there is one.
    filled = sa.exists().where(object_.c.scope_id == scope.c.id, object_.c.present)
    query = sa.select(scope.c.group, scope.c.kind).where(filled).distinct()
    return [GroupKind(*row) for row in connection.execute(query.order_by(scope.c.kind, scope.c.group))]


def namespaces(connection: Connection, cluster_name: str) -> frozenset[str]:
    """The namespaces of one cluster in which an object exists."""
    query = (
        sa.select(object_.c.namespace)
        .join(cluster, cluster.c.id == object_.c.cluster_id)
        .where(cluster.c.name == cluster_name, object_.c.present, object_.c.namespace != "")
    )
    return frozenset(connection.execute(query.distinct()).scalars())


_names: WeakKeyDictionary[Connection, dict[int, str]] = WeakKeyDictionary()
# A reader's connection is one read transaction: what it has seen of the clusters does not change.


def _cluster_names(connection: Connection, clusters: Collection[str] | None) -> dict[int, str]:
    """The names of the clusters by their ids, in the order of the names."""
    known = _names.get(connection)
    if known is None:
        query = sa.select(cluster.c.id, cluster.c.name).order_by(cluster.c.name)
        known = _names[connection] = {row[0]: row[1] for row in connection.execute(query)}
    if clusters is None:
        return known
    chosen = set(clusters)
    return {row: name for row, name in known.items() if name in chosen}


def _groups_of(connection: Connection, kind: str) -> list[str]:
    """The groups in which objects of a kind can exist: those of the scopes that show them."""
    return list(connection.execute(sa.select(scope.c.group).where(scope.c.kind == kind).distinct()).scalars())


def _texts(labels: Mapping[str, str] | None) -> list[str]:
    """Each label as it stands in the column: JSON escapes the quotes of what could look like another one."""
    return [msgspec.json.encode({key: value}).decode()[1:-1] for key, value in (labels or {}).items()]


def _rank(names: Mapping[int, str]) -> ColumnElement[int]:
    ranks = {row: rank for rank, row in enumerate(names)}
    return sa.case(ranks, value=object_.c.cluster_id, else_=len(ranks)) if ranks else sa.literal(0)


def _rows(
    connection: Connection, query: sa.Select[Any], names: Mapping[int, str], **values: Any
) -> list[ObjectRow]:
    parsed = msgspec.json.decode
    return [
        ObjectRow._make((row[0], names[row[1]], *row[2:-1], parsed(row[-1]) if row[-1] != "{}" else {}))
        for row in connection.execute(query, values)
    ]

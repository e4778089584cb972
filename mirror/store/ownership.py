"""Who manages what, over a whole fleet: objects that two appliers list, that are gone, or that none lists."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.records import Relation
from mirror.store.tables import cluster, edge, object_

__all__ = ["claiming_unmanaged", "gone", "listing", "shared"]

_MANAGES = edge.c.relation == sa.literal_column(f"'{Relation.MANAGES.value}'")
# As a literal: only so does SQLite see that the index `edge_managed` has all that is asked for.


def shared(connection: Connection, clusters: Sequence[str] | None) -> list[tuple[int, int]]:
    """(object, applier) for each applier of the objects that more than one lists in its inventory."""
    twice = sa.select(edge.c.dst).where(_MANAGES).group_by(edge.c.dst)
    twice = twice.having(sa.func.count(edge.c.src.distinct()) > 1)
    query = sa.select(edge.c.dst, edge.c.src).distinct().join_from(edge, object_, object_.c.id == edge.c.dst)
    query = query.where(_MANAGES, edge.c.dst.in_(twice), _inside(connection, clusters))
    return [(row[0], row[1]) for row in connection.execute(query.order_by(edge.c.dst, edge.c.src))]


def gone(connection: Connection, clusters: Sequence[str] | None) -> list[tuple[int, int]]:
    """(object, applier) for each object that an inventory lists and that no list has shown."""
    query = sa.select(edge.c.dst, edge.c.src).distinct().join_from(edge, object_, object_.c.id == edge.c.dst)
    query = query.where(_MANAGES, ~object_.c.present, _inside(connection, clusters))
    return [(row[0], row[1]) for row in connection.execute(query.order_by(edge.c.dst, edge.c.src))]


def listing(connection: Connection, clusters: Sequence[str] | None) -> set[int]:
    """The appliers whose inventory lists something in their own cluster."""
    query = sa.select(edge.c.src).distinct().where(_MANAGES)
    if clusters is not None:
        query = query.join_from(edge, object_, object_.c.id == edge.c.src)
        query = query.where(_inside(connection, clusters))
    return set(connection.execute(query).scalars())


def claiming_unmanaged(
    connection: Connection, keys: Sequence[str], clusters: Sequence[str] | None
) -> list[int]:
    """Objects that carry one of these label keys and that no inventory lists; without those that another
    object owns or generates: they bear the labels by the way."""
    listed = sa.exists().where(_MANAGES, edge.c.dst == object_.c.id)
    owned = sa.exists().where(edge.c.src == object_.c.id, edge.c.relation == Relation.OWNER.value)
    generated = sa.exists().where(edge.c.dst == object_.c.id, edge.c.relation == Relation.GENERATES.value)
    claims = sa.or_(*(sa.func.instr(object_.c.labels, f'"{key}"') > 0 for key in keys))
    query = sa.select(object_.c.id).where(
        object_.c.present, object_.c.labels != "{}", claims, _inside(connection, clusters)
    )
    query = query.where(~listed, ~owned, ~generated)
    return list(connection.execute(query.order_by(object_.c.id)).scalars())


def _inside(connection: Connection, clusters: Sequence[str] | None) -> sa.ColumnElement[bool]:
    if clusters is None:
        return sa.true()
    ids = connection.execute(sa.select(cluster.c.id).where(cluster.c.name.in_(clusters))).scalars()
    return object_.c.cluster_id.in_(list(ids))

"""Who manages what, over a whole fleet: objects that two appliers list, that are gone, or that none lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.records import Relation
from mirror.store.rows import read_labels
from mirror.store.statements import Lookup
from mirror.store.tables import cluster, edge, object_

__all__ = ["gone", "labels", "listing", "shared", "unmanaged"]

_MANAGES = edge.c.relation == sa.literal_column(f"'{Relation.MANAGES.value}'")
# As a literal: only so does SQLite see that the index `edge_managed` has all that is asked for.
_GENERATES = edge.c.relation == sa.literal_column(f"'{Relation.GENERATES.value}'")
_OWNED = edge.c.relation == sa.literal_column(f"'{Relation.OWNER.value}'")

_LABELLED: sa.ColumnElement[Any] = sa.literal_column("instr(object.labels, 'fluxcd.') > 0")
# As the index `object_labelled_by_flux` has it.


def _listing(wanted: sa.CTE) -> sa.Select[Any]:
    listed = sa.and_(edge.c.src == wanted.c.src, _MANAGES)
    return sa.select(edge.c.src).join_from(wanted, edge, listed).distinct()


def _labels(wanted: sa.CTE) -> sa.Select[Any]:
    labelled = sa.and_(object_.c.id == wanted.c.id, _LABELLED)
    return sa.select(object_.c.id, object_.c.labels).join_from(wanted, object_, labelled)


# Each on its own, SQLite counts in the order of the index.
_ENTRIES, _LISTED = (
    sa.select(number).select_from(edge).where(_MANAGES).scalar_subquery()
    for number in (sa.func.count(), sa.func.count(edge.c.dst.distinct()))
)
_LISTING = Lookup([edge.c.src], _listing)
_LABELS = Lookup([object_.c.id], _labels)


def shared(connection: Connection, clusters: Sequence[str] | None) -> list[tuple[int, int]]:
    """(object, applier) for each applier of the objects that more than one lists in its inventory."""
    # Mostly nothing is shared, and to count takes a third of the time of looking for it.
    if connection.execute(sa.select(_ENTRIES == _LISTED)).scalar_one():
        return []
    twice = sa.select(edge.c.dst).where(_MANAGES).group_by(edge.c.dst).having(sa.func.count() > 1)
    query = sa.select(edge.c.dst, edge.c.src).distinct().join_from(edge, object_, object_.c.id == edge.c.dst)
    query = query.where(_MANAGES, edge.c.dst.in_(twice), _inside(connection, clusters))
    pairs = [(row[0], row[1]) for row in connection.execute(query.order_by(edge.c.dst, edge.c.src))]
    appliers = Counter(listed for listed, _ in pairs)  # an inventory may list it twice by itself
    return [pair for pair in pairs if appliers[pair[0]] > 1]


def gone(connection: Connection, clusters: Sequence[str] | None) -> list[tuple[int, int]]:
    """(object, applier) for each object that an inventory lists and that no list has shown."""
    # From what is absent, which is little, to the inventories; of a join SQLite would go the other way.
    absent = sa.select(object_.c.id).where(~object_.c.present, _inside(connection, clusters))
    query = sa.select(edge.c.dst, edge.c.src).distinct().where(_MANAGES, edge.c.dst.in_(absent))
    return [(row[0], row[1]) for row in connection.execute(query.order_by(edge.c.dst, edge.c.src))]


def listing(connection: Connection, appliers: Collection[int]) -> set[int]:
    """Those of the appliers whose inventory lists something in their own cluster."""
    return {row[0] for row in _LISTING.read(connection, [(row,) for row in appliers])}


def labels(connection: Connection, ids: Collection[int]) -> dict[int, dict[str, str]]:
    """The labels of those of these objects that have something of Flux in them."""
    found = _LABELS.read(connection, [(row,) for row in ids])
    return {row: read_labels(text) for row, text in found}


def unmanaged(connection: Connection, clusters: Sequence[str] | None) -> list[int]:
    """Objects that have something of Flux in their labels and that no inventory lists; without those that
    another object owns or generates: they bear the labels by the way."""
    labelled = sa.select(object_.c.id).where(object_.c.present, _LABELLED)
    if clusters is None:
        # Walks side by side over indexes in the order of the objects, which SQLite merges as long as nothing
        # around them asks for an order; to look each object up takes three times as long.
        found = labelled.except_(sa.select(edge.c.dst).where(sa.or_(_MANAGES, _GENERATES)))
        left = found.order_by(sa.literal_column("1")).subquery("unheld")
        query = sa.select(left.c.id).where(~sa.exists().where(edge.c.src == left.c.id, _OWNED))
    else:
        held = (sa.exists().where(edge.c.dst == object_.c.id, by) for by in (_MANAGES, _GENERATES))
        owned = sa.exists().where(edge.c.src == object_.c.id, _OWNED)
        query = labelled.where(_inside(connection, clusters), *(~each for each in held), ~owned)
    return sorted(connection.execute(query).scalars())


def _inside(connection: Connection, clusters: Sequence[str] | None) -> sa.ColumnElement[bool]:
    if clusters is None:
        return sa.true()
    ids = connection.execute(sa.select(cluster.c.id).where(cluster.c.name.in_(clusters))).scalars()
    return object_.c.cluster_id.in_(list(ids))

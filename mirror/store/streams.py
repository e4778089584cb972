"""How the list/watches of clusters are doing, as a question about a whole fleet asks it.

Most of them are as they should be: open, listed, confirmed a moment ago. Those are taken together; only the
others are read one by one. All streams of a cluster are summed up beside the cluster when they change, those
of some kinds by the database when they are asked about.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.keys import METRICS_GROUP, GroupKind
from mirror.store.changes import ScopeState
from mirror.store.clusters import of_clusters
from mirror.store.engine import greatest
from mirror.store.rows import ClusterRow, OpenRow, ScopeRow, SeenRow
from mirror.store.tables import cluster, scope

__all__ = ["COUNTED", "LAST_SIGN", "kinds", "seen", "standing", "standing_of_all", "versions"]

_NEVER: sa.ColumnElement[float] = sa.literal_column("0.0")

LAST_SIGN = greatest(
    sa.func.coalesce(cluster.c.confirmed_at, _NEVER), sa.func.coalesce(cluster.c.heard_at, _NEVER)
)
"""The last moment at which the open streams of a cluster were known to be open; 0 for never."""

_NAME = cluster.c.name.label("cluster")
_OTHER = scope.alias("other")
_UNTIL = sa.bindparam("until", type_=sa.Float)
_WANTED = sa.tuple_(scope.c.group, scope.c.kind).in_(sa.bindparam("kinds", expanding=True))
_OPEN = [state.value for state in ScopeState if state.is_open]
_MIRRORED = scope.c.group != sa.literal_column(f"'{METRICS_GROUP}'")
"""Measurements are polled, and a minute old by nature."""

_COLUMNS = tuple(_NAME if name == "cluster" else scope.c[name] for name in ScopeRow._fields)
_SEEN = tuple(_NAME if name == "cluster" else scope.c[name] for name in SeenRow._fields)


_VERSION = (scope.c.group, scope.c.kind, scope.c.version)
_VERSIONS = (
    sa.select(*_VERSION, sa.func.aggregate_strings(sa.cast(scope.c.cluster_id, sa.Text), ","))
    .where(_WANTED, scope.c.listed_at.is_not(None))
    .group_by(*_VERSION)
    .order_by(*_VERSION)
)


def standing_of_all(
    connection: Connection, clusters: Collection[ClusterRow], until: float
) -> tuple[list[OpenRow], list[ScopeRow]]:
    """As standing(), of all that is mirrored of these clusters, but for measurements.

    Not promised: that what arrived after the last sign of a cluster makes all of it younger than the sign.
    """
    fine: dict[str, OpenRow] = {}
    troubled: list[str] = []
    doubtful: list[str] = []
    for row in clusters:
        sign = max(row.confirmed_at or 0.0, row.heard_at or 0.0)
        if row.streams_since is not None and not row.streams_since <= sign <= until:
            doubtful.append(row.name)  # the sign does not speak for all that is open
            continue
        if row.streams_open:
            fine[row.name] = OpenRow(row.name, row.streams_open, sign)
        if row.streams_down:
            troubled.append(row.name)
    asked: dict[str, Any] = {"until": until}
    if doubtful:
        summed_up, in_trouble = _summed_up(connection, None, {**asked, "clusters": doubtful})
        fine |= summed_up
        troubled += in_trouble
    return _with_others(connection, fine, troubled, asked)


def standing(
    connection: Connection,
    clusters: Collection[str] | None,
    kinds: Collection[GroupKind],
    until: float,
) -> tuple[list[OpenRow], list[ScopeRow]]:
    """(the types of which every scope is fine, taken together for each cluster, in no order; the scopes of
    the others, by cluster, plural, group and namespace), for these kinds.

    A scope is fine that is open, has been listed, and was known to be open after it was opened.
    clusters: None means all. until: wall seconds; a moment beyond it was written before the clock was set
    back, and a scope that has one is not fine.
    """
    asked: dict[str, Any] = {"until": until, "kinds": [tuple(kind) for kind in kinds]}
    if clusters is not None:
        asked["clusters"] = list(clusters)
    return _with_others(connection, *_summed_up(connection, kinds, asked), asked)


def _summed_up(
    connection: Connection, kinds: Collection[GroupKind] | None, asked: Mapping[str, Any]
) -> tuple[dict[str, OpenRow], list[str]]:
    """(the scopes that are fine, taken together, by cluster; the clusters that have others)."""
    fine: dict[str, OpenRow] = {}
    troubled: list[str] = []
    query = _together(kinds is not None, "clusters" in asked)
    for name, is_fine, *row in connection.execute(query, asked).all():
        if is_fine:
            fine[name] = OpenRow(name, *row)
        else:
            troubled.append(name)
    return fine, troubled


def _with_others(
    connection: Connection, fine: dict[str, OpenRow], troubled: Collection[str], asked: Mapping[str, Any]
) -> tuple[list[OpenRow], list[ScopeRow]]:
    """As standing(), when it is known which clusters have scopes that are not fine."""
    if not troubled:
        return list(fine.values()), []
    others: list[ScopeRow] = []
    query = _one_by_one("kinds" in asked)
    for *row, is_fine in connection.execute(query, {**asked, "clusters": troubled}).all():
        others.append(scope := ScopeRow._make(row))
        if is_fine:  # it is told one by one, with its type
            together = fine[scope.cluster]
            fine[scope.cluster] = together._replace(scopes=together.scopes - 1)
    return [row for row in fine.values() if row.scopes], others


def seen(
    connection: Connection, clusters: Collection[str] | None, kinds: Collection[GroupKind] | None = None
) -> list[SeenRow]:
    """What the scopes of some kinds, or of every kind, can show; clusters: None means all."""
    asked: dict[str, Any] = {} if clusters is None else {"clusters": list(clusters)}
    if kinds is not None:
        asked["kinds"] = [tuple(kind) for kind in kinds]
    rows = connection.execute(_seen(kinds is not None, clusters is not None), asked).all()
    return [SeenRow._make(row) for row in rows]


def kinds(connection: Connection, clusters: Collection[str] | None) -> list[GroupKind]:
    """The kinds that are followed in some of the clusters, by kind and group; None means all clusters."""
    asked = {} if clusters is None else {"clusters": list(clusters)}
    return [GroupKind._make(row) for row in connection.execute(_kinds(clusters is not None), asked)]


def versions(
    connection: Connection, clusters: Mapping[int, str], kinds: Collection[GroupKind], *, whole: bool
) -> list[tuple[GroupKind, str, list[str]]]:
    """(kind, version, the clusters whose objects of the kind are mirrored in it, by name), for these kinds,
    by version.

    clusters: names by id. whole: they are all that the store has.
    """
    query = _VERSIONS if whole else _VERSIONS.where(scope.c.cluster_id.in_(clusters))
    rows = connection.execute(query, {"kinds": [tuple(kind) for kind in kinds]}).all()
    return [
        (GroupKind(group, kind), version, sorted({clusters[int(each)] for each in ids.split(",")}))
        for group, kind, version, ids in rows
    ]


def _current(scopes: Any) -> sa.ColumnElement[float]:
    """When the content of an open scope was last known to be the cluster's; NULL for one never listed."""
    moments = (sa.func.coalesce(at, _NEVER) for at in (scopes.c.received_at, scopes.c.current_at))
    return greatest(scopes.c.listed_at, *moments, LAST_SIGN)


def _is_fine(scopes: Any) -> sa.ColumnElement[bool]:
    # A sign from before the stream was open says nothing about it.
    signed = scopes.c.state_since <= LAST_SIGN
    return sa.func.coalesce(sa.and_(_is_open(scopes), signed, _current(scopes) <= _UNTIL), sa.false())


def _is_open(scopes: Any) -> sa.ColumnElement[bool]:
    return sa.or_(*(scopes.c.state == sa.literal_column(f"'{word}'") for word in _OPEN))


def _counted() -> dict[str, sa.ScalarSelect[Any]]:
    is_open = sa.and_(_is_open(scope), scope.c.listed_at.is_not(None))
    of_cluster = (scope.c.cluster_id == cluster.c.id, _MIRRORED)
    said = {
        "streams_open": sa.select(sa.func.count()).where(*of_cluster, is_open),
        "streams_down": sa.select(sa.func.count()).where(*of_cluster, ~is_open),
        "streams_since": sa.select(sa.func.max(scope.c.state_since)).where(*of_cluster, is_open),
    }
    return {name: query.scalar_subquery() for name, query in said.items()}


COUNTED = _counted()
"""How the streams of a cluster are summed up beside it: to be written when one of them changes."""


@cache
def _together(narrowed: bool, chosen: bool) -> sa.Select[Any]:
    """A row for the fine scopes of a cluster, and one for the others."""
    is_fine = _is_fine(scope).label("is_fine")
    query = sa.select(_NAME, is_fine, sa.func.count(), sa.func.min(_current(scope)))
    return _asked(query.join_from(scope, cluster), narrowed, chosen).group_by(cluster.c.id, is_fine)


@cache
def _one_by_one(narrowed: bool) -> sa.Select[Any]:
    """All scopes of a type of which one is not fine: one that is may show what the other one does not."""
    same = (_OTHER.c[name] == scope.c[name] for name in ("cluster_id", "group", "plural"))
    troubled = sa.exists().where(*same, ~_is_fine(_OTHER)).correlate(scope, cluster)
    query = sa.select(*_COLUMNS, _is_fine(scope)).join_from(scope, cluster).where(troubled)
    order = (cluster.c.name, scope.c.plural, scope.c.group, scope.c.namespace)
    return _asked(query, narrowed, chosen=True).order_by(*order)


@cache
def _seen(narrowed: bool, chosen: bool) -> sa.Select[Any]:
    query = sa.select(*_SEEN).join_from(scope, cluster)
    return of_clusters(query.where(_WANTED) if narrowed else query, chosen=chosen)


@cache
def _kinds(chosen: bool) -> sa.Select[Any]:
    query = sa.select(scope.c.group, scope.c.kind).join_from(scope, cluster).distinct()
    return of_clusters(query.order_by(scope.c.kind, scope.c.group), chosen=chosen)


def _asked(query: sa.Select[Any], narrowed: bool, chosen: bool) -> sa.Select[Any]:
    return of_clusters(query.where(_WANTED if narrowed else _MIRRORED), chosen=chosen)

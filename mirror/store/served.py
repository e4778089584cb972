"""What clusters serve, as a question about a whole fleet asks it: one kind, or all of them taken together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.keys import GroupKind
from mirror.store.clusters import of_clusters, words
from mirror.store.rows import NamesRow, PreferredRow, ServedRow
from mirror.store.tables import cluster, resource

__all__ = ["alike", "discovered", "groups", "names", "preferred", "versions"]

_NAME = cluster.c.name.label("cluster")
_CLUSTERS = sa.func.aggregate_strings(sa.cast(resource.c.cluster_id, sa.Text), ",")


def versions(
    connection: Connection, clusters: Collection[str] | None, kinds: Collection[GroupKind] | None = None
) -> list[tuple[str, str, str, str]]:
    """(cluster, group, kind, preferred version) of some kinds or of every kind, by the names of the clusters;
    clusters: None means all."""
    asked: dict[str, Any] = {} if clusters is None else {"clusters": list(clusters)}
    if kinds is not None:
        asked["kinds"] = [tuple(kind) for kind in kinds]
    rows = connection.execute(_versions(kinds is not None, clusters is not None), asked).all()
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def discovered(connection: Connection) -> frozenset[str]:
    """The clusters that have said what they serve."""
    return frozenset(connection.execute(_DISCOVERED).scalars())


def groups(connection: Connection, clusters: Collection[str]) -> dict[str, set[str]]:
    """The API groups of which something is known to be served, by cluster."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, group in connection.execute(of_clusters(_GROUPS, chosen=True), {"clusters": list(clusters)}):
        found[name].add(group)
    return found


def names(
    connection: Connection, clusters: Collection[str] | None, groups: Collection[str] | None = None
) -> list[NamesRow]:
    """What the kinds that the clusters serve are called, by kind and group; None means all clusters.

    groups: only the kinds of these API groups.
    """
    asked: dict[str, Any] = {} if clusters is None else {"clusters": list(clusters)}
    if groups is not None:
        asked["groups"] = list(groups)
    rows = connection.execute(_names(groups is not None, clusters is not None), asked)
    return [
        NamesRow(group, kind, plural, singular, words(short)) for group, kind, plural, singular, short in rows
    ]


def preferred(
    connection: Connection, clusters: Mapping[int, str], groups: Collection[str], *, whole: bool
) -> list[PreferredRow]:
    """The kinds of these API groups, once for each version that clusters prefer, by group and kind.

    clusters: names by id. whole: they are all that the store has.
    """
    query = _PREFERRED if whole else _PREFERRED.where(resource.c.cluster_id.in_(clusters))
    rows = connection.execute(query, {"groups": list(groups)})
    return [
        PreferredRow(
            group, kind, plural, version, tuple(sorted(clusters[int(each)] for each in ids.split(",")))
        )
        for group, kind, plural, version, ids in rows
    ]


def alike(connection: Connection, clusters: dict[int, str], *, whole: bool) -> list[ServedRow]:
    """Every kind, once for each way in which it is served, by kind and group.

    clusters: names by id. whole: they are all that the store has.
    """
    query = _ALIKE if whole else _ALIKE.where(resource.c.cluster_id.in_(clusters))
    told: dict[str, tuple[str, ...]] = {}
    found: list[ServedRow] = []
    for group, kind, namespaced, version, served, ids in connection.execute(query):
        if ids not in told:
            told[ids] = tuple(sorted(clusters[int(each)] for each in ids.split(",")))
        found.append(ServedRow(group, kind, namespaced, version, words(served), told[ids]))
    return found


_DISCOVERED = sa.select(cluster.c.name).where(sa.exists().where(resource.c.cluster_id == cluster.c.id))
_GROUPS = sa.select(_NAME, resource.c.group).join_from(resource, cluster).distinct()
_SERVED = (
    resource.c.group,
    resource.c.kind,
    resource.c.namespaced,
    resource.c.version,
    resource.c.served_versions,
)
_ALIKE = (
    sa.select(*_SERVED, _CLUSTERS).group_by(*_SERVED).order_by(resource.c.kind, resource.c.group, *_SERVED)
)
_VERSION = (resource.c.group, resource.c.kind, resource.c.plural, resource.c.version)
_PREFERRED = (
    sa.select(*_VERSION, _CLUSTERS)
    .where(resource.c.group.in_(sa.bindparam("groups", expanding=True)))
    .group_by(*_VERSION)
    .order_by(*_VERSION)
)


@cache
def _names(narrowed: bool, chosen: bool) -> sa.Select[Any]:
    query = sa.select(*(resource.c[name] for name in NamesRow._fields)).join_from(cluster, resource)
    query = query.distinct().order_by(resource.c.kind, resource.c.group, resource.c.plural)
    if narrowed:
        query = query.where(resource.c.group.in_(sa.bindparam("groups", expanding=True)))
    return of_clusters(query, chosen=chosen)


@cache
def _versions(narrowed: bool, chosen: bool) -> sa.Select[Any]:
    query = sa.select(_NAME, resource.c.group, resource.c.kind, resource.c.version)
    query = query.join_from(resource, cluster).order_by(cluster.c.name)
    if narrowed:
        wanted = sa.tuple_(resource.c.group, resource.c.kind)
        query = query.where(wanted.in_(sa.bindparam("kinds", expanding=True)))
    return of_clusters(query, chosen=chosen)

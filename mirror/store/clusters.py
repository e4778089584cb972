"""Clusters, what they serve and how they are followed, as readers see them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.store import tables
from mirror.store.rows import ClusterRow, MetaRow, ResourceRow, ScopeRow
from mirror.store.tables import CORE_GROUP

__all__ = ["cluster_names", "clusters", "generation", "meta", "of_clusters", "resources", "scopes", "words"]

_CLUSTER = tables.cluster.c
_RESOURCE = tables.resource.c
_SCOPE = tables.scope.c
_NAME = _CLUSTER.name.label("cluster")
_CLUSTERS = sa.select(*(_CLUSTER[name] for name in ClusterRow._fields)).order_by(_CLUSTER.name)
_NAMES = sa.select(_CLUSTER.id, _CLUSTER.name).order_by(_CLUSTER.name)
_META = sa.select(tables.meta.c.key, tables.meta.c.value)


def clusters(connection: Connection) -> list[ClusterRow]:
    """All clusters, by name."""
    return [ClusterRow._make((*row[:-1], _groups(row[-1]))) for row in connection.execute(_CLUSTERS).all()]


def resources(connection: Connection, clusters: Collection[str] | None = None) -> list[ResourceRow]:
    """What the clusters serve, mirrored or not; None means all clusters."""
    columns = (_NAME if name == "cluster" else _RESOURCE[name] for name in ResourceRow._fields)
    query = sa.select(*columns).join_from(tables.resource, tables.cluster)
    if clusters is not None:
        query = query.where(_CLUSTER.name.in_(clusters))
    rows = connection.execute(query.order_by(_CLUSTER.name, _RESOURCE.kind, _RESOURCE.group))
    return [
        ResourceRow(*row)._replace(
            short_names=words(row.short_names), served_versions=words(row.served_versions)
        )
        for row in rows
    ]


def scopes(connection: Connection, clusters: Collection[str] | None = None) -> list[ScopeRow]:
    """The list/watches and how they are doing; None means those of all clusters."""
    columns = (_NAME if name == "cluster" else _SCOPE[name] for name in ScopeRow._fields)
    query = sa.select(*columns).join_from(tables.scope, tables.cluster)
    if clusters is not None:
        query = query.where(_CLUSTER.name.in_(clusters))
    rows = connection.execute(query.order_by(_CLUSTER.name, _SCOPE.plural, _SCOPE.group, _SCOPE.namespace))
    return [ScopeRow(*row) for row in rows]


_names: WeakKeyDictionary[Connection, dict[int, str]] = WeakKeyDictionary()
# A reader's connection is one read transaction: what it has seen of the clusters does not change.


def cluster_names(connection: Connection, clusters: Collection[str] | None) -> dict[int, str]:
    """The names of these clusters by their ids, in the order of the names; None means all. Of a reader."""
    known = _names.get(connection)
    if known is None:
        known = _names[connection] = {row[0]: row[1] for row in connection.execute(_NAMES).all()}
    if clusters is None:
        return known
    chosen = set(clusters)
    return {row: name for row, name in known.items() if name in chosen}


def meta(connection: Connection) -> MetaRow:
    """The facts about the store itself."""
    facts: dict[str, str] = dict(map(tuple, connection.execute(_META).all()))
    beat = facts.get("heartbeat_at")
    return MetaRow(
        store_id=facts["store_id"],
        created_at=float(facts["created_at"]),
        generation=int(facts["generation"]),
        heartbeat_at=float(beat) if beat else None,
        quota_bytes=int(facts.get("quota_bytes", "0")),
    )


_GENERATION = sa.select(tables.meta.c.value).where(tables.meta.c.key == "generation")


def generation(connection: Connection) -> int:
    """A number that grows with every commit that changed what a question can see."""
    return int(connection.execute(_GENERATION).scalar_one())


def _groups(text: str) -> tuple[str, ...]:
    """API groups; the one without a name is stored as `core`."""
    return tuple("" if word == CORE_GROUP else word for word in words(text))


def words(text: str) -> tuple[str, ...]:
    """A list of words as it is stored: comma-separated."""
    return tuple(text.split(",")) if text else ()


def of_clusters(query: sa.Select[Any], *, chosen: bool) -> sa.Select[Any]:
    """The query, narrowed to the names in its parameter `clusters` if some are chosen."""
    names = _CLUSTER.name.in_(sa.bindparam("clusters", expanding=True))
    return query.where(names) if chosen else query

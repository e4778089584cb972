"""Kubernetes events: merged, kept after the server has dropped them, read newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import CTE

from mirror.keys import ObjectKey
from mirror.records import EventRecord
from mirror.store.clusters import cluster_names
from mirror.store.engine import upsert
from mirror.store.rows import EventRow
from mirror.store.statements import Insert, Lookup, Statement, read
from mirror.store.tables import cluster, event

__all__ = ["about", "for_objects", "newest", "prune", "select", "write"]

_INVOLVED = (event.c.involved_group, event.c.involved_kind, event.c.involved_namespace, event.c.involved_name)
_COLUMNS = (
    cluster.c.name.label("cluster"),
    event.c.namespace,
    event.c.name,
    *_INVOLVED,
    event.c.type,
    event.c.reason,
    event.c.message,
    event.c.component,
    event.c.count,
    event.c.first_at,
    event.c.last_at,
)


def _merge() -> Insert:
    names = [column.name for column in event.c if column.name != "id"]
    statement = upsert(event).values({name: bindparam(name) for name in names})
    new, old = statement.excluded, event.c
    later = new.last_at >= old.last_at
    merged: dict[str, Any] = {
        "count": sa.case((new["count"] > old["count"], new["count"]), else_=old["count"]),
        "first_at": sa.case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
        "last_at": sa.case((later, new.last_at), else_=old.last_at),
    }
    said_last = ("resource_version", "type", "reason", "message", "component")
    merged |= {name: sa.case((later, new[name]), else_=old[name]) for name in said_last}
    same_time = (new.last_at == old.last_at) & (new.resource_version != old.resource_version)
    is_news = sa.or_(new.last_at > old.last_at, new["count"] > old["count"], same_time)
    return Insert(
        statement.on_conflict_do_update(
            index_elements=[event.c.cluster_id, event.c.uid], set_=merged, where=is_news
        )
    )


_MERGE = _merge()
_EXPIRED = sa.select(event.c.id).where(event.c.last_at < bindparam("before")).order_by(event.c.last_at)
_PRUNE = Statement(sa.delete(event).where(event.c.id.in_(_EXPIRED.limit(bindparam("most")))))


def _about(wanted: CTE) -> sa.Select[Any]:
    """Its parameters: the earliest time, the type twice ("" for any), the limit, SQLite's offset."""
    same = sa.and_(*(column == wanted.c[column.name] for column in _INVOLVED))
    any_type = bindparam("any_type") == sa.literal_column("''")
    query = sa.select(*_COLUMNS).select_from(wanted).join(cluster, cluster.c.name == wanted.c.name)
    query = query.join(event, sa.and_(event.c.cluster_id == cluster.c.id, same))
    query = query.where(
        event.c.last_at >= bindparam("since"), sa.or_(any_type, event.c.type == bindparam("the_type"))
    )
    return query.order_by(event.c.last_at.desc(), event.c.id.desc()).limit(bindparam("most"))


_ABOUT = Lookup([cluster.c.name, *_INVOLVED], _about)


def _newest_about(wanted: CTE) -> sa.Select[Any]:
    """Its parameter: how many events of each object."""
    same = sa.and_(*(column == wanted.c[column.name] for column in _INVOLVED))
    newest_first = (event.c.last_at.desc(), event.c.id.desc())
    place = sa.func.row_number().over(partition_by=(event.c.cluster_id, *_INVOLVED), order_by=newest_first)
    query = sa.select(*_COLUMNS, place.label("place")).select_from(wanted)
    query = query.join(cluster, cluster.c.name == wanted.c.name)
    found = query.join(event, sa.and_(event.c.cluster_id == cluster.c.id, same)).subquery()
    columns = [column for column in found.c if column.name != "place"]
    return sa.select(*columns).where(found.c.place <= bindparam("most"))


_NEWEST_ABOUT = Lookup([cluster.c.name, *_INVOLVED], _newest_about)


def write(cursor: DBAPICursor, told: Sequence[tuple[int, EventRecord]]) -> int:
    """Store events, each with the row of its cluster; how many of them were news.

    An event that is known keeps the higher count and the later time.
    """
    rows = [
        (
            cluster_id,
            record.uid,
            record.namespace,
            record.name,
            record.resource_version,
            *record.involved,
            record.involved_uid,
            record.type,
            record.reason,
            record.message,
            record.component,
            record.count,
            record.first_at,
            record.last_at,
        )
        for cluster_id, record in told
    ]
    return _MERGE.run_all(cursor, rows)


def prune(cursor: DBAPICursor, before: float, most: int) -> int:
    """Remove events last seen before that time (wall seconds), the oldest first; how many they were."""
    return _PRUNE.run(cursor, before, most, 0)  # SQLite's dialect writes an OFFSET too


def about(
    connection: Connection,
    objects: Collection[tuple[str, ObjectKey]],
    limit: int,
    since: float | None = None,
    type: str | None = None,
) -> list[EventRow]:
    """The newest events about these objects, each with the name of its cluster, newest first.

    since: only events seen at or after that time, wall seconds. type: `Normal` or `Warning`.
    """
    wanted = [(name, *key) for name, key in dict.fromkeys(objects)]
    asked = (since or 0.0, type or "", type or "", limit, 0)
    rows = [_row(row) for row in _ABOUT.read(connection, wanted, *asked)]
    return sorted(rows, key=lambda row: row.last_at, reverse=True)[:limit]


def newest(connection: Connection, objects: Collection[tuple[str, ObjectKey]], most: int) -> list[EventRow]:
    """The newest events of each of these objects, at most so many of each, in no order."""
    wanted = [(name, *key) for name, key in dict.fromkeys(objects)]
    return [_row(row) for row in _NEWEST_ABOUT.read(connection, wanted, most)]


def for_objects(
    connection: Connection,
    cluster_name: str,
    keys: Collection[ObjectKey],
    limit: int,
    since: float | None = None,
    type: str | None = None,
) -> list[EventRow]:
    """As about(), of one cluster."""
    return about(connection, [(cluster_name, key) for key in keys], limit, since, type)


def select(
    connection: Connection,
    *,
    clusters: Collection[str] | None = None,
    namespace: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    prefix: str | None = None,
    type: str | None = None,
    reason: str | None = None,
    since: float | None = None,
    limit: int,
) -> list[EventRow]:
    """The newest events that fit, newest first; namespace, kind and name are those of the involved object,
    prefix is how its name begins.
    """
    exact = {
        "involved_namespace": namespace,
        "involved_kind": kind,
        "involved_name": name,
        "type": type,
        "reason": reason,
    }
    known = {column: value for column, value in exact.items() if value is not None}
    ids: tuple[int, ...] | None = None
    if clusters is not None or kind is not None:  # the index by object begins with the cluster
        ids = tuple(cluster_names(connection, clusters))
        if not ids:
            return []
    asked = (
        *known.values(),
        *(ids or ()),
        *(() if since is None else (since,)),
        *((prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)) if prefix else ()),
    )
    selection = _Selection(tuple(known), None if ids is None else len(ids), since is not None, bool(prefix))
    # SQLite's dialect writes an OFFSET too.
    return [_row(row) for row in read(connection, _statement(selection), (*asked, limit, 0))]


class _Selection(NamedTuple):
    """What a query narrows the events by: for each shape there is one statement, put together once.

    clusters: how many, None for all. prefix: by how the name of the involved object begins, as a range, which
    the index by object can follow.
    """

    exact: tuple[str, ...]
    clusters: int | None
    since: bool
    prefix: bool


@lru_cache(maxsize=128)
def _statement(selection: _Selection) -> str:
    """Its parameters: the exact values, clusters, the time, the range of names, the limit."""
    query = sa.select(*_COLUMNS).join_from(event, cluster)
    query = query.where(*(event.c[column] == bindparam(column) for column in selection.exact))
    if selection.clusters is not None:
        query = query.where(
            event.c.cluster_id.in_([bindparam(f"cluster_{each}") for each in range(selection.clusters)])
        )
    if selection.since:
        query = query.where(event.c.last_at >= bindparam("since"))
    if selection.prefix:
        query = query.where(
            event.c.involved_name >= bindparam("from"), event.c.involved_name < bindparam("before")
        )
    newest = query.order_by(event.c.last_at.desc(), event.c.id.desc()).limit(bindparam("most"))
    return Statement(newest).text


def _row(row: Sequence[Any]) -> EventRow:
    return EventRow._make((*row[:3], ObjectKey(*row[3:7]), *row[7:]))

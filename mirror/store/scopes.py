"""The writer's side of scopes: which row a list/watch has, how far it has come, what state it is in."""

from __future__ import annotations

from functools import reduce
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Text,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.engine.interfaces import DBAPICursor

from mirror.errors import StoreError
from mirror.keys import ScopeKey
from mirror.store.changes import MirrorStarted, ObjectBatch, ScopeAudited, ScopeState, ScopeUpdate
from mirror.store.engine import upsert
from mirror.store.fleet import require_cluster
from mirror.store.rows import COUNTERS
from mirror.store.statements import Statement
from mirror.store.streams import COUNTED, LAST_SIGN
from mirror.store.tables import cluster, scope
from mirror.store.upserts import Place

__all__ = [
    "advance",
    "begin_anew",
    "close_streams",
    "complete_list",
    "find_place",
    "record_audit",
    "remove_scope",
    "require_place",
    "update_scope",
]

_EMPTY: ColumnElement[str] = literal_column("''")

_COUNTERS = ("lists", "watches", "expirations", "failures", "bytes")

_SAID = ("kind", "version", "state", "error")
_STATE = _SAID.index("state")


def _of_key(*columns: Column[Any]) -> Statement:
    """A query whose parameters are those of a ScopeKey."""
    return Statement(
        select(*columns)
        .join_from(scope, cluster)
        .where(
            cluster.c.name == bindparam("the_cluster"),
            scope.c.group == bindparam("the_group"),
            scope.c.plural == bindparam("the_plural"),
            scope.c.namespace == bindparam("the_namespace"),
        )
    )


_PLACE = _of_key(scope.c.cluster_id, scope.c.id)
_KNOWN = _of_key(scope.c.id, scope.c.cluster_id, scope.c.state_since, *(scope.c[name] for name in _SAID))
_BEGIN = Statement(
    upsert(scope).values(
        {
            name: bindparam(name)
            for name in ("cluster_id", "group", "plural", "namespace", *_SAID, "state_since", *_COUNTERS)
        }
    )
)
_TELL = Statement(
    update(scope)
    .where(scope.c.id == bindparam("row"))
    .values(
        {name: bindparam(f"new_{name}") for name in (*_SAID, "state_since")}
        | {"current_at": func.coalesce(bindparam("sign"), scope.c.current_at)}
        | {name: scope.c[name] + bindparam(f"more_{name}") for name in _COUNTERS}
    )
)
_SIGN = Statement(select(LAST_SIGN).where(cluster.c.id == bindparam("the_id")))
_ADVANCE = Statement(
    update(scope)
    .where(scope.c.id == bindparam("row"))
    .values(
        resource_version=bindparam("version"),
        received_at=bindparam("at"),
        duplicates=scope.c.duplicates + bindparam("more_duplicates"),
        bytes=scope.c.bytes + bindparam("more_bytes"),
        lag_s=func.coalesce(bindparam("lag"), scope.c.lag_s),
    )
)
_COMPLETE = Statement(
    update(scope)
    .where(scope.c.id == bindparam("row"))
    .values(resource_version=bindparam("version"), listed_at=bindparam("at"))
)
_AUDITED = Statement(
    update(scope)
    .where(scope.c.id == bindparam("row"))
    .values(audited_at=bindparam("at"), drift=bindparam("found"))
)
_COUNT = Statement(update(cluster).where(cluster.c.id == bindparam("the_id")).values(COUNTED))
_BEGIN_ANEW = Statement(update(scope).where(scope.c.id == bindparam("row")).values(resource_version=_EMPTY))
_REMOVE = Statement(delete(scope).where(scope.c.id == bindparam("row")))
_FORMER = Statement(select(scope.c.listed_at, scope.c.cluster_id).where(scope.c.id == bindparam("row")))


def find_place(cursor: DBAPICursor, key: ScopeKey, *, listed: bool = False) -> Place | None:
    """The row of a scope, if it has one."""
    rows = _PLACE.rows(cursor, *key)
    return Place(cluster_id=rows[0][0], scope_id=rows[0][1], listed=listed) if rows else None


def require_place(cursor: DBAPICursor, key: ScopeKey, *, listed: bool = False) -> Place:
    """The row of a scope; StoreError when no ScopeUpdate has made one."""
    place = find_place(cursor, key, listed=listed)
    if place is None:
        raise StoreError(
            "nothing can be stored for a scope that is not known",
            where=str(key),
            hint="a ClusterUpdate and a ScopeUpdate must come first",
        )
    return place


def advance(cursor: DBAPICursor, scope_id: int, batch: ObjectBatch) -> None:
    """The watch has come as far as the batch says."""
    counted = (batch.duplicates, batch.bytes, batch.lag_s)
    _ADVANCE.run(cursor, batch.resource_version, batch.received_at, *counted, scope_id)


def begin_anew(cursor: DBAPICursor, scope_id: int) -> None:
    """Nobody goes on from where the scope has come to: it is to be listed."""
    _BEGIN_ANEW.run(cursor, scope_id)


def complete_list(cursor: DBAPICursor, scope_id: int, resource_version: str, at: float) -> bool:
    """A full list is stored; whether it was the first one."""
    listed_at, cluster_id = _FORMER.rows(cursor, scope_id)[0]
    _COMPLETE.run(cursor, resource_version, at, scope_id)
    if listed_at is None:
        _COUNT.run(cursor, cluster_id)
    return listed_at is None


def record_audit(cursor: DBAPICursor, change: ScopeAudited) -> bool:
    """Store the outcome of an audit; whether the scope is still there."""
    place = find_place(cursor, change.scope)
    return place is not None and _AUDITED.run(cursor, change.at, change.drift, place.scope_id) > 0


def close_streams(connection: Connection, change: MirrorStarted) -> bool:
    """No stream is open; what one was known to have brought ages from there on. Whether any was open."""
    sign = select(LAST_SIGN).where(cluster.c.id == scope.c.cluster_id).scalar_subquery()
    closed = (
        update(scope)
        .where(scope.c.state.in_([state.value for state in ScopeState if state.is_open]))
        .values(
            state=ScopeState.RECONNECTING.value,
            state_since=change.at,
            # A sign from before the stream was open says nothing about it.
            current_at=case((sign >= scope.c.state_since, sign), else_=scope.c.current_at),
        )
    )
    # A rate over all the time that a store exists would hide a bad hour.
    words: list[ColumnElement[str]] = [cast(scope.c[name], Text) for name in COUNTERS]
    anew = update(scope).values(before=reduce(lambda text, word: text + "," + word, words))
    count = update(cluster).values(COUNTED)
    if change.clusters is not None:
        concerned = select(cluster.c.id).where(cluster.c.name.in_(change.clusters))
        closed = closed.where(scope.c.cluster_id.in_(concerned))
        anew = anew.where(scope.c.cluster_id.in_(concerned))
        count = count.where(cluster.c.name.in_(change.clusters))
    connection.execute(anew)
    found = connection.execute(closed).rowcount > 0
    connection.execute(count)
    return found


def update_scope(cursor: DBAPICursor, change: ScopeUpdate) -> bool:
    """Create or update the row of a scope; whether more than its counters has changed."""
    said = (change.kind, change.version, change.state.value, change.error)
    grown = (change.lists, change.watches, change.expirations, change.failures, change.bytes)
    rows = _KNOWN.rows(cursor, *change.scope)
    if not rows:
        _, group, plural, namespace = change.scope
        cluster_id, names = require_cluster(cursor, change.scope.cluster), (change.kind, change.version)
        state = (change.state.value, change.at, change.error)
        _BEGIN.run(cursor, cluster_id, group, plural, *names, namespace, *state, *grown)
        _COUNT.run(cursor, cluster_id)
        return True
    row, cluster_id, state_since, *before = rows[0]
    known = tuple(before)
    sign = None
    if ScopeState(known[_STATE]).is_open and not change.state.is_open:
        sign = _SIGN.rows(cursor, cluster_id)[0][0]
        sign = sign if sign >= state_since else None
    since = state_since if known[_STATE] == said[_STATE] else change.at
    if said != known or any(grown):
        _TELL.run(cursor, *said[:-1], since, sign, change.error, *grown, row)
    if known[_STATE] != said[_STATE]:
        _COUNT.run(cursor, cluster_id)
    return said != known


def remove_scope(cursor: DBAPICursor, place: Place) -> None:
    """Remove the row; its objects must have been removed before."""
    _REMOVE.run(cursor, place.scope_id)
    _COUNT.run(cursor, place.cluster_id)

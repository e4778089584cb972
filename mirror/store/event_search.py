"""What readers find by words: events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mirror.keys import ObjectKey
from mirror.store.search import Within, cluster_names
from mirror.store.tables import event, object_

__all__ = ["EventHit", "find_events"]

_KEY = tuple(object_.c[name] for name in ObjectKey._fields)
_INVOLVED = tuple(event.c[f"involved_{name}"] for name in ObjectKey._fields)


class EventHit(NamedTuple):
    """id, health: of the object the event is about; None and "" when it is not there (any more)."""

    id: int | None
    cluster: str
    key: ObjectKey
    health: str
    type: str
    reason: str
    message: str
    count: int  # type: ignore[assignment]  # hides tuple.count, which means nothing here
    last_at: float


def find_events(connection: Connection, texts: Sequence[str], within: Within, *, most: int) -> list[EventHit]:
    """Events whose reason and message have every one of the texts, the newest first, at most so many."""
    names = cluster_names(connection, within.clusters)
    own = sa.and_(
        object_.c.cluster_id == event.c.cluster_id,
        object_.c.present,
        *(ours == theirs for ours, theirs in zip(_KEY, _INVOLVED, strict=True)),
    )
    said = (event.c.type, event.c.reason, event.c.message, event.c["count"], event.c.last_at)
    health = sa.func.coalesce(object_.c.health, "")
    query = sa.select(object_.c.id, event.c.cluster_id, *_INVOLVED, health, *said)
    query = query.select_from(event.outerjoin(object_, own))
    said_there = sa.func.lower(event.c.reason + sa.literal(": ") + event.c.message)
    query = query.where(*(sa.func.instr(said_there, text.lower()) > 0 for text in texts))
    if within.clusters is not None:
        query = query.where(event.c.cluster_id.in_(names))
    exact: dict[ColumnElement[Any], str | None] = {
        event.c.involved_group: within.kind.group if within.kind else None,
        event.c.involved_kind: within.kind.kind if within.kind else None,
        event.c.involved_namespace: within.namespace,
        object_.c.health: within.health,
    }
    query = query.where(*(column == value for column, value in exact.items() if value is not None))
    newest = query.order_by(event.c.last_at.desc(), event.c.id.desc()).limit(most)
    rows = connection.execute(newest)
    return [EventHit._make((row[0], names[row[1]], ObjectKey(*row[2:6]), *row[6:])) for row in rows]

"""What readers find by words: events."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mirror.keys import ObjectKey
from mirror.store.clusters import cluster_names
from mirror.store.sayings import having_all
from mirror.store.search import Within
from mirror.store.statements import compiled, value
from mirror.store.tables import event, object_

__all__ = ["EventHit", "find_events"]

_KEY = tuple(object_.c[name] for name in ObjectKey._fields)
_INVOLVED = tuple(event.c[f"involved_{name}"] for name in ObjectKey._fields)

_SAID = event.c.reason + sa.literal_column("': '") + event.c.message
_EXACT: dict[str, ColumnElement[Any]] = {
    "group": event.c.involved_group,
    "kind": event.c.involved_kind,
    "namespace": event.c.involved_namespace,
    "health": object_.c.health,
}


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
    group, kind = within.kind or (None, None)
    asked = dict(zip(_EXACT, (group, kind, within.namespace, within.health), strict=True))
    exact = {name: value for name, value in asked.items() if value is not None}
    chosen = () if within.clusters is None else tuple(names)
    statement = _newest(len(texts), None if within.clusters is None else len(chosen), tuple(exact))
    words = (text.lower() for text in texts)
    # SQLite's dialect writes an OFFSET too.
    rows = connection.exec_driver_sql(statement, (*words, *chosen, *exact.values(), most, 0)).all()
    return [EventHit._make((row[0], names[row[1]], ObjectKey(*row[2:6]), *row[6:])) for row in rows]


@lru_cache(maxsize=64)
def _newest(words: int, clusters: int | None, exact: tuple[str, ...]) -> str:
    """Its parameters: the words in lower case, clusters, the values of the columns, how many rows, an offset.

    clusters: how many; None for all. exact: see _EXACT.
    """
    own = sa.and_(
        object_.c.cluster_id == event.c.cluster_id,
        object_.c.present,
        *(ours == theirs for ours, theirs in zip(_KEY, _INVOLVED, strict=True)),
    )
    said = (event.c.type, event.c.reason, event.c.message, event.c["count"], event.c.last_at)
    health = sa.func.coalesce(object_.c.health, sa.literal_column("''"))
    query = sa.select(object_.c.id, event.c.cluster_id, *_INVOLVED, health, *said)
    query = query.select_from(event.outerjoin(object_, own))
    query = query.where(*having_all(_SAID, words))
    if clusters is not None:
        query = query.where(event.c.cluster_id.in_([value(f"cluster_{each}") for each in range(clusters)]))
    query = query.where(*(_EXACT[name] == value(name) for name in exact))
    newest = query.order_by(event.c.last_at.desc(), event.c.id.desc()).limit(value("most"))
    return compiled(newest)

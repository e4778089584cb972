"""What readers find by words: objects through the full-text index, and events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, FromClause

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health
from mirror.store.searchable import match_expression, searchable
from mirror.store.tables import cluster, event, object_, unindexed

__all__ = ["EventHit", "Hit", "Within", "find_events", "find_objects", "ids_of_objects"]

_URGENCY = {Health.FAILED.value: 0, Health.PROGRESSING.value: 1, Health.SUSPENDED.value: 2}
_KEY = tuple(object_.c[name] for name in ObjectKey._fields)
_INVOLVED = tuple(event.c[f"involved_{name}"] for name in ObjectKey._fields)


class Within(NamedTuple):
    """Where to look; None leaves a filter out. health: of the object, also of the one an event is about."""

    clusters: Sequence[str] | None = None
    kind: GroupKind | None = None
    namespace: str | None = None
    health: str | None = None


class Hit(NamedTuple):
    """body: the text it is found by, see searchable.text_of()."""

    id: int
    cluster: str
    key: ObjectKey
    version: str
    health: str
    since: float | None
    body: str


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


def find_objects(
    connection: Connection, texts: Sequence[str], within: Within, *, most: int | None
) -> list[Hit]:
    """Objects whose text has every one of the texts, in any case of ASCII letters; without texts, all.

    At most `most`: those that have them in their name come first, then those that fail. None: no bound.
    """
    names = _names(connection, within)
    place, body = _where_said(texts)
    query = sa.select(
        object_.c.id, object_.c.cluster_id, *_KEY, object_.c.version, object_.c.health, object_.c.since, body
    ).select_from(place)
    query = query.where(*_conditions(within, names))
    if most is not None:
        query = query.order_by(*_order(texts)).limit(most)
    rows = connection.execute(query)
    return [Hit._make((row[0], names[row[1]], ObjectKey(*row[2:6]), *row[6:])) for row in rows]


def ids_of_objects(connection: Connection, texts: Sequence[str], within: Within) -> set[int]:
    """The rows of all objects that find_objects() would find without a bound."""
    place, _ = _where_said(texts)
    query = sa.select(object_.c.id).select_from(place)
    query = query.where(*_conditions(within, _names(connection, within)))
    return set(connection.execute(query).scalars())


def find_events(connection: Connection, texts: Sequence[str], within: Within) -> list[EventHit]:
    """Events whose reason and message have every one of the texts, newest first."""
    names = _names(connection, within)
    own = sa.and_(
        object_.c.cluster_id == event.c.cluster_id,
        object_.c.present,
        *(ours == theirs for ours, theirs in zip(_KEY, _INVOLVED, strict=True)),
    )
    said = (event.c.type, event.c.reason, event.c.message, event.c["count"], event.c.last_at)
    health = sa.func.coalesce(object_.c.health, "")
    query = sa.select(object_.c.id, event.c.cluster_id, *_INVOLVED, health, *said)
    query = query.select_from(event.outerjoin(object_, own))
    query = query.where(*_has_all(event.c.reason + sa.literal(": ") + event.c.message, texts))
    if within.clusters is not None:
        query = query.where(event.c.cluster_id.in_(names))
    exact: dict[ColumnElement[Any], str | None] = {
        event.c.involved_group: within.kind.group if within.kind else None,
        event.c.involved_kind: within.kind.kind if within.kind else None,
        event.c.involved_namespace: within.namespace,
        object_.c.health: within.health,
    }
    query = query.where(*(column == value for column, value in exact.items() if value is not None))
    rows = connection.execute(query.order_by(event.c.last_at.desc(), event.c.id.desc()))
    return [EventHit._make((row[0], names[row[1]], ObjectKey(*row[2:6]), *row[6:])) for row in rows]


def _where_said(texts: Sequence[str]) -> tuple[FromClause, ColumnElement[str]]:
    """(the objects that match, their texts): from the index, and from what it does not have yet."""
    if not texts:
        fresh = object_.outerjoin(unindexed, unindexed.c.object_id == object_.c.id)
        place = fresh.outerjoin(searchable, searchable.c.rowid == object_.c.id)
        return place, sa.func.coalesce(unindexed.c.body, searchable.c.body, object_.c.name)
    waiting = sa.select(unindexed.c.object_id)
    indexed = sa.select(searchable.c.rowid.label("id"), searchable.c.body)
    if expression := match_expression(texts):
        # The table itself stands for all of its columns.
        indexed = indexed.where(sa.literal_column(searchable.name).op("MATCH")(expression))
    indexed = indexed.where(*_has_all(searchable.c.body, texts), searchable.c.rowid.not_in(waiting))
    new = sa.select(unindexed.c.object_id, unindexed.c.body).where(*_has_all(unindexed.c.body, texts))
    hits = indexed.union_all(new).cte("hits")
    return hits.join(object_, object_.c.id == hits.c.id), hits.c.body


def _has_all(column: ColumnElement[str], texts: Sequence[str]) -> list[ColumnElement[bool]]:
    # Not LIKE, which FTS5 would take for a question to its index: SQLite 3.40 crashes on two of them when one
    # is shorter than three characters.
    return [sa.func.instr(sa.func.lower(column), text.lower()) > 0 for text in texts]


def _conditions(within: Within, names: Collection[int]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [object_.c.present]
    if within.clusters is not None:
        found.append(object_.c.cluster_id.in_(names))
    if within.kind is not None:
        found += [object_.c.group == within.kind.group, object_.c.kind == within.kind.kind]
    if within.namespace is not None:
        found.append(object_.c.namespace == within.namespace)
    if within.health is not None:
        found.append(object_.c.health == within.health)
    return found


def _order(texts: Sequence[str]) -> list[ColumnElement[Any]]:
    name, whole = object_.c.name, " ".join(texts)
    closeness = sa.case(
        (name == whole, 0),
        (sa.func.instr(sa.func.lower(name), whole.lower()) == 1, 1),
        (sa.and_(sa.true(), *_has_all(name, texts)), 2),
        else_=3,
    )
    return [closeness, sa.case(_URGENCY, value=object_.c.health, else_=len(_URGENCY)), object_.c.id]


def _names(connection: Connection, within: Within) -> dict[int, str]:
    query = sa.select(cluster.c.id, cluster.c.name)
    if within.clusters is not None:
        query = query.where(cluster.c.name.in_(within.clusters))
    return {row[0]: row[1] for row in connection.execute(query)}

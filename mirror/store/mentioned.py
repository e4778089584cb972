"""Charts and images in use, counted over a whole fleet without reading what objects say.

The rows follow the full-text index: what is not in the index yet is read as text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam
from sqlalchemy.engine.interfaces import DBAPICursor

from mirror.store.engine import upsert
from mirror.store.statements import Lookup, Statement, chunks
from mirror.store.tables import mention, object_, unindexed

__all__ = ["count_mentions", "rewrite"]

_NEXT = "\U0010ffff"
"""What comes after everything that a value can go on with."""

_VALUES_PER_QUERY = 30_000
"""SQLite takes no more parameters."""

_DROP = Statement(
    sa.delete(mention).where(mention.c.value == bindparam("said"), mention.c.object_id == bindparam("row"))
)


def _adding() -> Statement:
    statement = upsert(mention).values({column.name: bindparam(column.name) for column in mention.c})
    # The row of an object that is gone may be another one's now, in another cluster.
    now = statement.excluded.cluster_id
    return Statement(
        statement.on_conflict_do_update(
            index_elements=list(mention.primary_key),
            set_={"cluster_id": now},
            where=mention.c.cluster_id != now,
        )
    )


def _place(wanted: sa.CTE) -> sa.Select[Any]:
    return sa.select(object_.c.id, object_.c.cluster_id).join_from(
        wanted, object_, object_.c.id == wanted.c.id
    )


_ADD = _adding()
_PLACES = Lookup([object_.c.id], _place)


def rewrite(
    cursor: DBAPICursor, before: Mapping[int, str], now: Mapping[int, str], marks: Collection[str]
) -> None:
    """Let the objects mention what their texts say now, and nothing else that they said before.

    marks: what the lines begin with that count.
    """
    had = {row: set(_mentions(body, marks)) for row, body in before.items()}
    has = {row: set(_mentions(body, marks)) for row, body in now.items()}
    none: set[str] = set()
    _DROP.run_all(
        cursor, [(said, row) for row, values in had.items() for said in values - has.get(row, none)]
    )
    places: dict[int, int] = dict(_PLACES.rows(cursor, [(row,) for row, values in has.items() if values]))
    _ADD.run_all(
        cursor, [(said, row, places[row]) for row, values in has.items() if row in places for said in values]
    )


def count_mentions(
    connection: Connection,
    mark: str,
    wanted: Callable[[str], bool],
    clusters: Mapping[int, str],
    *,
    one: bool,
) -> tuple[Counter[tuple[str, str]], int]:
    """(how many objects there are by value and cluster, how many in all): an object can have several values.

    mark: of the lines that count; values are told without it. wanted: whether a value counts. clusters: names
    by id of those that count. one: no object has more than one value with this mark.
    """
    values = [value for value in _distinct(connection, mark) if wanted(value[1:])]
    found: Counter[tuple[str, str]] = Counter()
    twice = 0
    for part in chunks(values, _VALUES_PER_QUERY):
        for value, place, number in connection.execute(_COUNTED, {"values": part}):
            if place in clusters:
                found[value[1:], clusters[place]] += number
        if not one and len(part) > 1:
            again = connection.execute(_SAID_AGAIN, {"values": part, "clusters": list(clusters)})
            twice += again.scalar_one()
    total = found.total() - twice
    waiting = connection.execute(_WAITING, {"mark": mark}).all()
    for place, body in waiting:
        mentioned = [said[1:] for said in _mentions(body, (mark,)) if wanted(said[1:])]
        if mentioned and place in clusters:
            found.update((said, clusters[place]) for said in mentioned)
            total += 1
    return found, total


def _mentions(body: str, marks: Iterable[str]) -> Iterator[str]:
    if any(mark in body for mark in marks):
        yield from dict.fromkeys(line for line in body.split("\n") if line.startswith(tuple(marks)))


_PENDING = mention.c.object_id.in_(sa.select(unindexed.c.object_id))
_COUNTED = (
    sa.select(mention.c.value, mention.c.cluster_id, sa.func.count())
    .where(mention.c.value.in_(bindparam("values", expanding=True)), ~_PENDING)
    .group_by(mention.c.value, mention.c.cluster_id)
)
_SEVERAL = (
    sa.select(sa.func.count().label("number"))
    .where(
        mention.c.value.in_(bindparam("values", expanding=True)),
        mention.c.cluster_id.in_(bindparam("clusters", expanding=True)),
        ~_PENDING,
    )
    .group_by(mention.c.object_id)
    .having(sa.func.count() > 1)
    .subquery()
)
_SAID_AGAIN = sa.select(sa.func.coalesce(sa.func.sum(_SEVERAL.c.number - 1), 0))
_WAITING = (
    sa.select(object_.c.cluster_id, unindexed.c.body)
    # `+ 0`: from what waits, which is little, to its objects; SQLite would go the other way.
    .join_from(unindexed, object_, object_.c.id == unindexed.c.object_id + sa.literal_column("0"))
    .where(sa.func.instr(unindexed.c.body, bindparam("mark", type_=sa.Text)) > 0, object_.c.present)
)


def _distinct(connection: Connection, mark: str) -> list[str]:
    """Every value with this mark once, found by leaping from one to the next."""
    lowest = sa.func.min(mention.c.value)
    first = sa.select(lowest.label("value")).where(mention.c.value.between(mark, mark + _NEXT))
    values = first.cte("said", recursive=True)
    following = sa.select(lowest).where(mention.c.value > values.c.value, mention.c.value < mark + _NEXT)
    leap = sa.select(following.scalar_subquery()).where(values.c.value.is_not(None))
    every = values.union_all(leap)
    found = connection.execute(sa.select(every.c.value).where(every.c.value.is_not(None)))
    return list(found.scalars())

"""The texts that objects are found by: from the full-text index, and those that it does not have yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, CursorResult, FromClause

from mirror.store.engine import DIALECT
from mirror.store.searchable import searchable, trigrams
from mirror.store.statements import Lookup, read
from mirror.store.tables import object_, unindexed

__all__ = ["SAID", "first_of", "having_all", "likely", "said_by", "saying", "with_text"]

_ASKED_AT_ONCE = 4
"""Trigrams that the index is asked for together: the rarest ones. A common one costs more than it spares."""

_SAMPLE = 200
"""Objects with a trigram after which it is known how rare it is."""

_FETCHED = 250
"""Rows that are fetched together: one by one they take longer, and the last ones may not be needed."""

_COMMON = 8
"""So many times as common as the rarest one: not worth asking for."""

_NOBODY = 1e12
"""As if so many rows were passed for a trigram that next to no object has."""

_NAME: ColumnElement[Any] = sa.literal_column(searchable.name)
# The table itself stands for all of its columns.

SAID = sa.func.coalesce(unindexed.c.body, searchable.c.body, object_.c.name)
"""What an object says, in a query from with_text()."""

_NTH = str(
    sa.select(searchable.c.rowid)
    .where(_NAME.op("MATCH")(sa.bindparam("asked")))
    .limit(1)
    .offset(_SAMPLE - 1)
    .compile(dialect=DIALECT)
)


def with_text(objects: FromClause) -> FromClause:
    """Objects joined to what they say: see SAID."""
    fresh = objects.outerjoin(unindexed, unindexed.c.object_id == object_.c.id)
    return fresh.outerjoin(searchable, searchable.c.rowid == object_.c.id)


def having_all(column: ColumnElement[str], number: int) -> list[ColumnElement[bool]]:
    """The text in the column has each of so many parameters in it, given in lower case."""
    # Not LIKE, which FTS5 would take for a question to its index: SQLite 3.40 crashes on two of them when one
    # is shorter than three characters.
    zero: ColumnElement[int] = sa.literal_column("0")
    return [sa.func.instr(sa.func.lower(column), sa.bindparam(None, type_=sa.Text)) > zero] * number


def saying(
    connection: Connection,
    texts: Sequence[str],
    *,
    most: int | None,
    accept: Callable[[str], bool] | None = None,
) -> dict[int, str]:
    """(row of an object, what it says) for objects that say every one of the texts, in any case of ASCII
    letters; no more than `most` of them are looked for. accept: what else must be true of what is said.
    """
    words = [text.lower() for text in texts]
    expression = _expression(connection, words)
    asked = (expression, *words, *words) if expression else (*words, *words)
    return first_of(
        connection.exec_driver_sql(_saying(len(words), bool(expression)), tuple(asked)), most, accept
    )


def likely(connection: Connection, texts: Sequence[str], *, most: int) -> list[int]:
    """Rows of objects among which are all that say every one of the texts, unless there are `most` of them:
    those that the index leads to, unread. The texts have at least three characters.
    """
    words = [text.lower() for text in texts]
    found = read(connection, _likely(len(words)), (_expression(connection, words), *words, most, 0))
    return [row for (row,) in found]


def first_of(
    result: CursorResult[Any], most: int | None, accept: Callable[[str], bool] | None
) -> dict[int, str]:
    """(row of an object, what it says) of a result with just these, as far as they are accepted."""
    found: dict[int, str] = {}
    for part in result.partitions(_FETCHED):
        found |= {row: body for row, body in map(tuple, part) if accept is None or accept(body)}
        if most is not None and len(found) >= most:
            break
    result.close()
    return dict(islice(found.items(), most))


def _by_id(wanted: sa.CTE) -> sa.Select[Any]:
    place = with_text(wanted.join(object_, object_.c.id == wanted.c.id))
    return sa.select(object_.c.id, SAID).select_from(place)


_BY_ID = Lookup([object_.c.id], _by_id)


def said_by(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """What these objects say."""
    found = _BY_ID.read(connection, [(row,) for row in dict.fromkeys(ids)])
    return {row[0]: row[1] for row in found}


@lru_cache(maxsize=32)
def _saying(words: int, indexed: bool) -> str:
    """Its parameters: the expression, where the index helps, and the words twice."""
    old = sa.select(searchable.c.rowid, searchable.c.body)
    if indexed:
        old = old.where(_NAME.op("MATCH")(sa.bindparam("asked")))
    waiting = sa.select(unindexed.c.object_id)
    old = old.where(*having_all(searchable.c.body, words), searchable.c.rowid.not_in(waiting))
    new = sa.select(unindexed.c.object_id, unindexed.c.body).where(*having_all(unindexed.c.body, words))
    return str(old.union_all(new).compile(dialect=DIALECT))


@lru_cache(maxsize=8)
def _likely(words: int) -> str:
    """Its parameters: the expression, the words, how many rows, and an offset."""
    waiting = sa.select(unindexed.c.object_id)
    old = sa.select(searchable.c.rowid).where(_NAME.op("MATCH")(sa.bindparam("asked")))
    new = waiting.where(*having_all(unindexed.c.body, words))
    query = old.where(searchable.c.rowid.not_in(waiting)).union_all(new).limit(sa.bindparam("most"))
    return str(query.compile(dialect=DIALECT))


def _expression(connection: Connection, words: Sequence[str]) -> str:
    """What the index is asked for; "" where it cannot help."""
    distinct = trigrams(words)
    if len(distinct) > _ASKED_AT_ONCE:
        distinct = _rarest(connection, distinct)
    return " AND ".join(map(_quoted, distinct))


def _rarest(connection: Connection, distinct: Sequence[str]) -> list[str]:
    """Judged by how many rows are passed until enough of them have it."""
    passed: dict[str, float] = {}
    for trigram in distinct:
        rows = read(connection, _NTH, (_quoted(trigram), 1, _SAMPLE - 1))
        passed[trigram] = rows[0][0] if rows else _NOBODY
    rare = sorted(distinct, key=lambda trigram: -passed[trigram])[:_ASKED_AT_ONCE]
    return [trigram for trigram in rare if passed[trigram] * _COMMON >= passed[rare[0]]]


def _quoted(trigram: str) -> str:
    return '"{}"'.format(trigram.replace('"', '""'))

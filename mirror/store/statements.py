"""Statements of the hot path: written with SQLAlchemy Core, compiled once, run on the driver's cursor.

Compiling and wrapping costs more than SQLite itself needs for one row. The text still comes from the
tables, so a column that is renamed breaks at import and not at night.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Delete,
    Select,
    Table,
    Update,
    bindparam,
    column,
    values,
)
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import CTE

from mirror.store.engine import DIALECT, upsert

__all__ = [
    "Insert",
    "Lookup",
    "Row",
    "Statement",
    "chunks",
    "compiled",
    "insert",
    "insert_or_update",
    "read",
    "value",
]

Row = tuple[Any, ...]

T = TypeVar("T")

_ROWS = (256, 16)
"""Rows of one INSERT; what is left goes row by row."""

_VALUES = re.compile(r"(?<=VALUES )(\([?, ]+\))")

_SIZES = (1, 8, 64, 128, 256, 512)
"""Items in one lookup. Few shapes keep the driver's statement cache warm; the rest of a shape is padded, and
what is padded is looked for as well."""


class Statement:
    """One statement; its parameters are tuples in the order of the table's columns, then of the WHERE."""

    def __init__(self, statement: SQLiteInsert | Update | Delete | Select[Any]) -> None:
        self.text = str(statement.compile(dialect=DIALECT))

    def run(self, cursor: DBAPICursor, *parameters: object) -> int:
        """Execute once; how many rows it has changed."""
        cursor.execute(self.text, parameters)
        return cursor.rowcount

    def run_all(self, cursor: DBAPICursor, rows: Sequence[Row]) -> int:
        """Execute once for each tuple; how many rows have been changed in all."""
        if not rows:
            return 0
        cursor.executemany(self.text, rows)
        return cursor.rowcount

    def rows(self, cursor: DBAPICursor, *parameters: object) -> Sequence[Row]:
        """Execute a query and fetch everything."""
        cursor.execute(self.text, parameters)
        return cursor.fetchall()


class Insert(Statement):
    """INSERT of whole rows. Many go into one statement: the driver gives up the interpreter's lock for the
    length of a statement, so that others run meanwhile; row by row it would have to win it back each time.
    """

    def __init__(self, statement: SQLiteInsert) -> None:
        super().__init__(statement)
        head, row, tail = _VALUES.split(self.text)
        self._texts = [(size, f"{head}{', '.join([row] * size)}{tail}") for size in _ROWS]

    def run_all(self, cursor: DBAPICursor, rows: Sequence[Row]) -> int:
        changed = position = 0
        for size, text in self._texts:
            while len(rows) - position >= size:
                part = rows[position : position + size]
                cursor.execute(text, [*chain.from_iterable(part)])
                changed += cursor.rowcount
                position += size
        return changed + super().run_all(cursor, rows[position:])


class Lookup:
    """A query about many items at once, each of them one row of a VALUES list that the tables are joined to.

    build: makes it of that list, a table `wanted` whose columns are called like the items. SQLite finds the
    rows of a join with VALUES by index; for a row value IN (VALUES ...) it does not.
    """

    def __init__(self, items: Sequence[Column[Any]], build: Callable[[CTE], Select[Any]]) -> None:
        self._width = len(items)
        shape = values(*(column(item.name, item.type) for item in items), name="wanted")
        item = tuple(item.type.python_type() for item in items)  # only to be replaced by parameters
        one = Statement(build(shape.data([item]).cte("wanted"))).text
        self._head, self._item, self._tail = _VALUES.split(one, maxsplit=1)
        self._texts: dict[int, str] = {}

    def rows(self, cursor: DBAPICursor, items: Collection[Row], *rest: object) -> Iterator[Row]:
        """The rows for the items, in no order. rest: the parameters that stand after the items."""
        for part in chunks(items, _SIZES[-1]):
            size = next(size for size in _SIZES if size >= len(part))
            padding = (None,) * (self._width * (size - len(part)))
            cursor.execute(self._text(size), (*chain.from_iterable(part), *padding, *rest))
            yield from cursor.fetchall()

    def read(self, connection: Connection, items: Collection[Row], *rest: object) -> Iterator[Row]:
        """As rows(), over a reader's connection. Values are as SQLite has them: 1 stands for true."""
        return self.rows(connection.connection.cursor(), items, *rest)

    def _text(self, size: int) -> str:
        if size not in self._texts:
            self._texts[size] = f"{self._head}{', '.join([self._item] * size)}{self._tail}"
        return self._texts[size]


def compiled(query: Select[Any]) -> str:
    """The text of a query; what is no parameter of ours, as a separator, becomes a part of it."""
    return str(query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True}))


def value(name: str) -> BindParameter[Any]:
    """A parameter that whoever runs the text gives by its place."""
    return bindparam(name, required=False)


def read(connection: Connection, text: str, parameters: Row = ()) -> list[Row]:
    """The rows of a compiled query, over a reader's connection; as Lookup.read().

    The connection must be in a transaction: the driver begins none.
    """
    cursor = connection.connection.cursor()
    cursor.execute(text, parameters)
    return list(cursor.fetchall())


def insert(table: Table) -> Insert:
    """INSERT of whole rows."""
    return Insert(upsert(table).values({c.name: bindparam(c.name) for c in table.c}))


def insert_or_update(table: Table, *, fixed: Sequence[str] = ()) -> Insert:
    """INSERT of whole rows; where the primary key is taken, all but the key and the fixed columns change."""
    statement = upsert(table).values({c.name: bindparam(c.name) for c in table.c})
    changing = [c for c in table.c if not c.primary_key and c.name not in fixed]
    return Insert(
        statement.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={c.name: statement.excluded[c.name] for c in changing},
        )
    )


def chunks(items: Collection[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`; none for no items."""
    rest = iter(items)
    for _ in range(0, len(items), size):
        yield list(islice(rest, size))

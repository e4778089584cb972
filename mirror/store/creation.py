"""A new store: all of today's tables at once, as the migrations would have left them one after the other.

Alembic takes half a second to import; the first start need not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Connection
from sqlalchemy.schema import CreateIndex, CreateTable

from mirror.store.engine import DIALECT
from mirror.store.tables import metadata

__all__ = ["create_tables"]

_FULL_TEXT = (
    "CREATE VIRTUAL TABLE searchable USING fts5(body, tokenize='trigram', detail='none', columnsize=0)"
)
_REVISION = (
    "CREATE TABLE alembic_version ("
    "version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def create_tables(connection: Connection, revision: str) -> None:
    """Make the tables in a database that has none, and note that they are of this revision."""
    for statement in _statements():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (revision,))


@cache
def _statements() -> tuple[str, ...]:
    return tuple(_written())


def _written() -> Iterator[str]:
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=DIALECT))
        # By name: a set has no order, and the same version is to make the same file.
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=DIALECT))
    yield _FULL_TEXT
    yield _REVISION

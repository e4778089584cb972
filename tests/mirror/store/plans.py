"""How SQLite goes about what it is asked, whoever words it: SQLAlchemy, or a prepared statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event

__all__ = ["plan_of"]


def plan_of(*questions: Callable[[Connection], object]) -> Callable[[Connection], list[str]]:
    """A line for each step of each statement of these questions: `step <- statement`."""

    def ask(connection: Connection) -> list[str]:
        found: list[str] = []
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)

        # Not by the driver's trace, which writes parameters as literals: SQLite may plan otherwise with them.
        def explain(text: str, parameters: Any) -> None:
            rows = driver.execute(f"EXPLAIN QUERY PLAN {text}", parameters)
            found.extend(f"{row[3]} <- {text[:200]}" for row in rows)

        @event.listens_for(connection, "before_cursor_execute")
        def worded(_: object, cursor: object, text: str, parameters: object, *rest: object) -> None:
            explain(text, parameters)

        for question in questions:
            prepared: Any = _Prepared(connection, driver, explain)
            question(prepared)
        return found

    return ask


class _Prepared:
    """A reader's connection, and in place of its driver's one, that tells what cursors of it are to do."""

    def __init__(
        self, connection: Connection, driver: sqlite3.Connection, tell: Callable[[str, Any], None]
    ) -> None:
        self._connection = connection
        self._driver = driver
        self._tell = tell

    @property
    def connection(self) -> _Prepared:
        return self

    def cursor(self) -> sqlite3.Cursor:
        tell = self._tell

        class Cursor(sqlite3.Cursor):
            def execute(self, text: str, parameters: Any = (), /) -> Cursor:
                tell(text, parameters)
                super().execute(text, parameters)
                return self

        return self._driver.cursor(Cursor)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

"""What a question asks of the database: how often is telling where how long is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from query.view import View

__all__ = ["statements"]


@contextmanager
def statements(view: View) -> Iterator[list[str]]:
    """The statements that are carried out for the view in the block; what FTS5 asks itself does not count."""
    found: list[str] = []
    driver = view.read(lambda connection: connection.connection.driver_connection)
    assert isinstance(driver, sqlite3.Connection)
    driver.set_trace_callback(lambda text: None if text.startswith("--") else found.append(text))
    try:
        yield found
    finally:
        driver.set_trace_callback(None)

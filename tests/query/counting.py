"""What a question asks of the database: how often is telling where how long is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

__all__ = ["statements"]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are carried out in the block."""
    found: list[str] = []

    def note(_: object, cursor: object, statement: str, *rest: object) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)

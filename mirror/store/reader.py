"""The readers' door to a store: consistent snapshots, from any thread, that never wait for the writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from mirror.store import clusters, schema
from mirror.store.engine import reader_engine, translated

__all__ = ["Reader"]


class Reader:
    """Reads one store file; cannot change it. The file is checked once, here, as schema.check() does.

    Use it from any number of threads; each snapshot belongs to the thread that opened it. A file that is
    replaced by another while it is open is not noticed.
    """

    def __init__(self, path: Path) -> None:
        schema.check(path)
        self.path = path
        self._engine = reader_engine(path)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One read transaction: everything read through it is the state after one and the same commit.

        Keep it short: while it is open, the writer's log cannot be recycled and grows. Errors of the
        database are raised as StoreError, also those of the statements inside.
        """
        with translated(self.path), self._engine.connect() as connection:
            # The first read fixes the state; BEGIN alone would leave it open.
            clusters.generation(connection)
            yield connection

    def generation(self) -> int:
        """A number that grows with every commit that changed what a question can see."""
        with translated(self.path), self._engine.connect() as connection:
            return clusters.generation(connection)

    def close(self) -> None:
        """Close the connections that are not in use; those in use close when their snapshot ends."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

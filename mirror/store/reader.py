"""The readers' door to a store: consistent snapshots, from any thread, that never wait for the writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from mirror.errors import StoreError
from mirror.store import clusters, schema
from mirror.store.condition import writable
from mirror.store.engine import log_bytes, reader_engine, translated
from mirror.store.files import OpenedFile
from mirror.store.lease import mirror_alive
from mirror.store.paths import StorePaths

__all__ = ["Reader"]


class Reader:
    """Reads one store; cannot change it. The file is checked here as schema.check() does.

    Use it from any number of threads; each snapshot belongs to the thread that opened it. A file that has
    taken the place of the former one (a damaged store is replaced) is checked and read by the next snapshot.
    A mirror of a newer version may change the tables meanwhile: what then fails is told as NewerStoreError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._frozen = False
        self._engine, self._file = self._open()

    def replaced(self) -> bool:
        """The file that was read last has been removed or replaced."""
        return not self._file.in_place()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One read transaction: everything read through it is the state after one and the same commit.

        Keep it short: while it is open, the writer's log cannot be recycled and grows. Errors of the
        database are raised as StoreError, also those of the statements inside.
        """
        engine = self._current()
        try:
            with translated(self.path), engine.connect() as connection:
                # The first read fixes the state; BEGIN alone would leave it open.
                clusters.generation(connection)
                yield connection
        except StoreError as error:
            if type(error) is StoreError:
                schema.check(
                    self.path, immutable=self._frozen
                )  # has a better word for it, if the reason is the file's revision
            raise

    def generation(self) -> int:
        """A number that grows with every commit that changed what a question can see."""
        with translated(self.path), self._current().connect() as connection:
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

    def _open(self) -> tuple[Engine, OpenedFile]:
        file = OpenedFile(self.path)
        self._frozen = _nobody_writes(self.path)
        schema.check(self.path, immutable=self._frozen)
        return reader_engine(self.path, immutable=self._frozen), file

    def _current(self) -> Engine:
        """An engine of the file that is there now. Raises as schema.check() where it is another one."""
        if self._is_current():
            return self._engine
        with self._lock:
            if not self._is_current():
                former = self._engine
                self._engine, self._file = self._open()
                former.dispose()
            return self._engine

    def _is_current(self) -> bool:
        return self._file.in_place() and self._frozen == (self._frozen and _nobody_writes(self.path))


def _nobody_writes(path: Path) -> bool:
    """The file can be read without the shared index of its log, and without locks.

    That is so where we may not write the folder (a disk that is mounted read-only, a store that another user
    lets us see), there is no log with commits that are not in the file, and no mirror holds the lease: then
    nobody can begin to change the file without taking the lease first, and every snapshot looks again.
    """
    if writable(path.parent) or log_bytes(path) > 0:
        return False
    try:
        return not mirror_alive(StorePaths(path))
    except StoreError:
        return False  # the lock is another user's: it may well be held

"""The writing connection: turns pieces of work into commits. Everything here runs in the writer's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection

from mirror.errors import StoreError
from mirror.settings import WriterSettings
from mirror.store import schema
from mirror.store.documents import Codec
from mirror.store.engine import translated, writer_engine
from mirror.store.fence import Fence
from mirror.store.patience import Patience
from mirror.store.transaction import Transaction

__all__ = ["Committer", "Work"]

Work = Callable[[Transaction], None]
"""What one caller wants to be done. It may be done several times, all but the last for nothing."""


class Committer:
    """Owns the one connection that writes and checkpoints. Use it in one thread, and close it there.

    Where two are open on one store, because the lock of the first was removed, only the newer one can commit.
    """

    def __init__(self, path: Path, settings: WriterSettings, *, at: float, closing: threading.Event) -> None:
        """Open the store, made or upgraded if need be; raises as schema.prepare().

        at: wall seconds. closing: once it is set, nothing is waited for any more.
        """
        schema.prepare(path, at=at)
        self._path = path
        self._settings = settings
        self._patience = Patience(path, settings, closing)
        self._engine = writer_engine(path, quota_bytes=settings.quota_bytes)
        self._codec: Codec | None = None
        self._connection: Connection | None = None
        self._fence = Fence(path)
        with translated(path), (connection := self._connected()).begin():
            self._fence.enter(connection)

    def commit(self, works: Sequence[Work]) -> list[Exception | None]:
        """Do all of it in one transaction, or else each in its own: one error, or None, for each.

        What fails leaves nothing behind, and takes nothing else with it. While the disk does not let
        anything be written, this waits.
        """
        error = self._insist(works)
        if error is None or len(works) == 1:
            return [error] * len(works)
        return [self._insist([work]) for work in works]

    def close(self) -> StoreError | None:
        """Close the connection; SQLite puts its log away when nobody else has the store open."""
        try:
            with translated(self._path):
                connection, self._connection = self._connection, None
                if connection is not None:
                    connection.close()
                self._engine.dispose()
        except StoreError as error:
            return error
        return None

    def _insist(self, works: Sequence[Work]) -> Exception | None:
        """Attempt it until it succeeds, or fails for another reason than that the disk is not ready."""
        while self._patience.wait(error := self._attempt(works)):
            # Opened anew: what is known of a disk that has failed may no longer be true.
            self.close()
        self._patience.succeeded()
        return error

    def _attempt(self, works: Sequence[Work]) -> Exception | None:
        try:
            with translated(self._path), (connection := self._connected()).begin():
                self._fence.require(connection)
                if self._codec is None:
                    self._codec = Codec.of_store(connection, self._settings.dictionary_samples)
                transaction = Transaction(connection, self._codec, self._settings)
                for work in works:
                    work(transaction)
                transaction.finish()
        except Exception as error:  # noqa: BLE001 (raised again in the task that waits for the work)
            self._codec = None
            return error
        return None

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

"""The writing connection: turns pieces of work into commits. Everything here runs in the writer's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from mirror.clock import Clock
from mirror.errors import DamagedStoreError, ForeignStoreError, StoreError, StoreUnavailableError
from mirror.settings import WriterSettings
from mirror.store import damage
from mirror.store.documents import Codec
from mirror.store.engine import log_bytes, put_log_away, translated, writer_engine
from mirror.store.fence import Fence
from mirror.store.files import OpenedFile
from mirror.store.paths import StorePaths
from mirror.store.patience import Patience
from mirror.store.privacy import make_private
from mirror.store.projection import renew
from mirror.store.transaction import Transaction

__all__ = ["Committer", "Work"]

Work = Callable[[Transaction], None]
"""What one caller wants to be done. It may be done several times, all but the last for nothing."""


class Committer:
    """Owns the one connection that writes and checkpoints. Use it in one thread, and close it there.

    Where two are open on one store, because the lock of the first was removed, only the newer one can commit.
    """

    def __init__(
        self, paths: StorePaths, settings: WriterSettings, clock: Clock, *, closing: threading.Event
    ) -> None:
        """Open the store, made or upgraded if need be; raises as make_private() and damage.open_whole().

        closing: once it is set, nothing is waited for any more.
        """
        self._paths = paths
        self._path = path = paths.store
        make_private(paths)
        damage.open_whole(path, at=clock.wall())
        self._file = OpenedFile(path)
        self._settings = settings
        self._clock = clock
        self._patience = Patience(path, settings, closing)
        self._engine = writer_engine(path, quota_bytes=settings.quota_bytes)
        self._codec: Codec | None = None
        self._connection: Connection | None = None
        self._lost: StoreError | None = None
        self._fence = Fence(path)
        with translated(path), (connection := self._connected()).begin():
            self._fence.enter(connection)
            renew(connection)

    def commit(self, works: Sequence[Work]) -> list[Exception | None]:
        """Do all of it in one transaction, or else each in its own: one error, or None, for each.

        What fails leaves nothing behind, and takes nothing else with it. While the disk does not let
        anything be written, this waits. Once the store is found to be damaged, removed or replaced, this
        and every later commit fails with DamagedStoreError; a damaged one has been set aside by then.
        """
        if self._paths.suspicion.exists():
            self._look()
        error = self._insist(works)
        if error is None or len(works) == 1:
            return [error] * len(works)
        return [self._insist([work]) for work in works]

    def tidy(self) -> bool:
        """Do a little of what can wait; whether some of it is left. Never waits for the disk."""
        left: list[bool] = []
        error = self._attempt([lambda transaction: left.append(transaction.tidy())])
        return error is None and any(left)

    def close(self) -> StoreError | None:
        """Close the connection, and put the log away unless somebody reads at this moment."""
        try:
            with translated(self._path):
                if self._connection is not None and self._lost is None:
                    put_log_away(self._connection)
        except StoreError as error:
            self._disconnect()
            return error
        return self._disconnect()

    def _disconnect(self) -> StoreError | None:
        connection, self._connection = self._connection, None
        try:
            with translated(self._path):
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
            self._disconnect()
            self._attempt([Transaction.make_room])
        self._patience.succeeded()
        return error

    def _attempt(self, works: Sequence[Work]) -> Exception | None:
        if self._lost is not None:
            return self._lost
        try:
            self._require_file()
            with translated(self._path), (connection := self._connected_with_room()).begin():
                self._fence.require(connection)
                if self._codec is None:
                    self._codec = Codec.of_store(connection, self._settings.dictionary_samples)
                transaction = Transaction(connection, self._codec, self._settings)
                for work in works:
                    work(transaction)
                transaction.finish()
        except DamagedStoreError as error:
            return self._give_up(error)
        except ForeignStoreError:  # it was ours when it was opened
            return self._give_up(
                DamagedStoreError("the store is damaged: its first page", where=str(self._path))
            )
        except Exception as error:  # noqa: BLE001 (raised again in the task that waits for the work)
            self._codec = None
            return error
        return None

    def _connected_with_room(self) -> Connection:
        """The connection, once the log has room for more."""
        connection = self._connected()
        if log_bytes(self._path) > self._settings.log_bytes:
            put_log_away(connection)
            if log_bytes(self._path) > self._settings.log_bytes:
                raise StoreUnavailableError(
                    "a reader has held on to one state of the store for so long that its log is full",
                    where=str(self._path),
                    hint="end the command or assistant that hangs",
                )
        return connection

    def _require_file(self) -> None:
        if not self._file.in_place():
            raise DamagedStoreError(
                "the store file was removed or replaced while it was in use",
                where=str(self._path),
                hint="the mirror fetches everything again",
            )

    def _look(self) -> None:
        """A reader has met damage; what it has met may be what no commit ever touches."""
        try:
            damage.look(self._path)
        except DamagedStoreError as error:
            self._give_up(error)
        except StoreError:
            pass  # not now; the next commit looks again

    def _give_up(self, error: StoreError) -> StoreError:
        self._disconnect()
        self._lost = error
        if self._file.in_place():
            try:
                damage.set_aside(self._path, error, at=self._clock.wall())
            except StoreError as failed:
                self._lost = failed
        return self._lost

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

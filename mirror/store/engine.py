"""How a store file is opened: one writing connection, any number of reading ones, and SQLite's errors.

The only module that knows which database this is. One connection writes and checkpoints; readers are
read-only down to the file descriptor and can do neither. That is what keeps the store clear of SQLite's
WAL-reset bug (3.7.0 to 3.51.2: two connections that write or checkpoint at the same moment).

A person may look into a store with any SQLite tool, for instance `sqlite-utils query STORE "select ..."`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, func
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from mirror.errors import (
    DamagedStoreError,
    ForeignStoreError,
    StoreError,
    StoreUnavailableError,
)

__all__ = [
    "APPLICATION_ID",
    "DIALECT",
    "greatest",
    "log_bytes",
    "put_log_away",
    "reader_engine",
    "store_error",
    "translated",
    "upsert",
    "writer_engine",
]

APPLICATION_ID = 0x666C_786D
"""`flxm` in SQLite's header: the mark of our files."""

DIALECT = sqlite.dialect()
"""The dialect that prepared statements are compiled for."""

upsert = sqlite.insert
"""INSERT with on_conflict_do_update() and on_conflict_do_nothing()."""

greatest = func.max
"""The greatest of several values of one row; NULL when one of them is."""

_PATIENCE = "busy_timeout=5000"
_WRITER_PRAGMAS = (
    "auto_vacuum=incremental",  # counts only before a file has content: room.give_back() needs it
    "journal_mode=wal",
    "synchronous=normal",
    "foreign_keys=on",
    _PATIENCE,
    "mmap_size=0",
    "cache_size=-16384",  # KiB: a list of 5,000 objects fits without spilling
    "temp_store=memory",
    "wal_autocheckpoint=4000",  # pages; 16 MB, so that what changes again and again is copied once
    "journal_size_limit=67108864",  # a log that one huge list has blown up shrinks again
)
_READER_PRAGMAS = (
    "query_only=on",
    "busy_timeout=2000",
    "mmap_size=0",
    "cache_size=-8192",
    "temp_store=memory",
    "trusted_schema=off",  # a store may come from somebody else
)
_READERS_KEPT, _READERS_EXTRA = 8, 32


def writer_engine(path: Path, *, quota_bytes: int = 0) -> Engine:
    """An engine whose transactions begin with BEGIN IMMEDIATE. The file must exist and be ours or empty.

    Use one connection, in one thread. quota_bytes: the file does not grow beyond it, SQLITE_FULL instead;
    0 for no such bound. A file that is larger already does not grow.
    """

    def connect() -> sqlite3.Connection:
        connection = _connect(f"{path.absolute().as_uri()}?mode=rw", _WRITER_PRAGMAS)
        if quota_bytes:
            (size,) = connection.execute("PRAGMA page_size").fetchone()
            connection.execute(f"PRAGMA max_page_count={max(1, quota_bytes // size)}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    return _beginning_with(engine, "BEGIN IMMEDIATE")


def reader_engine(path: Path, *, immutable: bool = False) -> Engine:
    """An engine of read-only connections, for any thread; a transaction sees one state of the store.

    The state is fixed by the first read after BEGIN, not by BEGIN. The folder of the store must be
    writable unless a mirror has it open: SQLite keeps the shared index of the log (`-shm`) there. Else it
    must be immutable: nobody changes the file while it is open, and there is no log. Then nothing is locked.
    """
    asked = "mode=ro&immutable=1" if immutable else "mode=ro"

    def connect() -> sqlite3.Connection:
        return _connect(f"{path.absolute().as_uri()}?{asked}", _READER_PRAGMAS)

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=_READERS_KEPT,
        max_overflow=_READERS_EXTRA,
    )
    return _beginning_with(engine, "BEGIN")


def put_log_away(connection: Connection) -> None:
    """Copy the writer's log into the store file and empty it, as far as nobody reads an older state.

    Waits for nobody. To be called outside a transaction.
    """
    cursor = connection.connection.cursor()  # the driver's: the other one would begin a transaction
    cursor.execute("PRAGMA busy_timeout=0")
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cursor.execute(f"PRAGMA {_PATIENCE}")
    cursor.close()


def log_bytes(path: Path) -> int:
    """The size of the log of the store at `path`; 0 when there is none."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size
    except OSError:
        return 0


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of the database become StoreErrors about `path`; misuse of it stays what it is: a bug."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        if isinstance(_cause(error), sqlite3.ProgrammingError):
            raise
        raise store_error(error, path) from error


def store_error(error: DBAPIError | sqlite3.Error, path: Path) -> StoreError:
    """What an error of the database means for the store at `path`."""
    cause = _cause(error)
    extended = getattr(cause, "sqlite_errorcode", None)
    code = extended & 0xFF if isinstance(extended, int) else -1
    where = str(path)
    match code:
        case sqlite3.SQLITE_NOTADB:
            return ForeignStoreError(
                "this is not a SQLite file", where=where, hint="choose another place with --store"
            )
        case sqlite3.SQLITE_CORRUPT:
            return DamagedStoreError(
                f"the store is damaged: {cause}",
                where=where,
                hint="the mirror sets it aside and fetches everything again",
            )
        case code if code in _UNAVAILABLE:
            what, hint = _UNAVAILABLE[code]
            return StoreUnavailableError(what.format(cause), where=where, hint=hint)
        case _:
            return StoreError(f"the database failed: {cause}", where=where)


_LOCKED = ("another program has locked the store", "end the program that writes to it")
_FORBIDDEN = ("the store cannot be opened: {}", "its file and folder must be readable and writable for you")
_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: (
        "the disk is full, or the store has reached its quota",
        "free some space; nothing is lost",
    ),
    sqlite3.SQLITE_IOERR: ("the disk fails: {}", "is it full, or gone? nothing is lost"),
    sqlite3.SQLITE_READONLY: _FORBIDDEN,
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: _FORBIDDEN,
    sqlite3.SQLITE_AUTH: _FORBIDDEN,
}
"""What to say when the store may be used again later; where the words allow, with SQLite's own."""


def _cause(error: DBAPIError | sqlite3.Error) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _connect(uri: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _beginning_with(engine: Engine, statement: str) -> Engine:
    # isolation_level=None keeps the driver from beginning transactions by itself; so this must.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.connection.cursor().execute(statement)

    return engine

"""What a store file must be before it is used: ours, whole, and of a revision that this version knows."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from mirror.errors import (
    DamagedStoreError,
    ForeignStoreError,
    NewerStoreError,
    OlderStoreError,
    StoreError,
    StoreMissingError,
)
from mirror.store.creation import create_tables
from mirror.store.engine import APPLICATION_ID, reader_engine, translated, writer_engine
from mirror.store.paths import StorePaths
from mirror.store.tables import metadata

__all__ = ["REVISIONS", "check", "prepare", "verify"]

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
"""The revisions of migrations/versions, oldest first; the last one is what this version reads and writes."""

_MIGRATIONS = Path(__file__).parents[2] / "migrations"
# By place, not by name: another package `migrations` may come first on the path.
_ANOTHER_PLACE = "choose another place with --store"


def check(path: Path, *, immutable: bool = False) -> None:
    """Raise when readers cannot use the file; nothing in it is changed. Takes some milliseconds.

    immutable: as for reader_engine().

    StoreMissingError: no file, or nothing in it yet. OlderStoreError: a mirror must upgrade it first.
    ForeignStoreError, NewerStoreError, DamagedStoreError: it must be left alone. Damage deep inside a table
    is not looked for: that would take as long as to read the whole file.
    """
    _require_content(path)
    engine = reader_engine(path, immutable=immutable)
    try:
        with translated(path), engine.connect() as connection:
            verify(connection, path)
    finally:
        engine.dispose()


def verify(connection: Connection, path: Path, revisions: Sequence[str] = REVISIONS) -> None:
    """As check(), over an open connection. revisions: the known ones, oldest first."""
    revision = _revision(connection, path, revisions)
    if revision is None:
        raise _missing(path)
    if revision != revisions[-1]:
        raise OlderStoreError(
            f"the store was written by an older flux-mirror (revision {revision})",
            where=str(path),
            hint="start the mirror: it upgrades the store",
        )
    absent = metadata.tables.keys() - _tables_of(connection)
    if absent:
        raise _damaged(path, f"tables are missing: {', '.join(sorted(absent))}")
    for name in metadata.tables:
        connection.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1')  # noqa: S608 (our own names)


def prepare(path: Path, *, at: float) -> None:
    """Create the store, or bring it to the newest revision; to be called by the holder of the writer's lease.

    The file is made with mode 0600 and its folder, if there is none, with 0700; SQLite gives `-wal` and
    `-shm` the mode of the file. Creation and upgrade are one transaction. at: the time of creation, wall
    seconds. Raises like check(), except that a missing or older store is no error.
    """
    with translated(path):
        revision = _current_revision(path)
        if revision is None:
            StorePaths(path).create_folder()
            _create_file(path)
            _write(path, partial(create_tables, revision=REVISIONS[-1]), at)
        elif revision != REVISIONS[-1]:
            _write(path, _upgrade, at)
    check(path)


def _current_revision(path: Path) -> str | None:
    try:
        _require_content(path)
    except StoreMissingError:
        return None
    # Over a reader's connection: to open a file for writing may change it, and it may not be ours.
    engine = reader_engine(path)
    try:
        with engine.connect() as connection:
            return _revision(connection, path)
    finally:
        engine.dispose()


def _require_content(path: Path) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        size = 0
    except OSError as error:
        raise StoreError(f"the store cannot be reached: {error.strerror}", where=str(path)) from error
    if path.exists() and not path.is_file():
        raise ForeignStoreError("this is not a file", where=str(path), hint=_ANOTHER_PLACE)
    if size == 0:
        raise _missing(path)


def _revision(connection: Connection, path: Path, revisions: Sequence[str] = REVISIONS) -> str | None:
    """The revision of the schema; None when the database has no content at all."""
    mark = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    names = _tables_of(connection)
    if mark == 0 and not names:
        return None
    if mark != APPLICATION_ID:
        raise ForeignStoreError(
            "this is the database of another program", where=str(path), hint=_ANOTHER_PLACE
        )
    known = "alembic_version" in names
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all() if known else []
    if len(rows) != 1:
        raise _damaged(path, "it does not say which revision it has")
    revision = str(rows[0][0])
    if revision not in revisions:
        raise NewerStoreError(
            f"the store was written by a newer flux-mirror (revision {revision})",
            where=str(path),
            hint="update flux-mirror, or choose another place with --store",
        )
    return revision


def _tables_of(connection: Connection) -> set[str]:
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    )
    return set(names.scalars())


def _create_file(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"the store cannot be created: {error.strerror}", where=str(path), hint=_ANOTHER_PLACE
        ) from error


def _write(path: Path, change: Callable[[Connection], None], at: float) -> None:
    """Let the tables be made or changed, and see that the store has its own facts."""
    engine = writer_engine(path)
    try:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
            change(connection)
            facts = {"store_id": uuid.uuid4().hex, "created_at": repr(at), "generation": "0"}
            connection.exec_driver_sql("INSERT OR IGNORE INTO meta VALUES (?, ?)", [*facts.items()])
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    # 0.4 s to import, needed once per version.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _missing(path: Path) -> StoreMissingError:
    return StoreMissingError(
        "nothing has been mirrored here yet",
        where=str(path),
        hint="start `flux-mirror serve` or `flux-mirror mirror`",
    )


def _damaged(path: Path, what: str) -> DamagedStoreError:
    return DamagedStoreError(
        f"the store is damaged: {what}",
        where=str(path),
        hint="the mirror sets it aside and fetches everything again",
    )

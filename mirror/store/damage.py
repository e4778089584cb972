"""A store that SQLite cannot read any more: it is set aside, never removed, and another one is made.

Everything here but damaged_stores() and suspect() is for the holder of the writer's lease.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mirror.errors import DamagedStoreError, StoreError
from mirror.store import schema
from mirror.store.engine import log_bytes, reader_engine, translated
from mirror.store.paths import StorePaths

__all__ = ["damaged_stores", "look", "open_whole", "set_aside", "suspect"]

log = logging.getLogger("flux_mirror.store")

_LOOKED_AT_BYTES = 256 * 1024**2
"""Larger stores are not looked through after a crash: SQLite reads some 300 MB a second."""

_MOST_A_DAY = 3
"""A disk that damages one store after the other would be filled by what is set aside."""
_DAY_S = 24 * 3600.0

_STAMP = "%Y%m%dT%H%M%SZ"
_BESIDE = ("", "-wal", "-shm")


def open_whole(path: Path, *, at: float) -> None:
    """As schema.prepare(), but a damaged store is set aside first. at: wall seconds.

    After a crash, which a log shows that was not put away, the whole file is looked at unless it is large.
    """
    crashed = log_bytes(path) > 0
    try:
        if _size(path) == 0:
            _set_log_aside(path, at)
        schema.prepare(path, at=at)
        if (crashed and _size(path) <= _LOOKED_AT_BYTES) or StorePaths(path).suspicion.exists():
            look(path)
    except DamagedStoreError as error:
        set_aside(path, error, at=at)
        schema.prepare(path, at=at)


def look(path: Path) -> None:
    """Read the whole store (some 300 MB a second); DamagedStoreError when it is not whole."""
    engine = reader_engine(path)
    try:
        with translated(path), engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    finally:
        engine.dispose()
    if found != "ok":
        raise DamagedStoreError(f"the store is damaged: {found}", where=str(path))
    with suppress(OSError):
        StorePaths(path).suspicion.unlink()


def set_aside(path: Path, error: StoreError, *, at: float) -> Path:
    """Rename the store, its log and its index; where the store is now. error: what is wrong with it.

    StoreError when that cannot be done, or has been done too often of late.
    """
    paths = StorePaths(path)
    recent = [old for old in damaged_stores(paths) if at - _set_aside_at(old) < _DAY_S]
    if len(recent) >= _MOST_A_DAY:
        raise StoreError(
            f"{error.what}; so were {len(recent)} others within a day",
            where=str(path),
            hint="the disk seems to fail: check it, or choose another place with --store",
        )
    kept = _free_name(path, at)
    # The file first: a log without a store is set aside when the next store is made; a store without its log
    # could look whole.
    _rename(path, kept)
    log.error("%s: it is kept as %s, and everything is fetched again", error, kept)
    return kept


def damaged_stores(paths: StorePaths) -> list[Path]:
    """The stores that were set aside and are still there, oldest first."""
    try:
        found = paths.store.parent.glob(f"{paths.store.name}.damaged-*Z*")
        return sorted(file for file in found if not file.name.endswith(_BESIDE[1:]))
    except OSError:
        return []


def suspect(paths: StorePaths) -> None:
    """Ask the mirror to look through the store: a reader has met damage that a writer may never touch."""
    with suppress(OSError):
        paths.suspicion.touch(mode=0o600)


def _set_log_aside(path: Path, at: float) -> None:
    """A log that has lost its store must not be taken for the log of the one that is made now."""
    if log_bytes(path) > 0:
        _rename(path, _free_name(path, at))


def _free_name(path: Path, at: float) -> Path:
    stamp = datetime.fromtimestamp(int(at), UTC).strftime(_STAMP)
    name = f"{path.name}.damaged-{stamp}"
    others = 0
    while any(path.with_name(f"{name}{beside}").exists() for beside in _BESIDE):
        others += 1
        name = f"{path.name}.damaged-{stamp}.{others}"
    return path.with_name(name)


def _rename(path: Path, kept: Path) -> None:
    try:
        for beside in _BESIDE:
            with suppress(FileNotFoundError):
                path.with_name(f"{path.name}{beside}").rename(f"{kept}{beside}")
        StorePaths(path).suspicion.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"the damaged store cannot be set aside: {error.strerror}",
            where=str(path),
            hint="move it away; the mirror fetches everything again",
        ) from error


def _set_aside_at(kept: Path) -> float:
    """When it was set aside, wall seconds."""
    stamp = kept.name.rpartition(".damaged-")[2].partition(".")[0]
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

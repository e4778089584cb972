"""A damaged store: set aside with everything, made anew, and those who read it follow."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from mirror.clock import SystemClock
from mirror.errors import DamagedStoreError, NewerStoreError, StoreError, StoreMissingError
from mirror.settings import WriterSettings
from mirror.store import clusters, schema
from mirror.store.damage import damaged_stores, open_whole, set_aside, suspect
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from tests.mirror.store.scene import RELEASES, Store, batch, cluster_update, record, scope_update

pytestmark = pytest.mark.anyio

AT = 1_790_000_000.0
MANY = [record(f"r{n}", needs=[f"c{n % 50}"]) for n in range(500)]


@pytest.fixture
def path(paths: StorePaths) -> Path:
    schema.prepare(paths.store, at=1.0)
    return paths.store


def overwrite(path: Path, first: int, last: int | None = None) -> None:
    with path.open("r+b") as file:
        file.seek(first)
        file.write(b"\xff" * ((last or path.stat().st_size) - first))


def checkpoint(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def test_a_damaged_store_is_set_aside_and_another_one_made(path: Path) -> None:
    overwrite(path, 4096)
    content = path.read_bytes()
    open_whole(path, at=AT)
    schema.check(path)
    (kept,) = damaged_stores(StorePaths(path))
    assert kept.name == "store.db.damaged-20260921T141320Z"
    assert kept.read_bytes() == content


def test_the_log_goes_with_its_store(path: Path) -> None:
    overwrite(path, 4096)
    log = path.with_name("store.db-wal")
    log.write_bytes(b"the log of the damaged store")
    kept = set_aside(path, DamagedStoreError("damaged"), at=AT)
    assert not log.exists()
    assert Path(f"{kept}-wal").read_bytes() == b"the log of the damaged store"


def test_a_log_that_has_lost_its_store_is_not_replayed_into_another(path: Path) -> None:
    """As it is when the mirror is killed after it has renamed the store, and before the log."""
    keep = sqlite3.connect(path)
    keep.execute("INSERT INTO meta VALUES ('in the log', 'x')")
    keep.commit()
    path.rename(path.with_name("store.db.damaged-20260101T000000Z"))
    open_whole(path, at=AT)
    keep.close()
    with Reader(path) as reader, reader.snapshot() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM meta WHERE key = 'in the log'").scalar() == 0
    assert path.with_name("store.db.damaged-20260921T141320Z-wal").exists()


def test_a_disk_that_fails_is_not_filled_with_damaged_stores(path: Path) -> None:
    for day in range(2):
        for n in range(3):
            overwrite(path, 4096)
            open_whole(path, at=AT + 90_000 * day + n)
        overwrite(path, 4096)
        with pytest.raises(StoreError, match="3 others within a day"):
            open_whole(path, at=AT + 90_000 * day + 3)
    assert len(damaged_stores(StorePaths(path))) == 6


def test_after_a_crash_the_whole_store_is_looked_at(path: Path) -> None:
    """Damage inside a table, where opening does not come by."""
    keep = sqlite3.connect(path)
    keep.execute("CREATE INDEX extra ON meta (value)")
    keep.execute("PRAGMA writable_schema=on")
    keep.execute("DELETE FROM sqlite_schema WHERE name = 'extra'")  # its page belongs to nobody now
    keep.commit()
    keep.close()
    open_whole(path, at=AT)
    assert damaged_stores(StorePaths(path)) == [], "no crash, no look"
    keep = sqlite3.connect(path)
    keep.execute("INSERT INTO meta VALUES ('in the log', 'x')")
    keep.commit()
    open_whole(path, at=AT)
    keep.close()
    assert len(damaged_stores(StorePaths(path))) == 1


def first_page(path: Path) -> None:
    overwrite(path, 0, 4096)


def all_but_the_first(path: Path) -> None:
    overwrite(path, 4096)


async def write_until_it_has_to_read(store: Store) -> None:
    """What SQLite has in its memory is still good."""
    for n in range(200):
        await store.replace([record(f"s{i}", n + 1) for i in range(500)], version=str(n))


@pytest.mark.parametrize("harm", [first_page, all_but_the_first])
async def test_damage_under_a_mirror_that_runs(store: Store, harm: Callable[[Path], None]) -> None:
    await store.replace(MANY)
    await anyio.to_thread.run_sync(checkpoint, store.paths.store)
    reader = await anyio.to_thread.run_sync(Reader, store.paths.store)
    await anyio.to_thread.run_sync(harm, store.paths.store)
    with pytest.raises(DamagedStoreError):
        await write_until_it_has_to_read(store)
    with pytest.raises(DamagedStoreError):
        await store.writer.apply(batch(record("late")))
    assert len(await anyio.to_thread.run_sync(damaged_stores, store.paths)) == 1
    async with Writer(store.paths, WriterSettings(gather_s=0.0), SystemClock()) as anew:
        await anew.apply(cluster_update(), scope_update(RELEASES), batch(record("new")))
        assert await store.names() == {"new"}
        assert await anyio.to_thread.run_sync(reader.replaced)
        assert await anyio.to_thread.run_sync(reader.generation) == 1
    reader.close()


async def test_damage_that_only_a_reader_meets(store: Store) -> None:
    await store.replace(MANY)
    await anyio.to_thread.run_sync(checkpoint, store.paths.store)
    await anyio.to_thread.run_sync(suspect, store.paths)
    await store.writer.apply(batch(record("one more")))
    assert not await anyio.Path(store.paths.suspicion).exists(), "looked at and found whole"
    await anyio.to_thread.run_sync(checkpoint, store.paths.store)
    size = (await anyio.Path(store.paths.store).stat()).st_size
    await anyio.to_thread.run_sync(overwrite, store.paths.store, size // 2)
    await anyio.to_thread.run_sync(suspect, store.paths)
    with pytest.raises(DamagedStoreError):
        await store.writer.apply(batch(record("another")))
    assert not await anyio.Path(store.paths.suspicion).exists()
    assert len(await anyio.to_thread.run_sync(damaged_stores, store.paths)) == 1


async def test_a_store_that_is_removed_under_a_mirror_that_runs(store: Store) -> None:
    await store.writer.apply(batch(record("one")))
    await anyio.Path(store.paths.store).unlink()
    with pytest.raises(DamagedStoreError, match="removed or replaced"):
        await store.writer.apply(batch(record("two")))
    assert await anyio.to_thread.run_sync(damaged_stores, store.paths) == []


def test_a_reader_follows_to_the_store_that_is_there_now(path: Path) -> None:
    with Reader(path) as reader:
        path.rename(path.with_name("former.db"))
        assert reader.replaced()
        with pytest.raises(StoreMissingError), reader.snapshot():
            pass
        schema.prepare(path, at=7.0)
        with reader.snapshot() as connection:
            assert clusters.meta(connection).created_at == 7.0
        assert not reader.replaced()


def test_a_reader_of_former_days_says_that_the_store_is_newer(path: Path) -> None:
    with Reader(path) as reader:
        newer = sqlite3.connect(path)
        newer.execute("ALTER TABLE cluster RENAME COLUMN hint TO advice")
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
        newer.close()
        with pytest.raises(NewerStoreError), reader.snapshot() as connection:
            clusters.clusters(connection)

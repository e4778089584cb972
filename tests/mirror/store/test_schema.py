"""What a store file must be, and that nothing else is touched."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from mirror.errors import (
    DamagedStoreError,
    ForeignStoreError,
    NewerStoreError,
    OlderStoreError,
    StoreError,
    StoreMissingError,
    StoreUnavailableError,
)
from mirror.store import clusters, schema
from mirror.store.engine import reader_engine, store_error, writer_engine
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.tables import metadata


@pytest.fixture
def store(paths: StorePaths) -> Path:
    schema.prepare(paths.store, at=5.0)
    return paths.store


def sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_new_store_has_the_tables_of_the_code(store: Path) -> None:
    engine = reader_engine(store)
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, parents: not str(name).startswith("searchable")}
        difference = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    assert difference == []


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parents[2] / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == schema.REVISIONS


def test_a_new_store_is_accepted(store: Path) -> None:
    schema.check(store)
    with Reader(store) as reader, reader.snapshot() as connection:
        meta = clusters.meta(connection)
    assert (meta.created_at, meta.generation, meta.heartbeat_at) == (5.0, 0, None)


def test_to_prepare_again_changes_nothing(store: Path) -> None:
    before = digest(store)
    schema.prepare(store, at=9.0)
    assert digest(store) == before


def test_a_new_store_is_for_its_owner_only_whatever_the_umask(paths: StorePaths) -> None:
    umask = os.umask(0)
    try:
        schema.prepare(paths.store, at=0.0)
    finally:
        os.umask(umask)
    assert paths.store.stat().st_mode & 0o777 == 0o600
    assert paths.store.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_exists_stays_as_it_is(paths: StorePaths) -> None:
    paths.store.parent.mkdir()
    paths.store.parent.chmod(0o755)
    schema.prepare(paths.store, at=0.0)
    assert paths.store.parent.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "make", [lambda path: None, Path.touch, sqlite3.connect], ids=["no file", "empty", "touched"]
)
def test_nothing_is_no_store_yet(paths: StorePaths, make: Callable[[Path], object]) -> None:
    paths.create_folder()
    made = make(paths.store)
    if isinstance(made, sqlite3.Connection):
        made.close()
    with pytest.raises(StoreMissingError) as caught:
        schema.check(paths.store)
    assert str(paths.store) in str(caught.value)
    assert "flux-mirror" in caught.value.hint
    schema.prepare(paths.store, at=0.0)
    schema.check(paths.store)


def test_a_database_without_any_content_becomes_ours(paths: StorePaths) -> None:
    paths.create_folder()
    sql(paths.store, "PRAGMA journal_mode=wal")
    assert paths.store.stat().st_size > 0
    with pytest.raises(StoreMissingError):
        schema.check(paths.store)
    schema.prepare(paths.store, at=0.0)
    schema.check(paths.store)


def garbage(path: Path) -> None:
    path.write_bytes(b"# my notes\n" * 1000)


def short_text(path: Path) -> None:
    path.write_text("hello")


def other_program(path: Path) -> None:
    sql(path, "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('precious')")


def other_program_with_mark(path: Path) -> None:
    sql(path, "PRAGMA application_id=1234")


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [garbage, short_text, other_program, other_program_with_mark, folder])
@pytest.mark.parametrize(
    "use", [schema.check, lambda path: schema.prepare(path, at=0.0)], ids=["check", "prepare"]
)
def test_what_is_not_ours_is_refused_and_left_alone(
    paths: StorePaths, make: Callable[[Path], None], use: Callable[[Path], None]
) -> None:
    paths.create_folder()
    make(paths.store)
    before = digest(paths.store) if paths.store.is_file() else ""
    with pytest.raises(ForeignStoreError) as caught:
        use(paths.store)
    assert caught.value.where == str(paths.store)
    assert caught.value.hint
    assert caught.value.exit_code == 2
    assert paths.store.is_dir() or digest(paths.store) == before


@pytest.mark.parametrize(
    "use", [schema.check, lambda path: schema.prepare(path, at=0.0)], ids=["check", "prepare"]
)
def test_a_newer_store_is_refused_and_left_alone(store: Path, use: Callable[[Path], None]) -> None:
    sql(store, "UPDATE alembic_version SET version_num = '9999'")
    before = digest(store)
    with pytest.raises(NewerStoreError, match="9999") as caught:
        use(store)
    assert caught.value.exit_code == 2
    assert digest(store) == before


def test_an_older_store_asks_for_the_mirror(store: Path) -> None:
    sql(store, f"UPDATE alembic_version SET version_num = '{schema.REVISIONS[0]}'")
    with pytest.raises(OlderStoreError) as caught:
        schema.check(store)
    assert caught.value.retryable


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))


def no_revision(path: Path) -> None:
    sql(path, "DELETE FROM alembic_version")


def no_table(path: Path) -> None:
    sql(path, "DROP TABLE edge")


@pytest.mark.parametrize("damage", [truncated, overwritten, no_revision, no_table])
@pytest.mark.parametrize("use", [schema.check, lambda path: schema.prepare(path, at=0.0), Reader])
def test_a_damaged_store_is_refused_and_left_alone(
    store: Path, damage: Callable[[Path], None], use: Callable[[Path], object]
) -> None:
    damage(store)
    before = digest(store)
    with pytest.raises(DamagedStoreError) as caught:
        use(store)
    assert caught.value.where == str(store)
    assert "sets it aside" in caught.value.hint
    assert digest(store) == before


def test_damage_found_while_reading_is_told_as_such(store: Path) -> None:
    with Reader(store) as reader:
        overwritten(store)
        with pytest.raises(DamagedStoreError), reader.snapshot() as connection:
            clusters.clusters(connection)


def test_a_reader_cannot_write(store: Path) -> None:
    with Reader(store) as reader, pytest.raises(StoreError), reader.snapshot() as connection:
        connection.exec_driver_sql("DELETE FROM meta")


def test_a_reader_writes_nothing_when_it_leaves(store: Path) -> None:
    keep = sqlite3.connect(store)
    keep.execute("INSERT INTO meta VALUES ('in the log', 'x')")
    keep.commit()
    before = digest(store)
    with Reader(store) as reader:
        reader.generation()
    assert digest(store) == before
    keep.close()


def test_a_full_disk_is_told_as_such(store: Path) -> None:
    connection = sqlite3.connect(store)
    connection.execute("PRAGMA max_page_count=1")
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute("INSERT INTO dictionary VALUES (1, zeroblob(1000000))")
    connection.close()
    error = store_error(caught.value, store)
    assert isinstance(error, StoreUnavailableError)
    assert "disk is full" in str(error)


def test_a_locked_store_is_told_as_such(store: Path) -> None:
    holder = sqlite3.connect(store, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    other = sqlite3.connect(store, isolation_level=None, timeout=0)
    with pytest.raises(sqlite3.Error) as caught:
        other.execute("BEGIN IMMEDIATE")
    other.close()
    holder.close()
    assert isinstance(store_error(caught.value, store), StoreUnavailableError)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_store_without_permission_is_told_as_such(store: Path) -> None:
    store.chmod(0)
    with pytest.raises(StoreError, match="cannot be opened"):
        schema.check(store)


def test_a_folder_that_cannot_be_made_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as caught:
        schema.prepare(tmp_path / "file" / "store.db", at=0.0)
    assert str(tmp_path / "file") in str(caught.value)


def test_the_writer_works_as_it_should(store: Path) -> None:
    engine = writer_engine(store)
    with engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "mmap_size", "application_id")
        }
    engine.dispose()
    assert values == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "mmap_size": 0,
        "application_id": 0x666C786D,
    }

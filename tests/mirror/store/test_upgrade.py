"""A store of a former version becomes one of ours: whole, or not at all, and its rows are written anew."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import anyio.to_thread
import pytest
from alembic import command
from alembic.config import Config

from mirror.clock import SystemClock
from mirror.errors import OlderStoreError
from mirror.records import Health
from mirror.settings import WriterSettings
from mirror.store import clusters, edges, events, schema, tally
from mirror.store.changes import ScopeState
from mirror.store.engine import APPLICATION_ID, writer_engine
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.rows import EdgeRow
from mirror.store.writer import Writer
from tests.mirror.store.scene import (
    EVENTS,
    RELEASES,
    Store,
    batch,
    cluster_update,
    event,
    pages,
    record,
    scope_update,
)

OBJECTS, OTHERS = 300, (4, 2, 3)

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([schema.__name__, "alembic.command"])


def make_first(path: Path) -> None:
    """A store as the first revision had it, with rows."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(0o600)
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parents[2] / "migrations"))
    engine = writer_engine(path)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with engine.connect() as connection, connection.begin():
        run = connection.exec_driver_sql
        run("INSERT INTO meta VALUES ('store_id', 'first'), ('created_at', '1.0'), ('generation', '7')")
        run("INSERT INTO cluster (id, name, state, state_since, uid) VALUES (1, 'staging', 'synced', 1, 'u')")
        run(
            "INSERT INTO scope (id, cluster_id, 'group', plural, kind, version, state, state_since, "
            "resource_version, listed_at) VALUES (1, 1, 'helm.toolkit.fluxcd.io', 'helmreleases', "
            "'HelmRelease', 'v1', 'watching', 1, '50', 2)"
        )
        for n in range(OBJECTS):
            run(
                "INSERT INTO object (cluster_id, 'group', kind, namespace, name, present, scope_id, uid, "
                f"resource_version, health) VALUES (1, 'helm.toolkit.fluxcd.io', 'HelmRelease', 'apps', "
                f"'r{n}', 1, 1, 'uid-of-r{n}', '50', 'Ready')"
            )
        for other in OTHERS:
            run(f"INSERT INTO edge VALUES (1, {other}, 'dependsOn', 'spec.dependsOn[{other}]', 0)")
    engine.dispose()


@pytest.fixture
def first(paths: StorePaths) -> Path:
    make_first(paths.store)
    return paths.store


def names(path: Path) -> int:
    with Reader(path) as reader, reader.snapshot() as connection:
        assert [row.name for row in clusters.clusters(connection)] == ["staging"]
        return int(connection.exec_driver_sql("SELECT count(*) FROM object WHERE present").scalar_one())


def test_rows_survive_an_upgrade(first: Path) -> None:
    with pytest.raises(OlderStoreError):
        Reader(first)
    schema.prepare(first, at=9.0)
    assert names(first) == OBJECTS
    with Reader(first) as reader, reader.snapshot() as connection:
        assert clusters.meta(connection)[:3] == ("first", 1.0, 7)
        (row,) = clusters.clusters(connection)
        assert (row.streams_open, row.streams_down, row.streams_since) == (1, 0, 1.0)
        assert [row[3:] for row in tally.count_by_health(connection)] == [("Ready", OBJECTS)]
        named = {EdgeRow(1, n, "dependsOn", f"spec.dependsOn[{n}]", False) for n in OTHERS}
        assert set(edges.outgoing(connection, [1])) == named
        assert set(edges.incoming(connection, OTHERS)) == named


def structure(path: Path) -> dict[str, object]:
    """What the tables, their columns, keys and indexes are, whatever the order in which they were made."""
    connection = sqlite3.connect(path)
    run = connection.execute
    found: dict[str, object] = {}
    for name, text in run("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
        found[name] = (
            {column[1:] for column in run(f"PRAGMA table_xinfo('{name}')")},
            {key[2:] for key in run(f"PRAGMA foreign_key_list('{name}')")},
            "VIRTUAL" in text and text,
            "WITHOUT ROWID" in text,
        )
    for name, table, text in run(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index'"
    ).fetchall():
        columns = tuple(row[2] for row in run(f"PRAGMA index_info('{name}')"))
        kinds = {row[2:] for row in run(f"PRAGMA index_list('{table}')") if row[1] == name}
        where = (text or "").partition("WHERE")[2].strip()
        found[f"index of {table}({', '.join(columns)})"] = (name if text else "", kinds, where)
    connection.close()
    return found


def test_an_upgraded_store_is_what_a_new_one_is(first: Path, tmp_path: Path) -> None:
    new = StorePaths(tmp_path / "new" / "store.db").store
    schema.prepare(new, at=9.0)
    assert structure(first) != structure(new)
    schema.prepare(first, at=9.0)
    assert structure(first) == structure(new)


def test_readers_of_the_former_version_go_on(first: Path) -> None:
    old = sqlite3.connect(f"{first.as_uri()}?mode=ro", uri=True, isolation_level=None)
    columns = "SELECT id, name, server, uid, version, state, confirmed_at, error, hint FROM cluster"
    old.execute("BEGIN")
    before = old.execute(columns).fetchall()
    schema.prepare(first, at=9.0)
    assert old.execute(columns).fetchall() == before, "in the snapshot that is open"
    old.execute("COMMIT")
    assert old.execute(columns).fetchall() == before
    assert old.execute("SELECT count(*) FROM object").fetchone() == (OBJECTS,)
    old.close()


def upgrade(path: Path, life_s: float | None) -> float:
    """Upgrade the store in a process that lives so long, None: to its end; seconds that it has lived."""
    process = _processes.Process(target=schema.prepare, args=(path,), kwargs={"at": 9.0})
    process.start()
    began = time.perf_counter()
    process.join(life_s)
    process.kill()
    process.join()
    return time.perf_counter() - began


def restore(paths: StorePaths, content: bytes) -> None:
    for file in paths.store.parent.glob("store.db*"):
        file.unlink()
    paths.store.write_bytes(content)


def killed_upgrades(paths: StorePaths, random: Random, kills: int) -> tuple[int, int]:
    """(how often the store was still of the first revision, how often it was upgraded)."""
    outcomes = [0, 0]
    make_first(paths.store)
    content = paths.store.read_bytes()
    whole_s = upgrade(paths.store, None)
    for _ in range(kills):
        restore(paths, content)
        upgrade(paths.store, random.uniform(0.0, 1.5 * whole_s))
        try:
            assert names(paths.store) == OBJECTS
            outcomes[1] += 1
        except OlderStoreError:
            outcomes[0] += 1
        schema.prepare(paths.store, at=9.0)
        assert names(paths.store) == OBJECTS
    return outcomes[0], outcomes[1]


def test_a_killed_upgrade_leaves_the_former_store(paths: StorePaths) -> None:
    assert sum(killed_upgrades(paths, Random(1), 3)) == 3


@pytest.mark.long
def test_50_killed_upgrades_leave_the_former_or_the_new_store(paths: StorePaths) -> None:
    former, upgraded = killed_upgrades(paths, Random(2), 50)
    assert former > 0
    assert upgraded > 0


@pytest.mark.anyio
async def test_rows_of_a_former_version_are_written_anew(first: Path, paths: StorePaths) -> None:
    """Equal resourceVersions, but today's code has another opinion."""
    async with Writer(paths, WriterSettings(gather_s=0.0), SystemClock()) as writer:
        store = Store(paths, writer)
        (scope,) = await store.look(clusters.scopes)
        assert scope.resource_version == "", "nothing to resume from"
        assert len(await store.names()) == OBJECTS, "but all of it can still be read"
        seen_otherwise = [record(f"r{n}", 50, health=Health.FAILED) for n in range(OBJECTS)]
        await writer.replace(RELEASES, pages(seen_otherwise), resource_version="50", at=9.0)
        assert {row.health for row in (await store.objects()).values()} == {"Failed"}


def forget_who_wrote(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = 'former' WHERE key = 'projection'")
    connection.commit()
    connection.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("between", "resumes"), [(lambda path: None, True), (forget_who_wrote, False)], ids=["same", "other"]
)
async def test_only_rows_of_other_code_are_written_anew(
    paths: StorePaths, between: Callable[[Path], None], resumes: bool
) -> None:
    settings = WriterSettings(gather_s=0.0)
    async with Writer(paths, settings, SystemClock()) as writer:
        await writer.apply(
            cluster_update(), scope_update(RELEASES, ScopeState.WATCHING), scope_update(EVENTS)
        )
        await writer.apply(batch(record("one")), batch(events=[event("u")], scope=EVENTS))
    await anyio.to_thread.run_sync(between, paths.store)
    async with Writer(paths, settings, SystemClock()) as writer:
        again = Store(paths, writer)
        assert await again.names() == {"one"}
        versions = {row.plural: row.resource_version for row in await again.look(clusters.scopes)}
        assert versions["helmreleases"] == ("100" if resumes else "")
        told = await again.look(lambda connection: events.select(connection, limit=9))
        assert len(told) == (1 if resumes else 0)

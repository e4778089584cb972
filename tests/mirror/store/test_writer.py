"""Commits: shared by those who wait together, whole or not at all, an error only for its own caller."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import anyio
import pytest

from mirror.clock import SystemClock
from mirror.errors import ForeignStoreError, StoreError
from mirror.keys import ClusterName, ScopeKey
from mirror.settings import WriterSettings
from mirror.store import clusters
from mirror.store.changes import ScopeState
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from tests.mirror.store.scene import (
    RELEASES,
    STAGING,
    Store,
    batch,
    cluster_update,
    pages,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio

UNKNOWN = ScopeKey(STAGING, "apps", "deployments")


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_what_waits_together_shares_a_commit(store: Store) -> None:
    before = await store.look(clusters.generation)
    async with anyio.create_task_group() as tasks:
        for n in range(40):
            tasks.start_soon(store.writer.apply, batch(record(f"r{n}")))
    assert len(await store.names()) == 40
    # The first one may go alone; the others wait meanwhile. One commit each would be 40.
    assert await store.look(clusters.generation) - before < 10


async def test_what_comes_soon_after_a_commit_is_gathered(paths: StorePaths) -> None:
    with anyio.fail_after(5):
        async with Writer(paths, WriterSettings(gather_s=3600.0), SystemClock()) as writer:
            store = Store(paths, writer)
            await writer.apply(cluster_update(), scope_update(RELEASES))  # after a pause: at once
            before = await store.look(clusters.generation)
            waiting = [asyncio.ensure_future(writer.apply(batch(record(f"r{n}")))) for n in range(10)]
            assert await store.look(clusters.generation) == before
        # Closing ends the waiting.
        await asyncio.gather(*waiting)
    assert await store.look(clusters.generation) == before + 1


async def test_a_full_queue_makes_callers_wait(paths: StorePaths) -> None:
    settings = WriterSettings(gather_s=0.0, queue_batches=1)
    async with Writer(paths, settings, SystemClock()) as writer:
        await writer.apply(cluster_update(), scope_update(RELEASES))
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                for n in range(20):
                    tasks.start_soon(writer.apply, batch(record(f"r{n}")))
        assert len(await Store(paths, writer).names()) == 20


async def test_calls_are_carried_out_in_their_order(store: Store) -> None:
    calls = [store.writer.apply(batch(record("podinfo", 10 + n), version=str(100 + n))) for n in range(30)]
    await asyncio.gather(*calls)
    (row,) = [row for row in await store.look(clusters.scopes) if row.plural == "helmreleases"]
    assert row.resource_version == "129"


async def test_a_change_that_fails_leaves_nothing_and_takes_nobody_along(store: Store) -> None:
    failing = store.writer.apply(batch(record("half")), batch(record("other"), scope=UNKNOWN))
    good = [store.writer.apply(batch(record(f"r{n}"))) for n in range(5)]
    outcomes = await asyncio.gather(*good[:3], failing, *good[3:], return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome] == [StoreError]
    assert "not known" in str(outcomes[3])
    assert str(UNKNOWN) in str(outcomes[3])
    assert await store.names() == {f"r{n}" for n in range(5)}


async def test_a_bug_in_one_change_reaches_its_caller(store: Store) -> None:
    with pytest.raises(sqlite3.ProgrammingError):
        await store.writer.apply(batch(record("podinfo"), version=object()), batch(version=[]))  # type: ignore[arg-type]
    await store.writer.apply(batch(record("podinfo")))
    assert await store.names() == {"podinfo"}


async def test_nothing_is_stored_of_an_unknown_cluster(store: Store) -> None:
    scope = RELEASES._replace(cluster=ClusterName("production"))
    with pytest.raises(StoreError, match="production"):
        await store.writer.apply(scope_update(scope))
    with pytest.raises(StoreError, match="production"):
        await store.writer.replace(scope, pages(), resource_version="1", at=1.0)


async def test_a_list_commits_together_with_its_changes(store: Store) -> None:
    before = await store.look(clusters.generation)
    watching = scope_update(RELEASES, ScopeState.WATCHING)
    await store.writer.replace(RELEASES, pages([record("one")]), watching, resource_version="5", at=9.0)
    (row,) = [row for row in await store.look(clusters.scopes) if row.plural == "helmreleases"]
    assert (row.state, row.resource_version, row.listed_at) == ("watching", "5", 9.0)
    assert await store.look(clusters.generation) == before + 1


async def test_a_list_that_fails_changes_nothing(store: Store) -> None:
    await store.replace([record("one"), record("two")])
    with pytest.raises(StoreError):
        await store.writer.replace(
            RELEASES,
            pages([record("three")]),
            scope_update(RELEASES._replace(cluster=ClusterName("x"))),
            resource_version="9",
            at=1.0,
        )
    assert await store.names() == {"one", "two"}


async def test_a_cancelled_caller_does_not_block_the_others(store: Store) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await store.writer.apply(batch(record("one")))
    with anyio.fail_after(5):
        await store.writer.apply(batch(record("two")))
    assert "two" in await store.names()


async def test_closing_waits_for_what_was_handed_over(paths: StorePaths) -> None:
    async with Writer(paths, WriterSettings(), SystemClock()) as writer:
        await writer.apply(cluster_update(), scope_update(RELEASES))
        waiting = [asyncio.ensure_future(writer.apply(batch(record(f"r{n}")))) for n in range(30)]
        await anyio.lowlevel.checkpoint()
    await asyncio.gather(*waiting)
    assert len(await Store(paths, writer).names()) == 30
    with pytest.raises(StoreError, match="closed"):
        await writer.apply(batch(record("late")))


async def test_a_closed_store_is_one_file(paths: StorePaths) -> None:
    async with Writer(paths, WriterSettings(), SystemClock()) as writer:
        await writer.apply(cluster_update())
    assert (await anyio.to_thread.run_sync(modes, paths.store.parent)).keys() == {"store.db"}


async def test_what_was_stored_is_there_after_a_restart(paths: StorePaths, settings: WriterSettings) -> None:
    async with Writer(paths, settings, SystemClock()) as writer:
        await writer.apply(cluster_update(), scope_update(RELEASES), batch(record("one", needs=["a"])))
    async with Writer(paths, settings, SystemClock()) as writer:
        await writer.apply(batch(record("two", needs=["a"])))
        store = Store(paths, writer)
        assert await store.links() == {("one", "a", False), ("two", "a", False)}
        assert await store.look(clusters.generation) == 2


async def test_a_file_that_is_not_ours_is_refused_and_left_alone(paths: StorePaths) -> None:
    await anyio.Path(paths.store.parent).mkdir()
    await anyio.Path(paths.store).write_bytes(b"precious")
    with pytest.raises(ForeignStoreError):
        async with Writer(paths, WriterSettings(), SystemClock()):
            pass
    assert await anyio.Path(paths.store).read_bytes() == b"precious"
    assert (await anyio.to_thread.run_sync(modes, paths.store.parent)).keys() == {"store.db"}


async def test_readers_see_the_old_state_until_the_commit(store: Store) -> None:
    await store.writer.apply(batch(record("one")))

    def generation_before_and_after() -> tuple[int, int, int]:
        with Reader(store.paths.store) as reader:
            with reader.snapshot() as connection:
                before = clusters.generation(connection)
                anyio.from_thread.run(store.writer.apply, batch(record("two")))
                during = clusters.generation(connection)
            return before, during, reader.generation()

    before, during, after = await anyio.to_thread.run_sync(generation_before_and_after)
    assert (during - before, after - before) == (0, 1)


async def test_the_store_is_for_its_owner_only(store: Store) -> None:
    folder = store.paths.store.parent
    inside = await anyio.to_thread.run_sync(modes, folder)
    assert inside == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}
    assert (await anyio.to_thread.run_sync(modes, folder.parent))["state"] == 0o700

"""A mirror whose store is damaged or removed while it runs: the next store has everything again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from mirror.errors import StoreError
from mirror.kube.kubeconfig import load_selection
from mirror.kube.kubeconfig_watch import KubeconfigWatch
from mirror.settings import MirrorSettings
from mirror.store import clusters, objects
from mirror.store.damage import damaged_stores, suspect
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.clock import ManualClock
from mirror.testing.cluster import FakeCluster
from mirror.testing.kubeconfig import write_kubeconfig
from server.daemon import mirror_clusters

pytestmark = pytest.mark.anyio


def store_id(paths: StorePaths) -> str:
    """Of the store that holds the whole cluster; empty while there is none."""
    try:
        with Reader(paths.store) as reader, reader.snapshot() as connection:
            whole = [row.state for row in clusters.clusters(connection)] == ["synced"]
            namespaces = objects.select(connection, kind="Namespace")
            return clusters.meta(connection).store_id if whole and namespaces else ""
    except StoreError:
        return ""


def damage(paths: StorePaths) -> None:
    """In the file itself: what is still in the log is whole."""
    connection = sqlite3.connect(paths.store)
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    connection.close()
    with paths.store.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(200_000))
    suspect(paths)


def remove(paths: StorePaths) -> None:
    paths.store.unlink()


@pytest.mark.parametrize(("harm", "kept"), [(damage, 1), (remove, 0)])
async def test_everything_is_fetched_again(
    tmp_path: Path, harm: Callable[[StorePaths], None], kept: int
) -> None:
    paths, clock = StorePaths(tmp_path / "state" / "store.db"), ManualClock()

    async def until_whole(other_than: str) -> str:
        with anyio.fail_after(60):
            while (found := await anyio.to_thread.run_sync(store_id, paths)) in ("", other_than):
                clock.advance(0.5)
            return found

    async with FakeAPIServer(FakeCluster("one")) as server, anyio.create_task_group() as tasks:
        path = tmp_path / "kubeconfig"
        await anyio.to_thread.run_sync(write_kubeconfig, path, {"one": server})
        settings, select = MirrorSettings(), partial(load_selection, [path], {})
        selection = await anyio.to_thread.run_sync(select)
        watch = KubeconfigWatch(select, selection, settings.kubeconfig, clock)
        tasks.start_soon(mirror_clusters, watch, paths, settings, clock)
        first = await until_whole("")
        await anyio.to_thread.run_sync(harm, paths)
        assert await until_whole(first) != first
        assert len(await anyio.to_thread.run_sync(damaged_stores, paths)) == kept
        tasks.cancel_scope.cancel()

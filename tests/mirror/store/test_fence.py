"""Two writers at once, after the lock of the first was removed: only the newer one can commit."""

from __future__ import annotations

import anyio.to_thread
import pytest

from mirror.clock import SystemClock
from mirror.errors import StoreBusyError
from mirror.settings import WriterSettings
from mirror.store import clusters
from mirror.store.changes import ClusterState
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from tests.mirror.store.scene import cluster_update

pytestmark = pytest.mark.anyio


async def test_a_second_writer_ends_the_first(paths: StorePaths, settings: WriterSettings) -> None:
    clock = SystemClock()
    async with Writer(paths, settings, clock) as first:
        await first.apply(cluster_update(state=ClusterState.SYNCING))
        async with Writer(paths, settings, clock) as second:
            await second.apply(cluster_update(state=ClusterState.SYNCED))
            with pytest.raises(StoreBusyError, match="another mirror"):
                await first.apply(cluster_update(state=ClusterState.STALE))
            await second.apply()
    assert await anyio.to_thread.run_sync(stored_states, paths) == ["synced"]


def stored_states(paths: StorePaths) -> list[str]:
    with Reader(paths.store) as reader, reader.snapshot() as connection:
        return [row.state for row in clusters.clusters(connection)]

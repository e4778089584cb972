"""A store of one cluster with three scopes, as it is when nothing has been listed yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mirror.clock import SystemClock
from mirror.settings import WriterSettings
from mirror.store.paths import StorePaths
from mirror.store.writer import Writer
from tests.mirror.store.scene import CONFIG_MAPS, EVENTS, RELEASES, Store, cluster_update, scope_update


@pytest.fixture
def paths(tmp_path: Path) -> StorePaths:
    return StorePaths(tmp_path / "state" / "store.db")


@pytest.fixture
def settings() -> WriterSettings:
    return WriterSettings(gather_s=0.0, idle_s=3600.0)


@pytest.fixture
async def store(paths: StorePaths, settings: WriterSettings) -> AsyncIterator[Store]:
    async with Writer(paths, settings, SystemClock()) as writer:
        await writer.apply(
            cluster_update(), *(scope_update(scope) for scope in (RELEASES, CONFIG_MAPS, EVENTS))
        )
        yield Store(paths, writer)

"""A disk that is full, a quota that is reached: commits wait, readers go on, nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import anyio
import pytest

from mirror.clock import SystemClock
from mirror.errors import StoreUnavailableError
from mirror.settings import WriterSettings
from mirror.store import clusters, events
from mirror.store.changes import Heartbeat
from mirror.store.condition import obstacle
from mirror.store.engine import log_bytes
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from tests.mirror.store.scene import (
    EVENTS,
    RELEASES,
    Store,
    batch,
    cluster_update,
    event,
    record,
    scope_update,
)

pytestmark = pytest.mark.anyio

BULKY = [record(f"r{n}", 50, body=Random(n).randbytes(1000)) for n in range(1000)]


class Hanging:
    """A reader that does not go on."""

    def __init__(self, path: Path) -> None:
        self._stack = ExitStack()
        self._stack.enter_context(self._stack.enter_context(Reader(path)).snapshot())

    def end(self) -> None:
        self._stack.close()


class Told(logging.Handler):
    """What the store's log says; can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self._loop.call_soon_threadsafe(self._news.set)

    async def until(self, text: str) -> None:
        with anyio.fail_after(10):
            while not any(text in line for line in self.lines):
                self._news.clear()
                await self._news.wait()


@pytest.fixture
async def told() -> AsyncIterator[Told]:
    handler = Told()
    log = logging.getLogger("flux_mirror.store")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield handler
    log.removeHandler(handler)


@pytest.fixture
def settings() -> WriterSettings:
    return WriterSettings(gather_s=0.0, retry_s=0.001, retry_cap_s=0.01)


@contextmanager
def full_disk() -> Iterator[None]:
    """A limit on the size of files does what a full disk does: writing fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_waited_out(store: Store, told: Told) -> None:
    await store.replace([record("before")], version="40")
    with full_disk():
        listing = asyncio.ensure_future(store.replace(BULKY, version="50"))
        later = asyncio.ensure_future(store.writer.apply(batch(record("after", 60), version="60")))
        await told.until("nothing is lost")
        assert await store.names() == {"before"}
        (scope,) = [row for row in await store.look(clusters.scopes) if row.plural == "helmreleases"]
        assert scope.resource_version == "40"
        assert not listing.done()
        assert not later.done()
    with anyio.fail_after(10):
        await asyncio.gather(listing, later)
    assert await store.names() == {record.key.name for record in BULKY} | {"after"}
    assert [line for line in told.lines if "again" in line] == told.lines
    assert len(told.lines) == 2, "one line when it begins, one when it is over"


async def test_closing_does_not_wait_for_the_disk(
    paths: StorePaths, settings: WriterSettings, told: Told
) -> None:
    async with Writer(paths, settings, SystemClock()) as writer:
        await writer.apply(cluster_update(), scope_update(RELEASES), batch(record("before")))
        store = Store(paths, writer)
        with full_disk():
            listing = asyncio.ensure_future(store.replace(BULKY))
            await told.until("nothing is lost")
            with anyio.fail_after(10):
                await writer.__aexit__(None, None, None)
    with pytest.raises(StoreUnavailableError):
        await listing
    assert await store.names() == {"before"}


async def test_a_store_keeps_to_its_quota(paths: StorePaths, settings: WriterSettings, told: Told) -> None:
    small = replace(settings, quota_bytes=400_000)
    async with Writer(paths, small, SystemClock()) as writer:
        await writer.apply(cluster_update(), scope_update(RELEASES), batch(record("before")))
        listing = asyncio.ensure_future(Store(paths, writer).replace(BULKY))
        await told.until("quota")
        assert await Store(paths, writer).names() == {"before"}
    with pytest.raises(StoreUnavailableError, match="quota"):
        await listing
    assert (await anyio.Path(paths.store).stat()).st_size <= small.quota_bytes
    async with Writer(paths, settings, SystemClock()) as writer:
        await Store(paths, writer).replace(BULKY)
        assert len(await Store(paths, writer).names()) == 1000


async def test_a_reader_that_hangs_does_not_fill_the_disk(
    paths: StorePaths, settings: WriterSettings, told: Told
) -> None:
    short = replace(settings, log_bytes=200_000)
    async with Writer(paths, short, SystemClock()) as writer:
        await writer.apply(cluster_update(), scope_update(RELEASES))
        held = await anyio.to_thread.run_sync(Hanging, paths.store)
        with anyio.fail_after(20):
            await Store(paths, writer).replace(BULKY)
            waiting = asyncio.ensure_future(writer.apply(batch(record("later"))))
            await told.until("held on to one state")
            size = await anyio.to_thread.run_sync(log_bytes, paths.store)
            assert len(await Store(paths, writer).names()) == 1000
            await anyio.to_thread.run_sync(held.end)
            await waiting
        assert await anyio.to_thread.run_sync(log_bytes, paths.store) < 200_000 < size


async def test_old_events_go_when_the_quota_comes_near(paths: StorePaths, settings: WriterSettings) -> None:
    old = [event(f"u{n}", at=float(n), message="x" * 500) for n in range(4000)]
    async with Writer(paths, settings, SystemClock()) as writer:
        store = Store(paths, writer)
        await writer.apply(cluster_update(), scope_update(EVENTS), batch(events=old, scope=EVENTS))
        assert len(await store.look(partial(events.select, limit=5000))) == 4000
    large = (await anyio.Path(paths.store).stat()).st_size
    small = replace(settings, quota_bytes=large, event_retention_s=1e9)
    async with Writer(paths, small, SystemClock()) as writer:
        store = Store(paths, writer)
        await writer.apply(batch(events=[event("new", at=9000.0)], scope=EVENTS))
        await writer.apply(Heartbeat(10_000.0, ()))
        assert (await store.look(clusters.meta)).quota_bytes == large
        assert len(await store.look(partial(events.select, limit=5000))) == 0
        await writer.apply(batch(events=[event("newer", at=9001.0)], scope=EVENTS))
        for n in range(10):
            await writer.apply(Heartbeat(10_001.0 + n, ()))
        assert len(await store.look(partial(events.select, limit=5000))) == 1
    assert (await anyio.Path(paths.store).stat()).st_size < large / 1.5


async def test_a_full_quota_makes_room_by_itself(
    paths: StorePaths, settings: WriterSettings, told: Told
) -> None:
    old = [event(f"u{n}", at=float(n), message="x" * 500) for n in range(4000)]
    async with Writer(paths, settings, SystemClock()) as writer:
        await writer.apply(cluster_update(), scope_update(EVENTS), scope_update(RELEASES))
        await writer.apply(batch(events=old, scope=EVENTS))
    full = (await anyio.Path(paths.store).stat()).st_size
    async with Writer(paths, replace(settings, quota_bytes=full), SystemClock()) as writer:
        with anyio.fail_after(10):
            await Store(paths, writer).replace(BULKY)
    assert len(told.lines) == 2


def test_what_stands_in_the_way_is_said_in_a_sentence(paths: StorePaths) -> None:
    assert obstacle(paths) == "", "there is no store yet"
    paths.create_folder()
    paths.store.write_bytes(bytes(1_000_000))
    assert obstacle(paths, quota_bytes=2_000_000) == ""
    assert "reached its quota of 1000 KB" in obstacle(paths, quota_bytes=1_024_000)
    assert obstacle(paths, least_free=2**62).startswith("the disk is full: ")
    assert str(paths.store.parent) in obstacle(paths, least_free=2**62)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
@pytest.mark.parametrize("which", ["file", "folder"])
def test_a_store_that_is_read_only_is_seen(paths: StorePaths, which: str) -> None:
    paths.create_folder()
    paths.store.touch(0o400 if which == "file" else 0o600)
    paths.store.parent.chmod(0o500 if which == "folder" else 0o700)
    path: Path = paths.store if which == "file" else paths.store.parent
    assert obstacle(paths).startswith(f"{path} is read-only")
    paths.store.parent.chmod(0o700)

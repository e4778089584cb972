"""When a mirror leaves, and what a reader meets that comes in that very moment."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from mirror.store.lease import ReaderLease, WriterLease, live_readers, running_mirror
from mirror.store.paths import StorePaths
from mirror.testing.clock import ManualClock
from server.departure import first_of, until_lost, until_signal, until_unread

pytestmark = pytest.mark.anyio

LINGER_S = 60.0


class Hurried(ManualClock):
    """Whoever sleeps moves the time on. after: what happens meanwhile, by the time at which it does."""

    def __init__(self, after: dict[float, Callable[[], object]] | None = None) -> None:
        super().__init__()
        self._after = after or {}

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        for at in [at for at in self._after if at <= self.monotonic()]:
            await anyio.to_thread.run_sync(self._after.pop(at))
        await anyio.lowlevel.checkpoint()


@pytest.fixture
def paths(tmp_path: Path) -> StorePaths:
    return StorePaths(tmp_path / "state" / "store.db")


@pytest.fixture
def lease(paths: StorePaths) -> Iterator[WriterLease]:
    with WriterLease(paths).acquire() as lease:
        yield lease


def leaving(paths: StorePaths) -> bool:
    running = running_mirror(paths)
    assert running is not None
    return running.leaving


async def test_the_mirror_stays_for_the_linger_time(paths: StorePaths, lease: WriterLease) -> None:
    seen: list[int] = [1, 1, 1]
    clock = Hurried()
    await until_unread(lease, lambda: seen.pop() if seen else 0, LINGER_S, clock)
    assert clock.monotonic() == 3 + LINGER_S
    assert await anyio.to_thread.run_sync(leaving, paths)


async def test_a_reader_that_comes_as_the_mirror_leaves_keeps_it(
    paths: StorePaths, lease: WriterLease
) -> None:
    """After the last count of readers, before the mirror has said that it leaves."""

    class Interrupted(WriterLease):
        def leaving(self, leaving: bool) -> None:
            if leaving and not late.held:
                late.enter()
            lease.leaving(leaving)

    class Late:
        held = False

        def enter(self) -> None:
            self.held = True
            self.reader = ReaderLease(paths).__enter__()
            gone_at.append(clock.monotonic())

    late, gone_at, stayed = Late(), list[float](), list[bool]()
    clock = Hurried(
        {
            LINGER_S + 1.5: lambda: stayed.append(not leaving(paths)),
            200.0: lambda: late.reader.__exit__(None, None, None),
        }
    )
    await until_unread(Interrupted(paths), lambda: live_readers(paths), LINGER_S, clock)
    assert gone_at == [LINGER_S]
    assert stayed == [True]
    assert clock.monotonic() == 199 + LINGER_S


async def test_a_reader_that_comes_later_sees_that_the_mirror_leaves(
    paths: StorePaths, lease: WriterLease
) -> None:
    """After the mirror has said it and has counted again: the reader starts another, once it is gone."""
    await until_unread(lease, lambda: live_readers(paths), LINGER_S, Hurried())

    def attach() -> bool:
        with ReaderLease(paths):
            return leaving(paths)

    assert await anyio.to_thread.run_sync(attach)


async def test_a_mirror_whose_lock_file_is_removed_leaves(paths: StorePaths, lease: WriterLease) -> None:
    clock = Hurried({10.0: paths.lock.unlink})
    await until_lost(lease, clock)
    assert clock.monotonic() == 10.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_signals_end_it(number: signal.Signals) -> None:
    async def send() -> None:
        await anyio.lowlevel.checkpoint()
        os.kill(os.getpid(), number)
        await anyio.sleep_forever()

    inherited = signal.signal(number, signal.SIG_DFL)  # the tests themselves may run under nohup
    try:
        with anyio.fail_after(5):
            await first_of(until_signal, send)
    finally:
        signal.signal(number, inherited)


async def test_a_terminal_that_ends_does_not_concern_a_mirror_under_nohup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        async def send() -> None:
            await anyio.lowlevel.checkpoint()
            os.kill(os.getpid(), signal.SIGHUP)
            await anyio.sleep(0.05)

        with anyio.fail_after(5):
            await first_of(until_signal, send)
    finally:
        signal.signal(signal.SIGHUP, before)

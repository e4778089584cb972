"""Why a mirror process ends: it is told to, nobody reads it any more, or its lock file has been removed."""

from __future__ import annotations

import logging
import signal
from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread

from mirror.clock import Clock
from mirror.store.lease import WriterLease

__all__ = ["Wait", "first_of", "until_lost", "until_signal", "until_unread"]

_LOOK_S = 1.0
"""Seconds between two looks at the readers, and at the lock file."""

Wait = Callable[[], Awaitable[None]]

log = logging.getLogger("flux_mirror")


async def until_signal() -> None:
    """Wait for SIGINT, SIGTERM or, where the terminal's end concerns us, SIGHUP. Only in the main thread."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:  # nohup ignores it for us
        numbers.append(hangup)
    with anyio.open_signal_receiver(*numbers) as signals:
        async for number in signals:
            log.info("signal %s: leaving", number.name)
            return


async def until_lost(lease: WriterLease, clock: Clock) -> None:
    """Wait until somebody has removed or replaced the lock file: another mirror may begin at any time."""
    while not await anyio.to_thread.run_sync(lease.lost):
        await clock.sleep(_LOOK_S)
    log.warning("the lock file of the store has been removed: leaving, so that another mirror can have it")


async def until_unread(lease: WriterLease, readers: Callable[[], int], linger_s: float, clock: Clock) -> None:
    """Wait until the last reader has been gone for the linger time. readers: how many there are now; blocks.

    Promised: who becomes a reader before we have left is either seen here, and we stay, or sees in the lease
        that we leave, and starts another mirror. Nobody is left with none.
    """
    unread_since = clock.monotonic()
    while True:
        await clock.sleep(_LOOK_S)
        if await anyio.to_thread.run_sync(readers):
            unread_since = clock.monotonic()
        elif clock.monotonic() - unread_since >= linger_s:
            await anyio.to_thread.run_sync(lease.leaving, True)
            if not await anyio.to_thread.run_sync(readers):
                log.info("nobody has read for %.0f s: leaving", linger_s)
                return
            await anyio.to_thread.run_sync(lease.leaving, False)
            unread_since = clock.monotonic()


async def first_of(*waits: Wait) -> None:
    """Wait until one of them has returned; the others are cancelled."""
    async with anyio.create_task_group() as tasks:

        async def one(wait: Wait) -> None:
            await wait()
            tasks.cancel_scope.cancel()

        for wait in waits:
            tasks.start_soon(one, wait)

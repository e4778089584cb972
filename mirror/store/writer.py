"""The one way into a store: changes are handed to a thread that owns the one writing connection."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self

import anyio

from mirror.clock import Clock
from mirror.errors import StoreError
from mirror.keys import ScopeKey
from mirror.settings import WriterSettings
from mirror.store.changes import Change
from mirror.store.committer import Committer, Work
from mirror.store.pages import Pages
from mirror.store.paths import StorePaths
from mirror.store.transaction import Transaction

__all__ = ["Writer"]


class _Job(NamedTuple):
    work: Work
    done: asyncio.Future[None]
    large: bool
    """Has a commit of its own, so that nothing else waits for its end."""


class Writer:
    """Writes a store, on asyncio. Whoever opens one holds the WriterLease of the store.

    Promised
        apply() and replace() return once their changes are committed, all or none of them. Calls are
            carried out in their order; what comes at the same time shares a commit, and a change that fails
            fails its own caller only.
        A resourceVersion is committed together with the rows that it covers.
        While the disk is full, read-only or failing, calls wait, and are carried out once it is not.
        Closing waits until everything that was handed over is committed, but not for the disk.
    Not promised
        That the last commits survive a power cut: SQLite syncs at checkpoints (synchronous=NORMAL). The
            store is then whole and at an earlier commit, with the resourceVersions of that commit.
        That a cancelled call has not been carried out.
    Fails with
        StoreError and its kinds: changes of an unknown scope; StoreUnavailableError only from opening, and
            when the writer is closed meanwhile.
        DamagedStoreError: the file is set aside and this writer of no more use; open another one.
    """

    def __init__(self, paths: StorePaths, settings: WriterSettings, clock: Clock) -> None:
        self._paths = paths
        self._settings = settings
        self._clock = clock
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._put_back: deque[_Job | None] = deque()
        self._room = anyio.Semaphore(settings.queue_batches, fast_acquire=True)
        self._open = False
        self._closing = threading.Event()
        self._committed_at = float("-inf")

    async def apply(self, *changes: Change) -> None:
        """Commit the changes, in their order, as one."""
        await self._hand_over(lambda transaction: transaction.apply(*changes), large=False)

    async def replace(
        self, scope: ScopeKey, pages: Pages, *changes: Change, resource_version: str, at: float
    ) -> None:
        """Make the scope hold exactly what a list has shown, as one with the changes, which come first.

        Objects of the scope that are not in the pages become absent. Pages of events are added to what is
        stored. resource_version: the list's own. at: when the list was complete, wall seconds.
        """

        def work(transaction: Transaction) -> None:
            transaction.apply(*changes)
            transaction.replace(scope, pages, resource_version, at)

        await self._hand_over(work, large=True)

    async def __aenter__(self) -> Self:
        """Open the store, made or upgraded if need be; raises as schema.prepare()."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()
        threading.Thread(target=self._run, args=(loop, opened), name="store-writer").start()
        try:
            await opened
            self._open = True
        finally:
            if not self._open:
                self._jobs.put(None)  # nobody will close what may still be opened
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        self._closing.set()
        self._jobs.put(None)
        with anyio.CancelScope(shield=True):
            await self._ended

    async def _hand_over(self, work: Work, *, large: bool) -> None:
        await self._room.acquire()
        if not self._open:
            self._room.release()
            raise StoreError("the writer is closed", where=str(self._paths.store))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, done, large))
        await done

    def _deliver(self, jobs: Sequence[_Job], errors: Sequence[Exception | None]) -> None:
        for job, error in zip(jobs, errors, strict=True):
            self._room.release()
            _settle(job.done, error)

    def _run(self, loop: asyncio.AbstractEventLoop, opened: asyncio.Future[None]) -> None:
        try:
            committer = Committer(self._paths, self._settings, self._clock, closing=self._closing)
        except Exception as error:  # noqa: BLE001 (raised again by __aenter__)
            loop.call_soon_threadsafe(_settle, opened, error)
            return
        loop.call_soon_threadsafe(_settle, opened, None)
        try:
            while jobs := self._take(committer):
                errors = committer.commit([job.work for job in jobs])
                self._committed_at = self._clock.monotonic()
                loop.call_soon_threadsafe(self._deliver, jobs, errors)
        finally:
            loop.call_soon_threadsafe(_settle, self._ended, committer.close())

    def _take(self, committer: Committer) -> list[_Job]:
        """What goes into the next commit; nothing once the writer is closed and the queue is empty."""
        first = self._put_back.popleft() if self._put_back else self._wait(committer)
        if first is None:
            return []
        jobs = [first]
        if first.large:
            return jobs
        self._gather()
        while len(jobs) < self._settings.queue_batches:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None or job.large:
                self._put_back.append(job)
                break
            jobs.append(job)
        return jobs

    def _wait(self, committer: Committer) -> _Job | None:
        """The next job. While there is none, what can wait is done little by little."""
        pause: float | None = self._settings.idle_s
        while True:
            try:
                return self._jobs.get(timeout=pause)
            except queue.Empty:
                pause = 0.0 if committer.tidy() else None

    def _gather(self) -> None:
        """Let more come in, unless the last commit is long ago."""
        pause = self._committed_at + self._settings.gather_s - self._clock.monotonic()
        if pause > 0:
            self._closing.wait(pause)


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return  # whoever waited was cancelled
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)

"""One program on one server and the mirror of it, in virtual time; judged on the way and at the end."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from mirror.flux.redaction import Redactor
from mirror.settings import AuditSettings, MirrorSettings, WatchSettings, WriterSettings
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.cluster import FakeCluster
from mirror.testing.failures import StatusError
from tests.mirror.informers.conftest import Bench
from tests.mirror.informers.interleaving import objects
from tests.mirror.informers.interleaving.changes import Changes
from tests.mirror.informers.interleaving.history import History
from tests.mirror.informers.interleaving.looks import glance, inspect
from tests.mirror.informers.interleaving.mishaps import Mishaps
from tests.mirror.informers.interleaving.oracle import Oracle
from tests.mirror.informers.interleaving.programs import Step

__all__ = ["play"]

SETTINGS = MirrorSettings(
    writer=WriterSettings(gather_s=0.0),
    watch=WatchSettings(page_size=2),
    audit=AuditSettings(interval_s=math.inf),
)
_AUDITED = replace(SETTINGS, audit=AuditSettings(interval_s=300.0))
"""Only where nothing else can find what is wrong: an audit would heal what must not happen at all."""
_NAME = "one"
_HISTORY = 15
"""Changes kept per kind: few, so that a burst leaves a slow watch behind."""
_ROUNDS, _STEP_S, _LONG_STEP_S = 300, 2.0, 10.0
"""Until it must be equal: at most 37 minutes, in which no wait of the mirror can be longer than 5 to 10."""
_STILL_HOPS, _MOST_HOPS = 8, 200
_ENDS = ("restart", "stream_lists", "put_the_copy_back")


async def play(program: Sequence[Step], folder: Path) -> list[str]:
    """What was wrong: lies on the way, or differences from the server after it; nothing, if all is well."""
    async with AsyncExitStack() as stack:
        bench = Bench(folder, stack)
        cluster = FakeCluster(_NAME, history=_HISTORY, clock=bench.clock)
        objects.furnish(cluster)
        server = await bench.serve(_NAME, cluster=cluster)
        run = _Run(bench, server)
        await run.lives(program)
        return run.wrong


class _Run:
    """Steps about time and the mirror itself are its methods."""

    def __init__(self, bench: Bench, server: FakeAPIServer) -> None:
        self._bench = bench
        self._server = server
        self._asked_before = 0
        self._streaming = False
        self._copies = 0
        self._copy: Path | None = None
        self._history = History(server.cluster)
        self._oracle = Oracle(server.cluster, self._history, Redactor(b"k" * 32))
        self._mishaps = Mishaps(server, self._history)
        self._actors: tuple[object, ...] = (Changes(server.cluster), self._mishaps, self)
        self.wrong: list[str] = []
        self._reader: Reader | None = None

    async def lives(self, program: Sequence[Step]) -> None:
        """Each restart begins another life of the mirror; the last one ends in calm."""
        settings = _AUDITED if any(step.name == "restore" for step in program) else SETTINGS
        rest = list(program)
        while rest and not self.wrong:
            end = next((n for n, step in enumerate(rest) if step.name in _ENDS), len(rest))
            steps, rest = rest[:end], rest[end:]
            watch = replace(settings.watch, streaming_lists=self._streaming)
            async with self._bench.mirroring(replace(settings, watch=watch)):
                self._asked_before = self._server.requests.total
                self._reader = await anyio.to_thread.run_sync(Reader, self._bench.paths.store)
                for step in steps if not self.wrong else ():
                    await self._do(step)
                if not rest and not self.wrong:
                    await self._calm()
            await anyio.to_thread.run_sync(self._reader.close)
            self._reader = None
            if rest:
                await self._do(rest.pop(0))
                rest = rest or [Step("breathe", (1,))]

    async def _do(self, step: Step) -> None:
        act = next(found for actor in self._actors if (found := getattr(actor, step.name, None)))
        with suppress(StatusError):  # it makes no sense now
            done = act(*step.arguments)
            if done is not None:
                await done
        await anyio.lowlevel.checkpoint()

    async def wait(self, seconds: float) -> None:
        """Let time pass at once, as on a machine that slept."""
        self._bench.clock.advance(seconds)
        await self.breathe(1)

    async def rest(self) -> None:
        """Let the mirror do all that it can do without time passing."""
        seen, still = -1, 0
        for _ in range(_MOST_HOPS):
            await self._bench.committed()
            before, seen = seen, self._server.requests.total
            still = still + 1 if seen == before and seen > self._asked_before else 0
            if still > _STILL_HOPS:
                break
        await self.look()

    async def breathe(self, times: int) -> None:
        """Let the mirror come some way without time passing: as far as it comes while somebody reads."""
        assert self._reader is not None
        for _ in range(times):
            await anyio.to_thread.run_sync(self._reader.generation)

    async def look(self) -> None:
        self.wrong += self._oracle.at_any_moment(await self._read(glance))

    async def stream_lists(self, streaming: bool) -> None:
        """Lists are the beginning of their watches, or are not, in the mirror that begins now."""
        self._streaming = streaming

    async def restart(self) -> None:
        """The mirror has ended; another one begins."""

    async def keep_a_copy(self) -> None:
        self._copies += 1
        self._copy = self._bench.paths.store.with_name(f"copy-{self._copies}.db")
        await anyio.to_thread.run_sync(_copy, self._bench.paths.store, self._copy)

    async def put_the_copy_back(self) -> None:
        """The last commits are lost, as in a power cut; without a copy it is a restart."""
        if self._copy is not None:
            # Where it is, for a file that somebody has open must not be replaced.
            self._bench.paths, self._copy = StorePaths(self._copy), None
            self._oracle.forget()

    async def _calm(self) -> None:
        """All faults end, nobody writes any more; time passes until the store is equal, and stays so."""
        await self._mishaps.forgive()
        wrong = await self._become_equal()
        if not wrong:
            for seconds in (61.0, 700.0):
                await self.wait(seconds)
                await self.breathe(5)
            wrong = await self._become_equal()
        self.wrong += wrong

    async def _become_equal(self) -> list[str]:
        wrong = ["nothing was looked at"]
        for attempt in range(_ROUNDS):
            await self.wait(_STEP_S if attempt < _ROUNDS // 3 else _LONG_STEP_S)
            await self.rest()
            wrong = self._oracle.when_quiet(await self._read(inspect))
            if not wrong:
                break
        return wrong

    async def _read(self, look: Callable[[Reader, str], Any]) -> Any:
        assert self._reader is not None
        return await anyio.to_thread.run_sync(look, self._reader, _NAME)


def _copy(source: Path, target: Path) -> None:
    """One consistent state of a store that is being written."""
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)

"""The kinds that people have asked for: they are mirrored in every cluster that serves them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio.to_thread

from mirror.informers.tools import Tools
from mirror.keys import METRICS_GROUP, GroupKind
from mirror.store.changes import KindsAsked
from mirror.store.interests import asked_kinds
from mirror.store.mailbox import Mailbox
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader

__all__ = ["Interests"]

log = logging.getLogger("flux_mirror.interests")


class Interests:
    """What was asked for, over all clusters; takes new requests from the mailbox beside the store.

    Promised
        A request is in the store before anything is mirrored because of it, and survives a restart.
        A kind for which nobody has asked for `keep_s` is mirrored no more; metrics have a shorter one.
    Ends
        `run()` returns only when cancelled. It raises StoreError when the store cannot be used.
    """

    def __init__(self, reader: Reader, tools: Tools) -> None:
        self._reader = reader
        self._writer = tools.writer
        self._settings = tools.settings.interests
        self._metrics = tools.settings.metrics
        self._clock = tools.clock
        self._mailbox = Mailbox(StorePaths(reader.path))
        self._asked: dict[GroupKind, float] = {}
        self._listeners: list[Callable[[], None]] = []

    def kinds(self) -> tuple[GroupKind, ...]:
        """The kinds that are wanted now, what was asked for last first."""
        now = self._clock.wall()
        wanted = sorted((-at, kind) for kind, at in self._asked.items() if now - at <= self._keep_s(kind))
        return tuple(kind for _, kind in wanted[: self._settings.kinds])

    @contextmanager
    def telling(self, changed: Callable[[], None]) -> Iterator[None]:
        """For the length of the block, `changed` is called when a kind is wanted that was not before."""
        self._listeners.append(changed)
        try:
            yield
        finally:
            self._listeners.remove(changed)

    async def run(self) -> None:
        """Take requests until cancelled."""
        self._asked = await anyio.to_thread.run_sync(self._load)
        self._tell()
        while True:
            requests = await anyio.to_thread.run_sync(self._mailbox.take)
            if requests:
                await self._note(tuple(dict.fromkeys(requests)))
            await self._clock.sleep(self._settings.poll_s)

    def _load(self) -> dict[GroupKind, float]:
        with self._reader.snapshot() as connection:
            return asked_kinds(connection)

    async def _note(self, kinds: tuple[GroupKind, ...]) -> None:
        before, now = self.kinds(), self._clock.wall()
        await self._writer.apply(KindsAsked(kinds, now, self._forget_before()))
        self._asked |= dict.fromkeys(kinds, now)
        if set(self.kinds()) != set(before):
            log.info("asked for: %s", ", ".join(f"{kind.kind} of {kind.group or 'core'}" for kind in kinds))
            self._tell()

    def _keep_s(self, kind: GroupKind) -> float:
        return self._metrics.keep_s if kind.group == METRICS_GROUP else self._settings.keep_s

    def _forget_before(self) -> float:
        return self._clock.wall() - self._settings.keep_s

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

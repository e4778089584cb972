"""The store as a reader sees it, with a mirror behind it: when an answer may be given, and its worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from enum import Enum
from threading import Lock

from mirror.clock import Clock
from mirror.errors import DamagedStoreError, OlderStoreError, StoreError, StoreMissingError
from mirror.store import clusters as cluster_rows
from mirror.store.changes import ClusterState
from mirror.store.damage import suspect
from mirror.store.lease import running_mirror
from mirror.store.mailbox import Mailbox
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from query.awaited import is_awaited, wish_of
from query.kinds import well_known
from query.view import View, open_view
from server.launcher import Launcher

__all__ = ["MirroredStore"]

_POLL_S = 0.02
_CONFIRMATION_PATIENCE_S = 3.0
"""Seconds for which the first question waits for a mirror that has just started to confirm what an earlier
one has stored: less than one is the rule. What is not confirmed then is shown as stale or syncing, with its
age."""


KIND_PATIENCE_S = 5.0
"""Seconds for which a question waits for a kind that nobody has asked for before."""


class _Known(Enum):
    """What the store is worth before the first answer."""

    NOTHING = "a cluster has never been read whole"
    EARLIER = "every cluster has been, by an earlier mirror or before trouble"
    CONFIRMED = "the running mirror has spoken about every cluster"


class MirroredStore:
    """A store that a mirror process keeps up to date; safe for several threads.

    Promised
        A mirror that has ended is started again by the next question, and the question is answered from what
            is stored meanwhile; so it is while no mirror can be started, and the answer says why.
        The first question waits until each chosen cluster has been read once or is known to be out of reach;
            where that is known from earlier, only for the few seconds in which it may be confirmed.
    """

    def __init__(
        self,
        paths: StorePaths,
        contexts: Sequence[str],
        launcher: Launcher,
        clock: Clock,
        *,
        timeout_s: float,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """contexts: names of those that the options choose. timeout_s: longest wait for the first sync.

        pause: how to wait, in seconds.
        """
        self.paths = paths
        self.contexts = tuple(contexts)
        self._launcher = launcher
        self._clock = clock
        self._timeout_s = timeout_s
        self._pause = pause
        self._reader: Reader | None = None
        self._lock = Lock()

    @contextmanager
    def open_view(
        self, clusters: Sequence[str] | None = None, max_age: float | None = None
    ) -> Iterator[View]:
        """One consistent look at the store; the first one waits for the first sync, for a bounded time."""
        try:
            with self._look(clusters, max_age) as view:
                yield view
        except DamagedStoreError:
            suspect(self.paths)  # the mirror may never touch what we have met
            raise

    def await_kind(
        self, kind: str | None, api_version: str | None = None, clusters: Sequence[str] | None = None
    ) -> None:
        """Have a kind mirrored that is served and is not mirrored yet, and wait for its first lists, for
        `KIND_PATIENCE_S` at most."""
        if kind is None or well_known(kind, api_version):
            return  # mirrored anyway
        with self.open_view(clusters) as view:
            wish = wish_of(view, kind, api_version)
        if wish is None:
            return
        with suppress(StoreError):  # a folder that cannot be written: the answer says what is not mirrored
            Mailbox(self.paths).ask(wish.kind)
        began = self._clock.monotonic()
        waiting = wish.wait
        while waiting and self._clock.monotonic() - began < KIND_PATIENCE_S:
            self._pause(_POLL_S)
            with self.open_view(clusters) as view:
                waiting = is_awaited(view, wish.kind)

    def _look(self, clusters: Sequence[str] | None, max_age: float | None) -> AbstractContextManager[View]:
        self._launcher.ensure()
        reader = self._ready_reader()
        running = running_mirror(self.paths)
        return open_view(
            reader,
            clock=self._clock,
            alive=running is not None,
            since=running.since if running else 0.0,
            stopped=self._launcher.trouble,
            clusters=clusters,
            max_age=max_age,
        )

    def _ready_reader(self) -> Reader:
        with self._lock:
            if self._reader is None or self._reader.replaced():
                self._reader = self._await_first_answer()
            return self._reader

    def _await_first_answer(self) -> Reader:
        began = self._clock.monotonic()
        reader: Reader | None = None
        while True:
            reader = reader or _reader_if_there(self.paths)
            waited = self._clock.monotonic() - began
            failure = self._launcher.failure()
            if reader is not None:
                known = self._known(reader)
                enough = failure is not None or waited >= _CONFIRMATION_PATIENCE_S
                if (
                    known is _Known.CONFIRMED
                    or (known is _Known.EARLIER and enough)
                    or waited >= self._timeout_s
                ):
                    return reader
            if failure is not None:
                raise failure
            if waited >= self._timeout_s:
                raise StoreMissingError(
                    f"no store after {self._timeout_s:g} s",
                    where=str(self.paths.store),
                    hint=f"the mirror's log may say why: {self.paths.log}",
                )
            self._pause(_POLL_S)
            self._launcher.ensure()

    def _known(self, reader: Reader) -> _Known:
        """Confirmed is the word of the mirror that runs now, and stays: no cluster is in its first sync."""
        running = running_mirror(self.paths)
        with reader.snapshot() as connection:
            rows = {row.name: row for row in cluster_rows.clusters(connection)}
            heartbeat_at = cluster_rows.meta(connection).heartbeat_at or 0.0
        named = [rows.get(name) for name in self.contexts]
        chosen = [rows.get(row.alias_of, row) if row is not None else None for row in named]
        spoken = running is not None and not running.leaving and heartbeat_at >= running.since
        if spoken and all(row is not None and row.state != ClusterState.SYNCING for row in chosen):
            return _Known.CONFIRMED
        earlier = all(row is not None and row.confirmed_at is not None for row in chosen)
        return _Known.EARLIER if earlier else _Known.NOTHING


def _reader_if_there(paths: StorePaths) -> Reader | None:
    try:
        return Reader(paths.store)
    except (StoreMissingError, OlderStoreError):
        return None  # the mirror makes or upgrades it
    except DamagedStoreError:
        suspect(paths)
        return None  # the mirror sets it aside and makes another

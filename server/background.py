"""A reader's side of the background mirror: find it, start it when there is none, wait for its first sync."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Lock

from mirror.clock import Clock, SystemClock
from mirror.errors import MirrorError, StoreError, StoreMissingError
from mirror.kube.kubeconfig import load_kubeconfig
from mirror.store import clusters as cluster_rows
from mirror.store.changes import ClusterState
from mirror.store.lease import ReaderLease, mirror_alive
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.schema import check
from query.view import View, open_view
from server.options import Options, mirror_arguments, store_paths

__all__ = ["MirroredStore", "attached_mirror"]

_POLL_S = 0.05
_RESTART_GAP_S = 2.0
_LOG_TAIL = 400


class MirroredStore:
    """The store of these options as a reader sees it, with a mirror process behind it.

    Promised: a mirror that has ended is started again by the next question (at most every two seconds),
        and the question is answered from what is stored meanwhile.
    """

    def __init__(self, options: Options, paths: StorePaths, contexts: Sequence[str], clock: Clock) -> None:
        self.options = options
        self.paths = paths
        self.contexts = tuple(contexts)
        """Names of the contexts that the options choose."""
        self.started_mirror = False
        self._clock = clock
        self._mirror: subprocess.Popen[bytes] | None = None
        self._started_at = float("-inf")
        self._started_wall = 0.0
        self._reader: Reader | None = None
        self._lock = Lock()

    def open_view(
        self, clusters: Sequence[str] | None = None, max_age: float | None = None
    ) -> AbstractContextManager[View]:
        """One consistent look at the store; the first one waits for the first sync, for a bounded time."""
        self.ensure_mirror()
        reader = self._ready_reader()
        alive = mirror_alive(self.paths)
        return open_view(reader, clock=self._clock, alive=alive, clusters=clusters, max_age=max_age)

    def ensure_mirror(self) -> None:
        """Start a mirror unless one is running."""
        with self._lock:
            if mirror_alive(self.paths) or self._clock.monotonic() - self._started_at < _RESTART_GAP_S:
                return
            self._started_at, self._started_wall = self._clock.monotonic(), self._clock.wall()
            self._mirror = _spawn(mirror_arguments(self.options, self.paths), self.paths)
            self.started_mirror = True

    def let_go(self) -> None:
        """Leave the mirror to itself: it outlives its readers, so nobody here waits for its end."""
        if self._mirror is not None and self._mirror.poll() is None:
            self._mirror.returncode = 0  # else subprocess warns that a child is still running

    def _ready_reader(self) -> Reader:
        with self._lock:
            if self._reader is None:
                self._reader = self._await_first_sync()
            return self._reader

    def _await_first_sync(self) -> Reader:
        """Wait until each chosen cluster has been read once or is known to be out of reach."""
        deadline = self._clock.monotonic() + self.options.timeout_s
        reader: Reader | None = None
        while True:
            if reader is None:
                reader = _reader_if_there(self.paths)
            if reader is not None and self._settled(reader):
                return reader
            self._raise_if_mirror_failed()
            if self._clock.monotonic() >= deadline:
                if reader is not None:
                    return reader
                raise StoreMissingError(
                    f"no store after {self.options.timeout_s:g} s",
                    where=str(self.paths.store),
                    hint=f"the mirror's log may say why: {self.paths.log}",
                )
            time.sleep(_POLL_S)

    def _settled(self, reader: Reader) -> bool:
        """What is stored is the word of the mirror that runs now, and no cluster is in its first sync."""
        with reader.snapshot() as connection:
            states = {row.name: row.state for row in cluster_rows.clusters(connection)}
            heartbeat_at = cluster_rows.meta(connection).heartbeat_at or 0.0
        if self.started_mirror and heartbeat_at < self._started_wall:
            return False
        return all(states.get(name, ClusterState.SYNCING) != ClusterState.SYNCING for name in self.contexts)

    def _raise_if_mirror_failed(self) -> None:
        code = self._mirror.poll() if self._mirror else None
        if code in (None, 0):
            return
        self._mirror = None
        if mirror_alive(self.paths):
            # Two readers found no mirror at the same moment and both started one: ours gave way.
            return
        foreground = shlex.join(
            part for part in mirror_arguments(self.options, self.paths) if part != "--background"
        )
        raise MirrorError(
            f"the mirror process ended with code {code}: {_log_tail(self.paths)}",
            where=str(self.paths.store),
            hint=f"see it fail with: flux-mirror {foreground}",
        )


@contextmanager
def attached_mirror(options: Options, environ: Mapping[str, str] = os.environ) -> Iterator[MirroredStore]:
    """Be a reader of the options' store for as long as the block runs, with a mirror behind it.

    Raises KubeconfigError and UnknownContextError before anything is started, the StoreError tree when the
    store file cannot be used.
    """
    kubeconfig = load_kubeconfig([options.kubeconfig] if options.kubeconfig else None, environ)
    contexts = kubeconfig.select(options.kube_context)
    paths = store_paths(options, environ)
    with suppress(StoreMissingError):
        check(paths.store)
    with ReaderLease(paths):
        store = MirroredStore(options, paths, [context.name for context in contexts], SystemClock())
        store.ensure_mirror()
        if store.started_mirror:
            what = _clusters(len(contexts))
            sys.stderr.write(f"flux-mirror: started a mirror of {what} in the background\n")
        try:
            yield store
        finally:
            store.let_go()


def _reader_if_there(paths: StorePaths) -> Reader | None:
    try:
        return Reader(paths.store)
    except StoreMissingError:
        return None


def _spawn(arguments: Sequence[str], paths: StorePaths) -> subprocess.Popen[bytes]:
    """A process of its own session: it outlives this one, and Ctrl-C here does not reach it.

    What it says before its log is open, or when it fails, goes into the log file too.
    -P: a folder called `server` where the command was typed must not be taken for ours.
    """
    try:
        said = os.open(paths.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(
            f"the mirror's log cannot be written: {error.strerror}",
            where=str(paths.log),
            hint="choose another place with --store",
        ) from error
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "server.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
    finally:
        os.close(said)


def _log_tail(paths: StorePaths) -> str:
    try:
        lines = paths.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return "it left no log"
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return (errors or lines)[-1][-_LOG_TAIL:] if lines else "its log is empty"


def _clusters(number: int) -> str:
    return f"{number} cluster" if number == 1 else f"{number} clusters"

"""How a reader gets its mirror: one starter at a time, growing pauses, no older version left running."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Protocol

from mirror.clock import Clock
from mirror.errors import MirrorError, StoreError
from mirror.store.lease import RunningMirror, WriterLease, running_mirror
from mirror.store.paths import StorePaths
from server.version import VERSION, is_older

__all__ = ["Launcher", "Process", "Spawn", "spawn"]

_PAUSE_S = 2.0
"""From one start to the next, at least; doubled for every mirror that has ended soon after its start."""
_LONGEST_PAUSE_S = 60.0
_STEADY_S = 60.0
"""A mirror that has lived this long did not fail to start: the pauses begin anew."""
_LOG_TAIL = 400
_CAN_INHERIT = os.name == "posix"


class Process(Protocol):
    """As much of subprocess.Popen as is needed here."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        ...


Spawn = Callable[[Sequence[str], StorePaths, Sequence[int]], Process]
"""Starts `flux-mirror ARGUMENTS` with its log beside the store; the descriptors are inherited."""


class Launcher:
    """Sees to it that a mirror of one store runs, for as long as somebody calls `ensure`.

    Promised
        Of any number of readers that find no mirror at the same moment, one starts a process: it hands its
            child the writer's lease, which it holds before there is a child. (Windows cannot inherit it:
            there each starts one, and all but one give way.)
        A mirror that ends soon after its start, again and again, is started after pauses of 2, 4, 8 … 60 s.
        A mirror of an older flux-mirror is asked to leave, once; the next `ensure` starts ours.
    Not promised
        That the mirror works: what it says of itself is in the store.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        paths: StorePaths,
        clock: Clock,
        *,
        version: str = VERSION,
        spawn: Spawn,
    ) -> None:
        """arguments: of the mirror, without the command's name."""
        self.started = False
        """This reader has started a mirror."""
        self._arguments = tuple(arguments)
        self._paths = paths
        self._clock = clock
        self._version = version
        self._spawn = spawn
        self._mirror: Process | None = None
        self._started_at = self._next_at = float("-inf")
        self._failures = 0
        self._error: MirrorError | None = None
        self._asked_to_leave: int | None = None
        self._lock = Lock()

    def ensure(self) -> None:
        """Start a mirror unless one is running, or was started too short a time ago. Raises nothing."""
        with self._lock:
            running = running_mirror(self._paths)
            if running is not None:
                self._replace_if_older(running)
                return
            self._note_end()
            if self._clock.monotonic() < self._next_at:
                return
            self._started_at = self._clock.monotonic()
            self._next_at = self._started_at + _PAUSE_S
            try:
                self._start()
            except StoreError as error:
                # The disk is full, say: what is stored can still be read.
                self._failed(error)

    @property
    def trouble(self) -> str:
        """Why there is no mirror, and when there will be another; empty while one runs."""
        error = self.failure()
        if error is None:
            return ""
        wait = max(0.0, self._next_at - self._clock.monotonic())
        return f"{error.what}; a question after {wait:.0f} s starts another"

    def failure(self) -> MirrorError | None:
        """Why the mirror that this reader has started is gone, or was not started; None if one runs."""
        with self._lock:
            if running_mirror(self._paths) is not None:
                return None
            self._note_end()
            return self._error

    def let_go(self) -> None:
        """Leave the mirror to itself: it outlives its readers, so nobody here waits for its end."""
        if self._mirror is not None and self._mirror.poll() is None:
            self._mirror.returncode = 0  # else subprocess warns that a child is still running

    def _start(self) -> None:
        lease = WriterLease(self._paths)
        inherited: list[int] = []
        arguments = [*self._arguments]
        if _CAN_INHERIT:
            if not lease.try_acquire(patient=False):
                return  # another reader starts one
            inherited.append(lease.descriptor)
            arguments += ["--lease", str(lease.descriptor)]
        try:
            self._mirror = self._spawn(arguments, self._paths, inherited)
            if lease.held:
                lease.hand_over(self._mirror.pid, version=self._version, since=self._clock.wall())
            self.started = True
        finally:
            lease.release()

    def _note_end(self) -> None:
        """Learn how our mirror has ended, if it has."""
        code = self._mirror.poll() if self._mirror else None
        if code is None:
            return
        self._mirror = None
        if code == 0:
            self._failures, self._error = 0, None
            return
        how = (
            f"was killed (signal {-code})"
            if code < 0
            else f"ended with code {code}: {_log_tail(self._paths)}"
        )
        foreground = shlex.join(part for part in self._arguments if part != "--background")
        self._failed(
            MirrorError(
                f"the mirror process {how}",
                where=str(self._paths.store),
                hint=f"see it fail with: flux-mirror {foreground}",
            )
        )

    def _failed(self, error: MirrorError) -> None:
        steady = self._clock.monotonic() - self._started_at >= _STEADY_S
        self._failures = 1 if steady else self._failures + 1
        self._error = error
        self._next_at = self._started_at + min(_PAUSE_S * 2.0 ** (self._failures - 1), _LONGEST_PAUSE_S)

    def _replace_if_older(self, running: RunningMirror) -> None:
        if running.pid is None or running.leaving or running.pid == self._asked_to_leave:
            return
        if not _CAN_INHERIT or not is_older(running.version, than=self._version):
            return
        self._asked_to_leave = running.pid
        # It holds the lock of a file that is ours; should it be another's process, the kernel refuses.
        if self._paths.lock.stat().st_uid == os.getuid():
            with suppress(OSError):
                os.kill(running.pid, signal.SIGTERM)


def spawn(
    arguments: Sequence[str], paths: StorePaths, inherited: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
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
            pass_fds=inherited,
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

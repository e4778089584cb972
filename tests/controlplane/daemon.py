"""One server process that cannot outlive the test process. Every method blocks: call them in a thread."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

__all__ = ["Daemon", "DaemonError"]

_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class DaemonError(Exception):
    """A server process did not start, or ended on its own; the text carries the end of its log."""


class Daemon:
    """A command under a supervisor that ends it when this process is gone.

    log: what the command prints is appended there.
    pid: of the command itself, so that a test can hurt it directly.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SUPERVISOR), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the test process; it ends us in its own order
            )
        assert self._supervisor.stdout is not None
        reported = self._supervisor.stdout.readline()
        if not reported:
            self.kill()
            raise DaemonError(f"{name} could not be started: {self.last_lines()}")
        self.pid = int(reported)

    @property
    def running(self) -> bool:
        """False once the command has ended, for whatever reason."""
        return self._supervisor.poll() is None

    @property
    def memory_bytes(self) -> int:
        """Resident memory of the command, in bytes; 0 when it has ended."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    def terminate(self, patience_s: float = 20.0) -> None:
        """Ask it to end (SIGTERM), and kill it when it has not after that many seconds."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(patience_s)
        self.kill()

    def kill(self) -> None:
        """End it as a crash does: SIGKILL, no chance to write anything. Harmless when it has ended."""
        assert self._supervisor.stdin is not None
        assert self._supervisor.stdout is not None
        self._supervisor.stdin.close()  # upon which the supervisor kills the command
        self._supervisor.wait()
        self._supervisor.stdout.close()

    def last_lines(self, most: int = 5) -> str:
        """The end of its log in one line, for error texts."""
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        return " | ".join(lines[-most:]) or "its log is empty"

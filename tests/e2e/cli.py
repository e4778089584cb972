"""The command line as a person runs it: a process, its output and its exit code."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import anyio

__all__ = ["Commands", "Outcome"]

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


class Commands:
    """Runs `flux-mirror` with one home folder, whose store every command shares."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self._environment = {
            "HOME": str(home),
            "FLUX_MIRROR_LINGER": "0",
            "PATH": "/usr/bin:/bin",
            **environment,
        }

    async def run(self, *arguments: str) -> Outcome:
        """Run to its end. Fails the test with TimeoutError when that takes more than a minute."""
        with anyio.fail_after(60):
            done = await anyio.run_process(
                [sys.executable, "-m", "server.cli", *arguments],
                check=False,
                env=self._environment,
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
            )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

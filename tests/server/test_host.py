"""A server whose host dies without closing its stdin ends too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from mirror.testing.clock import ManualClock
from server.host import until_orphaned

_ROOT = Path(__file__).parents[2]


@pytest.mark.anyio
async def test_another_parent_means_that_the_host_has_died() -> None:
    clock, parents = ManualClock(), [7, 7, 1]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(until_orphaned, 7, clock, lambda: parents.pop(0))
            while parents:
                await anyio.lowlevel.checkpoint()
                clock.advance(2.0)


def test_a_server_without_host_ends_although_its_stdin_stays_open(tmp_path: Path) -> None:
    """We hold the other end of its stdin, as a helper of the host may; its stderr ends when it does."""
    command = [
        sys.executable,
        "-c",
        "import subprocess, sys; subprocess.run([sys.executable, '-m', 'server.cli', 'serve'])",
    ]
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as host:
        assert host.stdin
        assert host.stdout
        assert host.stderr
        request = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'
        host.stdin.write(request)
        host.stdin.flush()
        assert b"jsonrpc" in host.stdout.readline()
        host.kill()
        host.wait()
        assert b"the host has died: leaving" in host.stderr.read()

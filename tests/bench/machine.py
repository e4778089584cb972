"""What this machine is: its name, and how long it takes for a piece of work that is the same everywhere."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time

__all__ = ["loop_ms", "machine"]

_RUNS = 9
_TURNS = 200_000


def machine() -> str:
    """Two lines. The piece of work is a loop of plain Python, alone and with a process beside it that never
    rests, as the mirror is beside a reader: two cores may be halves of one."""
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    alone = loop_ms()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        beside = loop_ms()
        busy.kill()
    loop = f"{_TURNS:,} turns of a Python loop take {alone:.1f} ms, {beside:.1f} ms beside a busy process"
    return f"{system}, Python {platform.python_version()}\n{loop}"


def loop_ms() -> float:
    """What the loop takes now, milliseconds: the median of some runs. A machine that others share is twice
    as fast in one minute as in the next, so what was measured a while ago does not tell."""
    took = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        total = 0
        for number in range(_TURNS):
            total += number
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[_RUNS // 2]

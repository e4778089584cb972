"""The allocator of the mirror process, and the garbage collector of every process that stays."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
from pathlib import Path
from server.memory import return_freed_memory
assert return_freed_memory()
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
def pages():
    return [bytearray(200_000) for _ in range(200)]
del (kept := pages())[::2]  # what is left in between would hold the pages of a heap
kept += [bytearray(100) for _ in range(1000)]
before = resident()
kept += (more := pages())
del kept[-200:], more
assert resident() - before < 4_000_000, (before, resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_large_blocks_go_back_to_the_system_as_soon_as_they_are_free() -> None:
    """In a process of its own: the setting lasts."""
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True, timeout=60)


_COLLECTING = """
import gc
from server.memory import collect_rarely
collect_rarely()
assert gc.get_freeze_count() > 1000, gc.get_freeze_count()
assert len(gc.get_objects()) < 1000, len(gc.get_objects())
assert gc.isenabled()
"""


def test_what_was_imported_is_looked_through_no_more() -> None:
    subprocess.run([sys.executable, "-c", _COLLECTING], check=True, timeout=60)

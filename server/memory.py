"""The memory of a process: what is used for a moment goes back to the system, what stays is left alone."""

from __future__ import annotations

import ctypes
import gc
import sys

__all__ = ["collect_rarely", "return_freed_memory"]

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_BYTES = 128 * 1024
_ARENAS = 2


_NEW_OBJECTS, _YOUNG, _MIDDLE = 50_000, 20, 100
"""New objects after which the youngest are looked through; how often that is until older ones are, too."""


def collect_rarely() -> None:
    """Keep the garbage collector away from what has been imported by now, and from looking all the time.

    A full collection looks through all modules, which takes 50 ms and more, in the middle of an answer; they
    stay as long as the process does. To be called once what is needed has been imported.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _YOUNG, _MIDDLE)


def return_freed_memory() -> bool:
    """Tell the C library's allocator how the mirror uses memory; whether it is one that listens (glibc).

    List pages and the buffers of TLS connections are large and short-lived. glibc begins to keep such
    blocks once the first one was freed, which is fast and right for a program that goes on as it began;
    the mirror reads a fleet once and then follows it for days. With a fixed threshold each large block has
    pages of its own, which are gone when it is. Every thread with a heap of its own keeps some MB too.
    To be called before threads are started; has a lasting effect on the process.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):  # musl gives everything back by itself
        return False
    kept = library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES) and library.mallopt(_M_ARENA_MAX, _ARENAS)
    return bool(kept)

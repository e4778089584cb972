"""The memory of the mirror process: what is used for a moment goes back to the system."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["return_freed_memory"]

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_BYTES = 128 * 1024
_ARENAS = 2


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

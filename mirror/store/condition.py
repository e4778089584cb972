"""Why a mirror that runs does not write: seen from outside, for it cannot leave word in the store itself."""

from __future__ import annotations

import os
from pathlib import Path

from mirror.settings import WriterSettings
from mirror.store.paths import StorePaths

__all__ = ["obstacle", "writable"]

_LEAST_FREE = 16 * 1024**2
"""Bytes. SQLite's log has this size before a checkpoint; the disk need not be full to the last byte."""

_PAGE = 65_536
"""SQLite's largest page: a file this close to its quota cannot grow any more."""


def obstacle(paths: StorePaths, *, quota_bytes: int = 0, least_free: int = _LEAST_FREE) -> str:
    """What stands in the way of writing the store at this moment, in one sentence; "" when nothing is seen.

    Only a look at the file system, some microseconds: a failing disk, or the user's own quota, is not seen.
    quota_bytes: what the mirror keeps to; 0 where that is not known. least_free: bytes that a disk must have.
    """
    folder = paths.store.parent
    for path in (folder, paths.store):
        if path.exists() and not writable(path):
            return f"{path} is read-only for this user: what is there can be read, nothing new is stored"
    if quota_bytes and _bytes(paths.store) + _PAGE > quota_bytes:
        return (
            f"the store has reached its quota of {_size(quota_bytes)}: "
            "choose fewer contexts, or a larger quota with FLUX_MIRROR_STORE_QUOTA"
        )
    if _bytes(paths.store.with_name(f"{paths.store.name}-wal")) > WriterSettings().log_bytes:
        return "a reader has held on to one state of the store for too long: end what hangs"
    free = _free_bytes(folder)
    if free is not None and free < least_free:
        return f"the disk is full: {_size(free)} free in {folder}; free some space, nothing is lost"
    return ""


def writable(path: Path) -> bool:
    """The effective user may write there, and the file system is not mounted read-only."""
    effective = os.access in os.supports_effective_ids
    return os.access(path, os.W_OK, effective_ids=effective)


def _free_bytes(folder: Path) -> int | None:
    try:
        found = os.statvfs(folder)
    except (OSError, AttributeError):  # AttributeError: Windows has none
        return None
    if found.f_files and not found.f_favail:
        return 0
    blocks = found.f_bfree if os.geteuid() == 0 else found.f_bavail
    return blocks * found.f_frsize


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _size(number: int) -> str:
    for unit in ("B", "KB", "MB"):
        if number < 1024:
            return f"{number} {unit}"
        number //= 1024
    return f"{number} GB"

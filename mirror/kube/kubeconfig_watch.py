"""Notices that a kubeconfig was edited: written in place, or replaced as editors and `kubectl` do."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
from watchfiles import awatch

from mirror.kube.kubeconfig import Kubeconfig

__all__ = ["until_touched"]


async def until_touched(kubeconfig: Kubeconfig) -> None:
    """Return when one of its files has been written, replaced or removed.

    Watches the folders, since a replaced file is another file. Not promised: that the content differs.
    """
    files = kubeconfig.files
    before = await anyio.to_thread.run_sync(_marks, files)
    folders = {path.parent for path in files}
    async for _ in awatch(*folders, recursive=False, watch_filter=None):
        if await anyio.to_thread.run_sync(_marks, files) != before:
            return


def _marks(files: tuple[Path, ...]) -> list[tuple[int, int, int] | None]:
    return [_mark(path) for path in files]


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino

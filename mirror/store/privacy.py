"""A store is for its owner's eyes and hands only; what was made or copied otherwise is put right."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mirror.errors import StoreError
from mirror.store.paths import StorePaths

__all__ = ["make_private"]

log = logging.getLogger("flux_mirror.store")


def make_private(paths: StorePaths) -> None:
    """Take from everybody else what they may do with the files of the store; the log is told.

    For the mirror, before it opens the store. A folder is left as it is, but one that everybody may write is
    refused, as ssh refuses such a place for keys: whoever can put another file in place of the store decides
    what is answered. (Not where the sticky bit forbids that, as in /tmp, if the store itself is ours.)
    Windows: nothing is done, the folder's own rights count.
    """
    if os.name != "posix":
        return
    _require_own(paths.store.parent, paths.store)
    opened = [path for path in _files(paths) if _tightened(path)]
    if opened:
        log.warning("others could read %s: not any more", ", ".join(path.name for path in opened))


def _require_own(folder: Path, store: Path) -> None:
    try:
        mode = folder.stat().st_mode
        owner = store.stat(follow_symlinks=False).st_uid if store.exists() else os.geteuid()
    except OSError:
        return  # there is nothing yet, or opening it tells what is wrong
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise StoreError(
            "everybody may write to this folder, and so put another file in place of the store",
            where=str(folder),
            hint=f"`chmod o-w {folder}`, or choose another place with --store",
        )
    if owner != os.geteuid() and os.geteuid() != 0:
        raise StoreError(
            "the store belongs to another user", where=str(store), hint="choose another place with --store"
        )
    if mode & stat.S_IWGRP:
        log.warning("%s can be written by its group: so could the store in it be replaced", folder)


def _files(paths: StorePaths) -> Iterator[Path]:
    yield from sorted(paths.store.parent.glob(f"{paths.store.name}*"))
    yield from sorted(paths.readers.glob("*.lock"))


def _tightened(path: Path) -> bool:
    """Whether others could do anything with it."""
    try:
        mode = path.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode) or not mode & (stat.S_IRWXG | stat.S_IRWXO):
            return False
        path.chmod(stat.S_IMODE(mode) & stat.S_IRWXU)
    except OSError:
        return False  # gone meanwhile, or a file system without modes
    return True

"""Whether a path still leads to the file that was opened there."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["OpenedFile"]


class OpenedFile:
    """The file that a path leads to at the moment of construction. A look costs two microseconds.

    To be made before the file is opened: what is opened meanwhile can then only be newer, and is noticed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._then = _look(path)

    def in_place(self) -> bool:
        """It has been neither removed nor replaced. True also where that cannot be found out."""
        try:
            now = _look(self._path)
        except OSError:
            return True
        if now is None or self._then is None:
            return now is self._then
        return os.path.samestat(now, self._then)


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None

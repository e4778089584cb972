"""Waiting for a disk that does not let us write, in the writer's thread."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from mirror.errors import StoreError, StoreUnavailableError
from mirror.settings import WriterSettings

__all__ = ["Patience"]

log = logging.getLogger("flux_mirror.store")


class Patience:
    """Growing pauses between attempts; the log is told when the waiting begins, and when it is over."""

    def __init__(self, path: Path, settings: WriterSettings, closing: threading.Event) -> None:
        """closing: ends every pause, and all patience with it."""
        self._path = path
        self._settings = settings
        self._closing = closing
        self._pause_s = 0.0
        self._reason = ""

    def wait(self, error: Exception | None) -> bool:
        """Pause if the same attempt may succeed later; False when it makes no sense to wait, or no more."""
        if not isinstance(error, StoreUnavailableError) or self._closing.is_set():
            return False
        self._tell(error)
        most = self._settings.retry_cap_s
        self._pause_s = min(most, 2 * self._pause_s) if self._pause_s else self._settings.retry_s
        self._closing.wait(self._pause_s)
        return True

    def succeeded(self) -> None:
        """An attempt has not failed for a reason to wait."""
        if self._reason:
            log.info("%s: the store can be written again", self._path)
        self._reason = ""
        self._pause_s = 0.0

    def _tell(self, error: StoreError) -> None:
        if error.what != self._reason:
            self._reason = error.what
            log.warning("%s; nothing is lost: it is tried again and again", error)

"""Who uses the store: at most one mirror, any number of readers. The kernel ends a lease with its process.

A lease is a locked file (flock on Unix, LockFileEx on Windows). Whether one is held can only be found out
by trying to lock it, which takes microseconds; an acquirer therefore tries for a moment before it gives up.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from mirror.errors import StoreBusyError, StoreError
from mirror.store.paths import StorePaths

__all__ = ["ReaderLease", "WriterLease", "live_readers", "mirror_alive", "mirror_pid"]

_PATIENCE_S = 0.2
"""How long an acquirer outlasts those who only look, seconds."""
_POLL_S = 0.01
_PID_AT = 1
"""The process id begins at the second byte: on Windows the first one is locked and cannot be read."""


class _Lease:
    """One locked file. Blocks the thread for up to a fifth of a second when somebody else holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path, mode=0o600, thread_local=False, on_acquired=_write_pid)

    @property
    def held(self) -> bool:
        return self._lock.is_locked

    def release(self) -> None:
        """Give the lease up; nothing happens when it is not held."""
        self._lock.release()

    def _acquire(self) -> bool:
        try:
            self._lock.acquire(timeout=_PATIENCE_S, poll_interval=_POLL_S)
        except Timeout:
            return False
        except OSError as error:
            raise StoreError(
                f"the lock file cannot be used: {error.strerror}",
                where=str(self.path),
                hint="the store must be on a local, writable file system",
            ) from error
        return True


class WriterLease(_Lease):
    """The right to write the store. Whoever opens a Writer must hold it.

    Held until release() or the end of the process, however it ends.
    """

    def __init__(self, paths: StorePaths) -> None:
        super().__init__(paths.lock)
        self._paths = paths

    def acquire(self) -> Self:
        """Take the lease, or raise StoreBusyError when another mirror holds it."""
        self._paths.create_folder()
        if not self._acquire():
            pid = _read_pid(self.path)
            raise StoreBusyError(
                f"another mirror writes this store{f' (process {pid})' if pid else ''}",
                where=str(self._paths.store),
                hint="it serves any number of readers; end it with `flux-mirror mirror --stop`",
            )
        return self

    def __enter__(self) -> Self:
        return self if self.held else self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class ReaderLease(_Lease):
    """Tells the mirror that somebody reads: a file of this process in the readers' folder."""

    def __init__(self, paths: StorePaths) -> None:
        super().__init__(paths.readers / f"{os.getpid()}-{secrets.token_hex(4)}.lock")
        self._paths = paths

    def __enter__(self) -> Self:
        self._paths.create_folder()
        try:
            self._paths.readers.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the folder of the readers cannot be made: {error.strerror}",
                where=str(self._paths.readers),
                hint="choose another place with --store",
            ) from error
        if not self._acquire():
            raise StoreError("the reader's own lock file is held by another", where=str(self.path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(FileNotFoundError, PermissionError):  # Windows: a locked file cannot be removed
            self.path.unlink()
        self.release()


def live_readers(paths: StorePaths) -> int:
    """How many reader leases are held now; the files of ended readers are removed."""
    try:
        files = sorted(paths.readers.glob("*.lock"))
    except FileNotFoundError:
        return 0
    return sum(_held(path, remove=True) for path in files)


def mirror_alive(paths: StorePaths) -> bool:
    """Whether a mirror holds the writer's lease of this store. A mirror that starts is not disturbed."""
    return _held(paths.lock)


def mirror_pid(paths: StorePaths) -> int | None:
    """The process id of the mirror that holds the writer's lease; None when there is none."""
    return _read_pid(paths.lock) if mirror_alive(paths) else None


def _held(path: Path, *, remove: bool = False) -> bool:
    if not path.exists():
        return False
    lock = FileLock(path, mode=0o600, thread_local=False)
    try:
        with lock.acquire(blocking=False):
            if remove:
                # Removed while locked: an owner-to-be that waits for this very file sees that it is gone.
                with suppress(FileNotFoundError, PermissionError):
                    path.unlink()
    except Timeout:
        return True
    except FileNotFoundError:
        return False
    return False


def _write_pid(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, b" " * _PID_AT + str(os.getpid()).encode())


def _read_pid(path: Path) -> int | None:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(_PID_AT)
            text = file.read(20)
    except OSError:
        return None
    return int(text) if text and text.isdigit() else None

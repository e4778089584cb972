"""A locked file, held by one process at a time: the kernel ends the lock with its process, however it ends.

flock on Unix, LockFileEx on Windows. Whether a file is locked can only be found out by trying to lock it,
which takes microseconds; whoever wants it therefore tries for a moment before it gives up.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from pathlib import Path

from filelock import lock_descriptor

from mirror.errors import StoreError

__all__ = ["LockFile", "locked"]

_TRIES, _PAUSE_S = 20, 0.01
"""How often a taker tries, with which pause in seconds: it outlasts those who only look."""
_TEXT_AT = 1
"""The text begins at the second byte: on Windows the first one is locked and cannot be read."""
_TEXT_BYTES = 200
_OPEN = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})


class LockFile:
    """A file that this process locks, and a line of text for those who look at it.

    Promised: while `held` and in_place(), no other process holds a LockFile of this path.
    Not promised: that the file stays in place. Somebody may remove it, and then another process can lock the
        file that it makes anew: the holder has to look at in_place() from time to time.
    Fails with: StoreError when the file system does not lock, or does not let us make the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """This process has the lock."""
        return self._descriptor is not None

    def in_place(self) -> bool:
        """The file that is locked is still the one at the path."""
        if self._descriptor is None:
            return False
        try:
            found = self.path.stat(follow_symlinks=False)
        except OSError as error:
            return error.errno in _TOO_MANY_FILES
        return os.path.samestat(found, os.fstat(self._descriptor))

    @property
    def descriptor(self) -> int:
        """The open file, for a process that is to inherit the lock. Only while it is held."""
        if self._descriptor is None:
            raise ValueError(f"{self.path} is not locked")
        return self._descriptor

    def take(self, *, patient: bool = True) -> bool:
        """Lock it, made if need be (0600); False when another has it.

        patient: try for a fifth of a second, to outlast those who only look; blocks for that long.
        """
        for _ in range(_TRIES if patient else 0):
            if self._try():
                return True
            time.sleep(_PAUSE_S)
        return self._try()

    def adopt(self, descriptor: int) -> bool:
        """Go on with the lock of the process that has started us; False when that is not what it is."""
        try:
            same = os.path.samestat(self.path.stat(follow_symlinks=False), os.fstat(descriptor))
            if not same or not lock_descriptor(descriptor, blocking=False):
                return False
            os.set_inheritable(descriptor, False)
        except OSError:
            return False
        self._descriptor = descriptor
        return True

    def say(self, text: str) -> None:
        """Write the line that `read` shows to others, in one piece."""
        line = b" " * _TEXT_AT + text.encode()[: _TEXT_BYTES - 1] + b"\n"
        try:
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            os.write(self.descriptor, line)
            os.ftruncate(self.descriptor, len(line))
        except OSError as error:
            raise _unusable(error, self.path) from error

    def read(self) -> str:
        """The line of whoever holds the file, or held it last; empty when there is none."""
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(_TEXT_AT)
                return file.read(_TEXT_BYTES).decode("utf-8", "replace").partition("\n")[0]
        except OSError:
            return ""

    def hand_over(self) -> None:
        """Close the file without unlocking it: a child that has inherited it keeps the lock."""
        self._close()

    def release(self, *, remove: bool = False) -> None:
        """Unlock it; nothing happens when it is not held. remove: take the file away before that."""
        if self._descriptor is None:
            return
        if remove:
            # Removed while locked: an owner-to-be that waits for this very file sees that it is gone.
            with suppress(FileNotFoundError, PermissionError):  # Windows: a locked file cannot be removed
                self.path.unlink()
        self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _try(self) -> bool:
        try:
            descriptor = os.open(self.path, _OPEN | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unusable(error, self.path) from error
        self._descriptor = descriptor
        try:
            if lock_descriptor(descriptor, blocking=False) and self.in_place():
                return True
        except OSError as error:
            self._close()
            raise _unusable(error, self.path) from error
        self._close()  # another has it, or it was removed between the two steps
        return False


def locked(path: Path, *, remove: bool = False) -> bool:
    """Whether a process holds the file; it is not made. remove: take it away when nobody does.

    Where it cannot be found out, for want of file descriptors, it counts as held: nothing is given up because
    of that. Raises StoreError as LockFile does.
    """
    try:
        descriptor = os.open(path, _OPEN)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in _TOO_MANY_FILES:
            return True
        if error.errno in _READ_ONLY and not remove:
            return _locked_read_only(path)
        raise _unusable(error, path) from error
    try:
        if not lock_descriptor(descriptor, blocking=False):
            return True
        if remove:
            with suppress(FileNotFoundError, PermissionError):
                path.unlink()
    except OSError as error:
        raise _unusable(error, path) from error
    finally:
        os.close(descriptor)
    return False


def _locked_read_only(path: Path) -> bool:
    """On a disk that is read-only nobody can lock anything anew, but who has can still hold it."""
    try:
        descriptor = os.open(path, _OPEN & ~os.O_RDWR | os.O_RDONLY)
    except OSError as error:
        raise _unusable(error, path) from error
    try:
        return not lock_descriptor(descriptor, blocking=False)
    except OSError as error:
        raise _unusable(error, path) from error
    finally:
        os.close(descriptor)


def _unusable(error: OSError, path: Path) -> StoreError:
    return StoreError(
        f"the lock file cannot be used: {error.strerror}",
        where=str(path),
        hint="the store must be in a folder of yours, on a local file system: choose one with --store",
    )

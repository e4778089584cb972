"""Who uses the store: at most one mirror, any number of readers. The kernel ends a lease with its process."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from mirror.errors import StoreBusyError, StoreError
from mirror.store.locks import LockFile, locked
from mirror.store.paths import StorePaths

__all__ = [
    "ReaderLease",
    "RunningMirror",
    "WriterLease",
    "live_readers",
    "mirror_alive",
    "mirror_pid",
    "running_mirror",
]

_PID_DIGITS = 20
"""Zeros in front, so that versions which read twenty digits and nothing else find the process id too."""
_LEAVING = "leaving"


class RunningMirror(NamedTuple):
    """What the holder of the writer's lease says about itself.

    pid: None for the moment in which it is being started. version: of flux-mirror, empty when not known.
    since: wall seconds at which it was started; what was stored before is an earlier mirror's word.
    leaving: it has decided to end and will not change its mind; another can be started once it is gone.
    """

    pid: int | None = None
    version: str = ""
    since: float = 0.0
    leaving: bool = False


class WriterLease:
    """The right to write the store. Whoever opens a Writer must hold it.

    Held until release() or the end of the process, however it ends; lost() once somebody has removed the
    lock file, for then another mirror can begin. (What it writes ends what we can write: see store/fence.py.)
    """

    def __init__(self, paths: StorePaths) -> None:
        self._paths = paths
        self._file = LockFile(paths.lock)
        self._said = RunningMirror()

    @property
    def held(self) -> bool:
        """This process has the lease."""
        return self._file.held

    def lost(self) -> bool:
        """The lock file is gone, or another one stands in its place: the lease protects nothing any more."""
        return not self._file.in_place()

    @property
    def descriptor(self) -> int:
        """The open lock file, for a mirror that is to inherit the lease."""
        return self._file.descriptor

    def acquire(self, *, version: str = "", since: float = 0.0, inherited: int | None = None) -> Self:
        """Take the lease, or raise StoreBusyError when another mirror holds it.

        inherited: the lock file as the process that has started us left it open and locked.
        """
        _require_one_name(self._paths.store)
        if (inherited is None or not self._file.adopt(inherited)) and not self.try_acquire():
            other = _read(self._file)
            raise StoreBusyError(
                f"another mirror writes this store{f' (process {other.pid})' if other.pid else ''}",
                where=str(self._paths.store),
                hint="it serves any number of readers; end it with `flux-mirror mirror --stop`",
            )
        self._say(RunningMirror(os.getpid(), version, since))
        return self

    def try_acquire(self, *, patient: bool = True) -> bool:
        """Take the lease without a word about who has it: for a mirror that is about to be started.

        patient: outlast those who only look.
        """
        self._paths.create_folder()
        if not self._file.take(patient=patient):
            return False
        self._file.say("")
        return True

    def hand_over(self, pid: int, *, version: str, since: float) -> None:
        """The process that has inherited the lease holds it alone from now on."""
        self._say(RunningMirror(pid, version, since))
        self._file.hand_over()

    def leaving(self, leaving: bool) -> None:
        """Let readers know that no time is left, or that there is again.

        A reader takes its own lease first and looks at this afterwards; a mirror says this first and looks
        for readers afterwards. So at least one of the two sees the other.
        """
        if self.held:
            self._say(self._said._replace(leaving=leaving))

    def release(self) -> None:
        """Give the lease up; nothing happens when it is not held."""
        self._file.release()

    def __enter__(self) -> Self:
        return self if self.held else self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _say(self, said: RunningMirror) -> None:
        self._said = said
        words = [f"{said.pid or 0:0{_PID_DIGITS}}", said.version or "-", f"{said.since:.3f}"]
        self._file.say(" ".join([*words, _LEAVING] if said.leaving else words))


class ReaderLease:
    """Tells the mirror that somebody reads: a file of this process in the readers' folder."""

    def __init__(self, paths: StorePaths) -> None:
        self.path = paths.readers / f"{os.getpid()}-{secrets.token_hex(4)}.lock"
        self._paths = paths
        self._file = LockFile(self.path)

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
        if not self._file.take():
            raise StoreError("the reader's own lock file is held by another", where=str(self.path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.release(remove=True)


def live_readers(paths: StorePaths) -> int:
    """How many reader leases are held now; the files of ended readers are removed."""
    try:
        files = sorted(paths.readers.glob("*.lock"))
    except FileNotFoundError:
        return 0
    return sum(locked(path, remove=True) for path in files)


def mirror_alive(paths: StorePaths) -> bool:
    """Whether a mirror holds the writer's lease of this store. A mirror that starts is not disturbed."""
    return locked(paths.lock)


def running_mirror(paths: StorePaths) -> RunningMirror | None:
    """The mirror that holds the writer's lease, or is being started with it; None when there is none."""
    return _read(LockFile(paths.lock)) if locked(paths.lock) else None


def mirror_pid(paths: StorePaths) -> int | None:
    """The process id of the mirror that holds the writer's lease; None when there is none."""
    running = running_mirror(paths)
    return running.pid if running else None


def _read(file: LockFile) -> RunningMirror:
    words = file.read().split()
    if not words or not words[0].isdigit():
        return RunningMirror()
    pid = int(words[0]) or None
    if len(words) < 3:
        return RunningMirror(pid)
    try:
        since = float(words[2])
    except ValueError:
        since = 0.0
    return RunningMirror(pid, "" if words[1] == "-" else words[1], since, words[3:] == [_LEAVING])


def _require_one_name(store: Path) -> None:
    """SQLite names its log after the database: two names of one file are two logs, and a damaged store."""
    try:
        names = store.stat().st_nlink
    except OSError:
        return
    if names > 1 and store.is_file():
        raise StoreError(
            f"the store file has {names} names (hard links)",
            where=str(store),
            hint="copy it instead and remove the other names, or choose another place with --store",
        )

"""Notices that a kubeconfig was edited: written in place, replaced, or swapped behind a symbolic link."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TypeAlias

import anyio
import anyio.to_thread
from watchfiles import awatch

from mirror.clock import Clock
from mirror.errors import MirrorError
from mirror.kube.kubeconfig import Selection
from mirror.settings import KubeconfigSettings

__all__ = ["KubeconfigWatch"]

_LINKS = 40
"""Symbolic links followed from one to the next, as in Linux."""

_UNSETTLED_LOOKS = 20
"""Looks at a file that is written again and again, before it is read nevertheless."""

_Mark: TypeAlias = tuple[int, int, int] | None

log = logging.getLogger("flux_mirror.kubeconfig")


class KubeconfigWatch:
    """Reads the kubeconfig again whenever one of its files may say something else.

    current: what it said when it could be used last.

    Promised
        A file that is edited, replaced, deleted and written again, or swapped by pointing a link elsewhere
            is noticed at once where the system reports changes, else within the poll interval; so is one
            that appears later (a name in KUBECONFIG), and a certificate authority.
        A kubeconfig that cannot be used at the moment (half written, empty, gone) is waited out: it is
            logged, and the last usable one stays in force.
    Not promised
        That what it says differs from what it said before.
    """

    def __init__(
        self, load: Callable[[], Selection], first: Selection, settings: KubeconfigSettings, clock: Clock
    ) -> None:
        """load: reads the kubeconfig; called in a thread. first: what it gave some time ago."""
        self._load = load
        self._settings = settings
        self._clock = clock
        self.current = first
        self._files = first.kubeconfig.watched
        # Without marks the first look is a change: the files may have been edited since they were read.
        self._marks: dict[Path, _Mark] = {}
        self._complaint = ""

    async def changed(self) -> Selection:
        """Wait for a change, and return what the kubeconfig says then."""
        while True:
            await self._until_touched()
            marks = await self._settled()
            try:
                self.current = await anyio.to_thread.run_sync(self._load)
            except MirrorError as error:
                self._marks = marks
                self._complain(str(error))
                continue
            self._complaint = ""
            self._files = self.current.kubeconfig.watched
            self._marks = await anyio.to_thread.run_sync(_marks, self._files) | marks
            return self.current

    def _complain(self, error: str) -> None:
        if error != self._complaint:
            log.warning("the kubeconfig has changed and cannot be used, going on as before: %s", error)
        self._complaint = error

    async def _until_touched(self) -> None:
        stop = anyio.Event()
        async with anyio.create_task_group() as looking:
            looking.start_soon(self._until_notified, looking.cancel_scope, stop)
            try:
                while not await self._is_touched():
                    await self._clock.sleep(self._settings.poll_s)
            finally:
                stop.set()  # the thread that waits for the system would not notice that it is cancelled
            looking.cancel_scope.cancel()

    async def _until_notified(self, looking: anyio.CancelScope, stop: anyio.Event) -> None:
        """Watch the folders, since a replaced file is another file; polling does where that fails."""
        folders = await anyio.to_thread.run_sync(_folders, self._files)
        notices = awatch(*folders, recursive=False, watch_filter=None, stop_event=stop)
        try:
            async with aclosing(notices):
                async for _ in notices:
                    if await self._is_touched():
                        looking.cancel()
                        return
        except (OSError, RuntimeError) as error:
            # A folder that has gone, or a limit of the system, for which watchfiles has a RuntimeError.
            log.info("changes of the kubeconfig are polled for: %s", error)

    async def _is_touched(self) -> bool:
        now = await anyio.to_thread.run_sync(_marks, self._files)
        return any(self._marks.get(path, ()) != mark for path, mark in now.items())

    async def _settled(self) -> dict[Path, _Mark]:
        """The marks, once nobody has written for a moment: a writer may be in the middle of it."""
        marks = await anyio.to_thread.run_sync(_marks, self._files)
        for _ in range(_UNSETTLED_LOOKS):
            await self._clock.sleep(self._settings.settle_s)
            before, marks = marks, await anyio.to_thread.run_sync(_marks, self._files)
            if marks == before:
                break
        return marks


def _marks(files: Iterable[Path]) -> dict[Path, _Mark]:
    return {path: _mark(path) for path in files}


def _mark(path: Path) -> _Mark:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _folders(files: Iterable[Path]) -> set[Path]:
    """Where a change can happen: the folders of the files and of all links on the way to them."""
    return {_existing(step.parent) for path in files for step in _steps(path.absolute())}


def _steps(path: Path) -> Iterator[Path]:
    """The path, what it links to, and so on; then where that really lies."""
    for _ in range(_LINKS):
        yield path
        try:
            path = path.parent / path.readlink()
        except OSError:
            break
    yield Path(path.parent.resolve(), path.name)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path(folder.anchor))

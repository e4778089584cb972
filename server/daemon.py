"""The mirror process: the one writer of a store, alive as long as somebody reads it."""

from __future__ import annotations

import logging
import logging.handlers
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import anyio
import anyio.to_thread

from mirror.clock import Clock, SystemClock
from mirror.errors import DamagedStoreError
from mirror.flux.redaction import Redactor
from mirror.informers.manager import Manager
from mirror.informers.tools import Tools
from mirror.kube.access import Impersonation
from mirror.kube.kubeconfig import Selection, load_selection
from mirror.kube.kubeconfig_watch import KubeconfigWatch
from mirror.settings import MirrorSettings
from mirror.store.lease import WriterLease, live_readers
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from server.departure import Wait, first_of, until_lost, until_signal, until_unread
from server.memory import collect_rarely, return_freed_memory
from server.options import Options
from server.version import VERSION

__all__ = ["mirror_clusters", "run_mirror"]

_LOG_BYTES = 2_000_000
_LAST_RESORT_S = 2.0

log = logging.getLogger("flux_mirror")


def run_mirror(
    options: Options,
    paths: StorePaths,
    *,
    settings: MirrorSettings,
    background: bool,
    lease: int | None = None,
    last_resort: Callable[[], None] | None = None,
) -> None:
    """Mirror until told to stop (SIGINT, SIGTERM, SIGHUP) or, in the background, until nobody reads any more.

    lease: the descriptor of the locked lock file that a reader has left us. last_resort: called when
    something (a read that hangs in the kernel, say) keeps us from leaving; should end the process at once.

    Raises StoreBusyError when another process mirrors into this store, KubeconfigError and the StoreError
    tree when it cannot begin. A cluster that fails is a state in the store, never the end of the process.
    An edited kubeconfig is followed: contexts that are new, gone or changed count within seconds.
    """
    os.umask(0o077)
    options = _with_whole_paths(options)
    selection = _selected(options)
    impersonation = (
        Impersonation(options.kube_as, options.kube_as_groups, options.kube_as_uid or "")
        if options.kube_as
        else None
    )
    _raise_open_files_limit()
    collect_rarely()
    return_freed_memory()

    clock = SystemClock()
    held = WriterLease(paths)
    readers = partial(live_readers, paths)

    async def leave(scope: anyio.CancelScope) -> None:
        ends: list[Wait] = [until_signal, partial(until_lost, held, clock)]
        if background:
            ends.append(partial(until_unread, held, readers, settings.linger_s, clock))
        await first_of(*ends)
        await anyio.to_thread.run_sync(held.leaving, True)
        if last_resort is not None:
            timer = threading.Timer(_LAST_RESORT_S, last_resort)
            timer.daemon = True
            timer.start()
        scope.cancel()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leave, tasks.cancel_scope)
            names = ", ".join(context.name for context in selection.contexts)
            log.info("flux-mirror %s: mirroring %s into %s", VERSION, names or "nothing", paths.store)
            # A chosen context that goes later is no typing error: the others are followed without it.
            select = partial(_selected, options, strict=False)
            watch = KubeconfigWatch(select, selection, settings.kubeconfig, clock)
            await mirror_clusters(watch, paths, settings, clock, impersonation)

    with held.acquire(version=VERSION, since=clock.wall(), inherited=lease), _logging_to(paths, background):
        if background:
            os.chdir(paths.store.parent)  # whatever was mounted where we were started can be unmounted
        anyio.run(main, backend_options={"use_uvloop": sys.platform != "win32"})
        log.info("the mirror has ended")


async def mirror_clusters(
    kubeconfig: KubeconfigWatch,
    paths: StorePaths,
    settings: MirrorSettings,
    clock: Clock,
    impersonation: Impersonation | None = None,
) -> None:
    """Mirror until cancelled; all anew when the store turns out to be damaged, or is removed meanwhile.

    The caller holds the writer's lease.
    """
    while True:
        try:
            await _mirror(kubeconfig, paths, settings, clock, impersonation)
        except* DamagedStoreError:  # the log has it; the file is set aside, and the next one begins empty
            log.info("fetching everything again into %s", paths.store)


async def _mirror(
    kubeconfig: KubeconfigWatch,
    paths: StorePaths,
    settings: MirrorSettings,
    clock: Clock,
    impersonation: Impersonation | None,
) -> None:
    """Put the mirror together and run it."""
    key = await anyio.to_thread.run_sync(paths.fingerprint_key)
    async with Writer(paths, settings.writer, clock) as writer:
        reader = await anyio.to_thread.run_sync(Reader, paths.store)
        manager = Manager(
            kubeconfig.current,
            reader=reader,
            tools=Tools(writer, Redactor(key), settings, clock, Random()),
            edits=kubeconfig.changed,
            impersonation=impersonation,
        )
        try:
            await manager.run()
        finally:
            # Before the writer: only the last connection to close puts the log away into the store file.
            reader.close()


def _selected(options: Options, *, strict: bool = True) -> Selection:
    """What is to be mirrored as the kubeconfig stands now. Raises KubeconfigError; reads files."""
    paths = [options.kubeconfig] if options.kubeconfig else None
    return load_selection(paths, os.environ, options.kube_context, strict=strict)


def _with_whole_paths(options: Options) -> Options:
    """The same options for any working directory; KUBECONFIG too is made so, in our environment."""
    chosen = os.environ.get("KUBECONFIG", "")
    if chosen:
        parts = (str(Path(part).absolute()) if part else "" for part in chosen.split(os.pathsep))
        os.environ["KUBECONFIG"] = os.pathsep.join(parts)
    path = options.kubeconfig
    return replace(options, kubeconfig=path.expanduser().absolute() if path else None)


@contextmanager
def _logging_to(paths: StorePaths, background: bool) -> Iterator[None]:
    """A background mirror writes a small rotating file beside the store; in the foreground, stderr.

    A thread does the writing: a disk or a terminal that hangs must not hold up the streams.
    """
    handler: logging.Handler
    if background:
        handler = logging.handlers.RotatingFileHandler(paths.log, maxBytes=_LOG_BYTES, backupCount=1)
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    waiting = logging.handlers.QueueHandler(queue.SimpleQueue())
    listener = logging.handlers.QueueListener(waiting.queue, handler)
    log.addHandler(waiting)
    log.setLevel(logging.INFO)
    log.propagate = False
    listener.start()
    try:
        yield
    finally:
        log.removeHandler(waiting)
        listener.stop()
        handler.close()


def _raise_open_files_limit() -> None:
    """One watch is one socket: 50 clusters need some 2,000. Many systems start at 256 or 1,024."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 (Unix only)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

"""Become a reader: choose the contexts, hold a lease, have a mirror running."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from mirror.clock import SystemClock
from mirror.errors import (
    DamagedStoreError,
    KubeconfigError,
    OlderStoreError,
    StoreError,
    StoreMissingError,
)
from mirror.kube.kubeconfig import load_kubeconfig
from mirror.store.condition import obstacle
from mirror.store.lease import ReaderLease
from mirror.store.paths import StorePaths
from server.launcher import Launcher, spawn
from server.options import Options, mirror_arguments, store_paths

if TYPE_CHECKING:
    from server.mirrored import MirroredStore
    from server.ports import Logs

__all__ = ["attached_mirror", "live_logs", "start_ahead"]


def start_ahead(options: Options, environ: Mapping[str, str] = os.environ) -> Launcher | None:
    """Have the mirror start while what is to attach to it is still imported.

    Returns what attached_mirror() takes; None when nothing can be started: that will say why.
    """
    try:
        _contexts(options, environ)
    except KubeconfigError:
        return None
    launcher = _launcher(options, environ)
    launcher.ensure()
    return launcher


@contextmanager
def attached_mirror(
    options: Options, environ: Mapping[str, str] = os.environ, launcher: Launcher | None = None
) -> Iterator[MirroredStore]:
    """Be a reader of the options' store for as long as the block runs, with a mirror behind it.

    launcher: what start_ahead() has returned, if it was called.
    Raises KubeconfigError and UnknownContextError before anything is started, the StoreError tree when the
    store file cannot be used.
    """
    contexts = _contexts(options, environ)
    paths = store_paths(options, environ)
    launcher = launcher or _launcher(options, environ)
    with _reading(paths):
        # First of all, for a process takes its time to start. What reads the store takes a third of a second
        # to import, and is imported meanwhile.
        launcher.ensure()
        try:
            from mirror.store.reader import Reader  # noqa: PLC0415
            from server.mirrored import MirroredStore  # noqa: PLC0415

            with suppress(StoreMissingError, OlderStoreError, DamagedStoreError):
                Reader(paths.store).close()  # what else may be wrong with it is not the mirror's to mend
            if launcher.started:
                what = "1 cluster" if len(contexts) == 1 else f"{len(contexts)} clusters"
                sys.stderr.write(f"flux-mirror: started a mirror of {what} in the background\n")
            yield MirroredStore(paths, contexts, launcher, SystemClock(), timeout_s=options.timeout_s)
        finally:
            launcher.let_go()


def live_logs(options: Options, environ: Mapping[str, str] = os.environ) -> Logs:
    """The door to the logs of the options' clusters. Nothing is opened before something is read."""
    from server.live import Live  # noqa: PLC0415 (the HTTP client takes a third of a second)

    return Live(options, environ, SystemClock())


@contextmanager
def _reading(paths: StorePaths) -> Iterator[None]:
    """Hold a reader's lease; where nothing can be written at all, read without one."""
    with ExitStack() as held:
        try:
            held.enter_context(ReaderLease(paths))
        except StoreError:
            if not (paths.store.exists() and obstacle(paths)):
                raise
        yield


def _contexts(options: Options, environ: Mapping[str, str]) -> list[str]:
    kubeconfig = load_kubeconfig([options.kubeconfig] if options.kubeconfig else None, environ)
    return [context.name for context in kubeconfig.select(options.kube_context)]


def _launcher(options: Options, environ: Mapping[str, str]) -> Launcher:
    paths = store_paths(options, environ)
    return Launcher(mirror_arguments(options, paths), paths, SystemClock(), spawn=spawn)

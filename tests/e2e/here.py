"""The command line and the mirror in the test's own process: no seconds for processes that start."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
from click.testing import CliRunner

from mirror.clock import SystemClock
from mirror.kube.kubeconfig import load_selection
from mirror.kube.kubeconfig_watch import KubeconfigWatch
from mirror.settings import MirrorSettings
from mirror.store.lease import WriterLease
from mirror.store.paths import StorePaths
from server.cli import main
from server.daemon import mirror_clusters
from tests.e2e.cli import Outcome

__all__ = ["Here", "mirrored_here"]


class Here:
    """Runs `flux-mirror` in a thread of this process, with these arguments at the end of every command."""

    def __init__(self, *always: str) -> None:
        self._always = always

    async def run(self, *arguments: str) -> Outcome:
        """Run to its end. Raises what a person would see a traceback of."""
        invoke = partial(CliRunner().invoke, main, [*arguments, *self._always])
        with anyio.fail_after(60):
            result = await anyio.to_thread.run_sync(invoke)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)


@asynccontextmanager
async def mirrored_here(kubeconfig: Path, store: Path) -> AsyncIterator[Here]:
    """Commands about these contexts, which are mirrored for the length of the block."""
    paths, clock, settings = StorePaths(store), SystemClock(), MirrorSettings()
    select = partial(load_selection, [kubeconfig], os.environ)
    watch = KubeconfigWatch(select, await anyio.to_thread.run_sync(select), settings.kubeconfig, clock)
    lease = WriterLease(paths)
    await anyio.to_thread.run_sync(partial(lease.acquire, since=clock.wall()))
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(mirror_clusters, watch, paths, settings, clock)
            yield Here("--kubeconfig", str(kubeconfig), "--store", str(store))
            tasks.cancel_scope.cancel()
    finally:
        lease.release()

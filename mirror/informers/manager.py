"""All clusters: start an informer for each context, keep them apart, mark the time."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from mirror.errors import KubeconfigError, MirrorError, StoreError
from mirror.informers.backoff import Backoff
from mirror.informers.cluster import ClusterInformer
from mirror.informers.limits import ListLimits
from mirror.informers.recall import StoredCluster, recall
from mirror.informers.states import state_after_failure
from mirror.informers.suspend import SuspendDetector
from mirror.informers.tools import Tools
from mirror.keys import ClusterName
from mirror.kube.access import Impersonation
from mirror.kube.client import Client
from mirror.kube.credentials import Credentials
from mirror.kube.exec_sources import ExecSources
from mirror.kube.kubeconfig import Context, Kubeconfig
from mirror.store.changes import ClusterForgotten, ClusterState, ClusterUpdate, Heartbeat, MirrorStarted
from mirror.store.reader import Reader

__all__ = ["Manager"]

log = logging.getLogger("flux_mirror.manager")


class Manager:
    """Mirror every chosen context. A cluster that fails, in whatever way, never touches another.

    Ends: `run()` returns only when cancelled. It raises StoreError when the store can no longer be
    written; nothing else that a cluster does ends it.
    """

    def __init__(
        self,
        kubeconfig: Kubeconfig,
        contexts: Sequence[Context],
        *,
        reader: Reader,
        tools: Tools,
        impersonation: Impersonation | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._kubeconfig = kubeconfig
        self._contexts = tuple(contexts)
        self._reader = reader
        self._tools = tools
        self._writer = tools.writer
        self._settings = settings = tools.settings
        self._clock = tools.clock
        self._impersonation = impersonation
        self._plugins = ExecSources(settings.client, self._clock, environ, settings.exec_plugins)
        self._lists = anyio.Semaphore(settings.lists_total)
        self._informers: dict[ClusterName, ClusterInformer] = {}

    async def run(self) -> None:
        """Follow all clusters until cancelled."""
        stored = await anyio.to_thread.run_sync(recall, self._reader)
        chosen = {ClusterName(context.name) for context in self._contexts}
        for name in stored.keys() - chosen:
            await self._writer.apply(ClusterForgotten(name))
        # Before the first heartbeat: readers must not take an earlier run's states for this one's.
        await self._writer.apply(
            MirrorStarted(self._clock.wall()),
            *(
                ClusterUpdate(cluster=name, state=ClusterState.SYNCING, at=self._clock.wall())
                for name in sorted(chosen)
            ),
        )
        async with anyio.create_task_group() as tasks:
            for context in self._contexts:
                before = stored.get(ClusterName(context.name), StoredCluster())
                tasks.start_soon(self._supervise, context, before, name=f"cluster {context.name}")
            tasks.start_soon(self._beat, tasks)

    async def _supervise(self, context: Context, stored: StoredCluster) -> None:
        """Run one cluster's informer; start it again should it ever end with an error."""
        backoff = Backoff(self._settings.backoff, self._tools.random)
        while True:
            try:
                await self._follow(context, stored)
            except KubeconfigError as error:
                # Only an edit of the kubeconfig can help: say so once and leave this cluster alone.
                await self._report_failure(context, error, stored)
                return
            except Exception as error:  # the supervisor: a defect in one cluster must not end the others
                if _is_store_failure(error):
                    raise
                log.exception("%s: the informer has failed", context.name)
                defect = MirrorError(f"internal error: {type(error).__name__}", hint="see the mirror's log")
                await self._report_failure(context, defect, stored)
            await self._clock.sleep(backoff.next_delay(self._clock.monotonic()))

    async def _follow(self, context: Context, stored: StoredCluster) -> None:
        access = await anyio.to_thread.run_sync(self._kubeconfig.resolve, context, self._impersonation)
        credentials = Credentials(access, self._settings.client, self._clock, self._plugins)
        client = Client(access, credentials, self._settings.client, self._clock)
        name = ClusterName(context.name)
        self._informers[name] = informer = ClusterInformer(
            name,
            access.server,
            client,
            stored=stored,
            limits=ListLimits(self._lists, self._settings.lists_per_cluster),
            tools=self._tools,
        )
        try:
            await informer.run()
        finally:
            del self._informers[name]
            with anyio.CancelScope(shield=True):
                await client.close()

    async def _report_failure(self, context: Context, error: MirrorError, stored: StoredCluster) -> None:
        await self._writer.apply(
            ClusterUpdate(
                cluster=ClusterName(context.name),
                state=state_after_failure(error, ever_synced=stored.ever_synced),
                at=self._clock.wall(),
                error=error.what,
                hint=error.hint,
            )
        )

    async def _beat(self, tasks: TaskGroup) -> None:
        """Mark that the mirror lives, and which clusters are complete and followed at this moment."""
        suspend = SuspendDetector(self._clock, self._settings.suspend_s)
        while True:
            slept = suspend.slept()
            for informer in self._informers.values():
                informer.look()
                if slept:
                    tasks.start_soon(informer.wake)
            confirmed = tuple(
                name
                for name, informer in self._informers.items()
                if informer.state is ClusterState.SYNCED and not slept
            )
            await self._writer.apply(Heartbeat(self._clock.wall(), confirmed))
            await self._clock.sleep(self._settings.heartbeat_s)


def _is_store_failure(error: Exception) -> bool:
    """A store that cannot be written concerns every cluster: the process ends with that error."""
    if isinstance(error, ExceptionGroup):
        return error.subgroup(StoreError) is not None
    return isinstance(error, StoreError)

"""All clusters: one supervisor per context, as the kubeconfig says at the moment; marks the time."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from mirror.errors import KubeconfigError
from mirror.informers.supervisor import Supervisor
from mirror.informers.suspend import SuspendDetector
from mirror.informers.targets import Target, edit_between, resolve_targets
from mirror.informers.tools import Tools
from mirror.keys import ClusterName
from mirror.kube.access import Impersonation
from mirror.kube.exec_sources import ExecSources
from mirror.kube.kubeconfig import Selection
from mirror.store import clusters as cluster_rows
from mirror.store.changes import (
    ClusterForgotten,
    ClusterState,
    ClusterUpdate,
    Heartbeat,
    MirrorStarted,
)
from mirror.store.reader import Reader

__all__ = ["Edits", "Manager"]

Edits: TypeAlias = Callable[[], Awaitable[Selection]]
"""Waits until the kubeconfig was edited, and gives what is chosen from it then."""

log = logging.getLogger("flux_mirror.manager")


class Manager:
    """Mirror every chosen context. A cluster that fails, in whatever way, never touches another.

    Promised
        An edit of the kubeconfig touches what it changes and nothing else: contexts that are new are
            started, those that are gone are forgotten with their rows, those that lead elsewhere or with
            other credentials are started again, and go on from what is stored if it is the same cluster.
    Ends
        `run()` returns only when cancelled. It raises StoreError when the store can no longer be written;
        nothing else that a cluster does ends it.
    """

    def __init__(
        self,
        selection: Selection,
        *,
        reader: Reader,
        tools: Tools,
        edits: Edits | None = None,
        impersonation: Impersonation | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """edits: None where nothing is edited. environ: what exec plugins inherit."""
        self._selection = selection
        self._edits = edits
        self._reader = reader
        self._tools = tools
        self._writer = tools.writer
        self._settings = settings = tools.settings
        self._clock = tools.clock
        self._impersonation = impersonation
        self._plugins = ExecSources(settings.client, self._clock, environ, settings.exec_plugins)
        self._lists = anyio.Semaphore(settings.lists_total)
        self._targets: dict[ClusterName, Target] = {}
        self._supervisors: dict[ClusterName, Supervisor] = {}

    async def run(self) -> None:
        """Follow all clusters until cancelled."""
        targets = await self._resolve(self._selection)
        stored = await anyio.to_thread.run_sync(self._load)
        await self._forget(name for name in stored if name not in targets)
        async with anyio.create_task_group() as tasks:
            # Before the first heartbeat: readers must not take an earlier run's states for this one's.
            await self._start(targets, tasks)
            tasks.start_soon(self._beat, tasks)
            if self._edits is not None:
                await self._follow_edits(self._edits, tasks)

    async def _follow_edits(self, edits: Edits, tasks: TaskGroup) -> None:
        while True:
            await self._adopt(await edits(), tasks)

    async def _adopt(self, selection: Selection, tasks: TaskGroup) -> None:
        """Follow what the kubeconfig says now."""
        targets = await self._resolve(selection)
        edit = edit_between(self._targets, targets)
        if not any(edit):
            return
        log.info(
            "the kubeconfig has changed: %d contexts more, %d gone, %d changed",
            *(len(names) for names in edit),
        )
        async with anyio.create_task_group() as stopping:
            for name in (*edit.removed, *edit.changed):
                stopping.start_soon(self._supervisors.pop(name).stop)
        for name in edit.removed:
            del self._targets[name]
        await self._forget(edit.removed)
        await self._start({name: targets[name] for name in (*edit.added, *edit.changed)}, tasks)
        users = (target.user for target in targets.values() if not isinstance(target, KubeconfigError))
        self._plugins.retain({user.exec for user in users if user.exec is not None})

    async def _resolve(self, selection: Selection) -> dict[ClusterName, Target]:
        return await anyio.to_thread.run_sync(resolve_targets, selection, self._impersonation)

    def _load(self) -> list[ClusterName]:
        """The clusters that an earlier run left in the store."""
        with self._reader.snapshot() as connection:
            return [ClusterName(row.name) for row in cluster_rows.clusters(connection)]

    async def _forget(self, names: Iterable[ClusterName]) -> None:
        for name in names:
            await self._writer.apply(ClusterForgotten(name))

    async def _start(self, targets: Mapping[ClusterName, Target], tasks: TaskGroup) -> None:
        now = self._clock.wall()
        await self._writer.apply(
            MirrorStarted(now, tuple(targets)),
            *(ClusterUpdate(cluster=name, state=ClusterState.SYNCING, at=now) for name in sorted(targets)),
        )
        for name, target in targets.items():
            self._targets[name] = target
            self._supervisors[name] = supervisor = Supervisor(
                name,
                target,
                reader=self._reader,
                plugins=self._plugins,
                lists=self._lists,
                tools=self._tools,
            )
            tasks.start_soon(supervisor.run, name=f"cluster {name}")

    async def _beat(self, tasks: TaskGroup) -> None:
        """Mark that the mirror lives, and which clusters are complete and followed at this moment.

        Confirmed means: every stream is open, and the server was heard within seconds (see Liveness). It does
        not mean that nothing is under way.
        """
        suspend = SuspendDetector(self._clock, self._settings.suspend_s)
        while True:
            slept = suspend.slept()
            for supervisor in self._supervisors.values():
                supervisor.look()
                if slept:
                    tasks.start_soon(supervisor.wake)
            heard = {name: each for name, each in self._supervisors.items() if each.trusted and not slept}
            confirmed = tuple(name for name, each in heard.items() if each.synced)
            await self._writer.apply(Heartbeat(self._clock.wall(), confirmed, tuple(heard)))
            await self._clock.sleep(self._settings.heartbeat_s)

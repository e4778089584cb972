"""All clusters: one supervisor per context, as the kubeconfig says at the moment; marks the time."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import TypeAlias

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from mirror.errors import KubeconfigError
from mirror.informers.aliases import Aliases
from mirror.informers.interests import Interests
from mirror.informers.supervisor import Supervisor
from mirror.informers.suspend import SuspendDetector
from mirror.informers.targets import Edit, Target, edit_between, resolve_targets
from mirror.informers.tools import Tools
from mirror.keys import ClusterName
from mirror.kube.access import ClusterAccess, Impersonation, User
from mirror.kube.exec_sources import ExecSources
from mirror.kube.identity import identity_of
from mirror.kube.kubeconfig import Selection
from mirror.store import clusters as cluster_rows
from mirror.store.changes import (
    ClusterForgotten,
    ClusterRenamed,
    ClusterState,
    ClusterUpdate,
    Heartbeat,
    MirrorStarted,
)
from mirror.store.reader import Reader
from mirror.store.rows import ClusterRow

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
        self._aliases = Aliases()
        self._interests = Interests(reader, tools)
        self._targets: dict[ClusterName, Target] = {}
        self._supervisors: dict[ClusterName, Supervisor] = {}

    async def run(self) -> None:
        """Follow all clusters until cancelled."""
        targets = await self._resolve(self._selection)
        stored = await anyio.to_thread.run_sync(self._load)
        await self._settle_stored(stored, targets)
        aliases = _still_aliases(stored, targets)
        async with anyio.create_task_group() as tasks:
            # Before the first heartbeat: readers must not take an earlier run's states for this one's.
            await self._start(targets, tasks, aliases)
            tasks.start_soon(self._beat, tasks)
            tasks.start_soon(self._interests.run)
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
        await self._release(edit, targets)
        await self._start({name: targets[name] for name in (*edit.added, *edit.changed)}, tasks)
        users = (target.user for target in targets.values() if not isinstance(target, KubeconfigError))
        self._plugins.retain({user.exec for user in users if user.exec is not None})

    async def _release(self, edit: Edit, targets: Mapping[ClusterName, Target]) -> None:
        """These lead elsewhere now, or nowhere: their rows go to an alias, else stay or are forgotten."""
        ended = (*edit.removed, *edit.changed)
        uids = {name: self._aliases.uid(name) for name in ended if self._aliases.primary(name) == name}
        # Aliases first: one that has changed as well is no heir.
        for name in sorted(ended, key=uids.__contains__):
            heir = self._aliases.leave(name)
            if heir is not None:
                await self._hand_over(name, heir)
                del uids[name]
        for name in edit.removed:
            del self._targets[name]
            await self._writer.apply(ClusterForgotten(name))
        for name in edit.changed:
            before, after = self._targets[name], targets[name]
            same_user = self._identity(before) == self._identity(after)
            if name in uids and same_user and isinstance(after, ClusterAccess):
                self._aliases.join(name, uids[name], after.user)  # the rows are here

    async def _resolve(self, selection: Selection) -> dict[ClusterName, Target]:
        return await anyio.to_thread.run_sync(resolve_targets, selection, self._impersonation)

    def _load(self) -> list[ClusterRow]:
        """The clusters that an earlier run left in the store."""
        with self._reader.snapshot() as connection:
            return cluster_rows.clusters(connection)

    async def _settle_stored(self, rows: Iterable[ClusterRow], targets: Mapping[ClusterName, Target]) -> None:
        """Forget what is no longer chosen, unless an alias is to have it; the others stay what they were."""
        kept = {row.name: row for row in rows if self._is_same_user(row, targets.get(ClusterName(row.name)))}
        heirs = {row.alias_of: name for name, row in kept.items() if row.alias_of not in targets}
        for row in rows:
            name, heir = ClusterName(row.name), ClusterName(heirs.get(row.name, ""))
            if name not in targets and heir:
                await self._rename(name, heir, targets[heir])
            elif name not in targets:
                await self._writer.apply(ClusterForgotten(name))
            target = targets.get(heir or name)
            if isinstance(target, ClusterAccess) and not row.alias_of and (heir or name) in kept:
                self._aliases.join(heir or name, row.uid, target.user)

    def _is_same_user(self, row: ClusterRow, target: Target | None) -> bool:
        return bool(row.identity) and row.identity == self._identity(target)

    async def _claim(self, name: ClusterName, user: User, uid: str) -> bool:
        """A context has found out which cluster it leads to; whether it is the one to mirror that."""
        await self._hand_over(name, self._aliases.join(name, uid, user))
        if self._aliases.primary(name) != name:
            return False
        await self._announce({name: self._targets[name]})
        return True

    async def _hand_over(self, name: ClusterName, heir: ClusterName | None) -> None:
        """Let an alias have the rows of a cluster whose context leads there no more."""
        if heir is not None:
            await self._rename(name, heir, self._targets[heir])
            if heir in self._supervisors:
                self._supervisors[heir].take_over()

    async def _rename(self, name: ClusterName, heir: ClusterName, target: Target) -> None:
        log.info("%s: goes on as %s", name, heir)
        identity = self._identity(target)
        await self._writer.apply(ClusterRenamed(cluster=name, to=heir, identity=identity))

    async def _announce(
        self, targets: Mapping[ClusterName, Target], aliases: Collection[ClusterName] = ()
    ) -> None:
        """These are about to be followed; what somebody else could see is dropped here.

        aliases: those that are aliases as far as anybody knows.
        """
        now = self._clock.wall()
        await self._writer.apply(
            MirrorStarted(now, tuple(targets)),
            *(
                ClusterUpdate(
                    cluster=name,
                    state=ClusterState.SYNCING,
                    at=now,
                    identity=self._identity(targets[name]) or None,
                    alias_of=None if name in aliases else ClusterName(""),
                )
                for name in sorted(targets)
            ),
        )

    def _identity(self, target: Target | None) -> str:
        """Who asks; "" when that is not known."""
        if not isinstance(target, ClusterAccess):
            return ""
        return self._tools.redactor.fingerprint(identity_of(target.user))

    async def _start(
        self,
        targets: Mapping[ClusterName, Target],
        tasks: TaskGroup,
        aliases: Collection[ClusterName] = (),
    ) -> None:
        await self._announce(targets, aliases)
        for place, (name, target) in enumerate(targets.items()):
            self._targets[name] = target
            self._supervisors[name] = supervisor = Supervisor(
                name,
                target,
                aliases=self._aliases,
                claim=self._claim,
                reader=self._reader,
                plugins=self._plugins,
                lists=self._lists,
                interests=self._interests,
                tools=self._tools,
                delay_s=self._tools.random.uniform(0.5, 1.0) * place * self._settings.start_spread_s,
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


def _still_aliases(
    rows: Iterable[ClusterRow], targets: Mapping[ClusterName, Target]
) -> tuple[ClusterName, ...]:
    """The aliases of an earlier run that nothing speaks against; the clusters themselves are asked later."""
    leads_to = {name: target.server for name, target in targets.items() if isinstance(target, ClusterAccess)}
    return tuple(
        ClusterName(row.name)
        for row in rows
        if row.alias_of in leads_to and leads_to.get(ClusterName(row.name)) == row.server
    )

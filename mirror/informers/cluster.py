"""One cluster: find out what it serves, keep one reflector per mirrored type running, say how it is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import anyio
from anyio.abc import TaskGroup

from mirror.errors import MirrorError, TransportError
from mirror.flux.kinds import mirrored
from mirror.informers.backoff import Backoff
from mirror.informers.limits import ListLimits
from mirror.informers.reflector import Reflector
from mirror.informers.resume import resume_points
from mirror.informers.states import ScopeStatus, cluster_state, state_after_failure
from mirror.informers.streams import Streams
from mirror.informers.tools import Tools
from mirror.keys import ClusterName, Resource, ScopeKey
from mirror.kube.client import Client
from mirror.kube.discovery import Discovery, cluster_uid, discover, server_version
from mirror.store.changes import (
    ClusterState,
    ClusterUpdate,
    Heartbeat,
    ResourcesDiscovered,
    ScopeRemoved,
    ScopeState,
    ScopeUpdate,
)
from mirror.store.rows import ClusterRow, ScopeRow

__all__ = ["ClusterInformer", "StoredCluster"]

log = logging.getLogger("flux_mirror.cluster")


class StoredCluster:
    """What an earlier run left in the store about one cluster."""

    def __init__(self, row: ClusterRow | None, scopes: tuple[ScopeRow, ...]) -> None:
        self.row = row
        self.scopes = scopes

    @property
    def ever_synced(self) -> bool:
        """Answers from the store made sense once: from now on the cluster can be stale, not unknown."""
        return self.row is not None and self.row.confirmed_at is not None


class ClusterInformer:
    """Keep the copy of one cluster close to the truth.

    Promised
        Every mirrored type that discovery shows has one reflector; types that appear are added, types that
        are gone for good are removed with their objects. A group that could not be discovered keeps its
        reflectors: unknown is not absent.
        `state` is SYNCED only while every readable scope is listed and its watch is open. After trouble it
        is so again only once the cluster has shown that it is still the same one.
        Another cluster behind the same address (a rebuilt one) is read from the beginning: it accepts the
        resourceVersions of the old one and stays silent (kubernetes#107457).
    Not promised
        Any order between types.
    Ends
        `run()` returns only when cancelled; what it raises is a defect, for the manager to report.
    """

    def __init__(
        self,
        name: ClusterName,
        server: str,
        client: Client,
        *,
        stored: StoredCluster,
        limits: ListLimits,
        tools: Tools,
    ) -> None:
        self.name = name
        self.state = ClusterState.SYNCING
        self._server = server
        self._client = client
        self._stored = stored
        self._ever_synced = stored.ever_synced
        self._limits = limits
        self._streams = Streams(tools.clock)
        self._tools = tools
        self._writer = tools.writer
        self._settings = tools.settings
        self._clock = tools.clock
        self._error: MirrorError | None = None
        self._running: dict[ScopeKey, tuple[Resource, Callable[[], None]]] = {}
        self._statuses: dict[ScopeKey, ScopeStatus] = {}
        self._resume: dict[ScopeKey, str] = {}
        self._uid = ""
        self._doubt = anyio.Event()
        """Set when the cluster is back after trouble and has not shown yet that it is the same one."""
        self._proven = True

    async def run(self) -> None:
        """Follow the cluster until cancelled."""
        while True:
            discovery = await self._connect()
            async with anyio.create_task_group() as tasks:
                await self._adopt(discovery, tasks)
                await self._until_another_cluster(tasks)
                tasks.cancel_scope.cancel()
            log.info("%s: another cluster answers: reading it from the beginning", self.name)
            self._running.clear()
            self._statuses.clear()
            self._stored, self._ever_synced = StoredCluster(None, ()), False

    def look(self) -> None:
        """Give up the streams that have been silent for too long. To be called every few seconds."""
        self._streams.look()

    async def wake(self) -> None:
        """The machine has slept: nothing is confirmed until every stream has been opened anew."""
        self._proven = False
        pause_s = self._tools.random.uniform(0.0, self._settings.watch.wake_spread_s)
        self._streams.give_up(TransportError("the machine has slept"), pause_s=pause_s)
        await self._client.reconnect()

    async def _until_another_cluster(self, tasks: TaskGroup) -> None:
        """Look from time to time, and after trouble, who answers and what is served."""
        backoff = Backoff(self._settings.backoff, self._tools.random)
        while True:
            await self._next_look()
            try:
                uid = await cluster_uid(self._client) or ""
                discovery = await discover(self._client)
            except MirrorError as error:
                await self._no_answer(error)
                await self._clock.sleep(backoff.next_delay(self._clock.monotonic()))
                continue
            if uid and self._uid and uid != self._uid:
                return
            self._doubt, self._proven = anyio.Event(), True
            await self._adopt(discovery, tasks)

    async def _no_answer(self, error: MirrorError) -> None:
        """A look has failed; what is served stays known.

        A server that cannot be reached may have died behind streams that look open (a sleeping laptop, a
        lost route), so nothing is confirmed until it answers again. Any other refusal says that it lives.
        """
        log.info("%s: discovery: %s", self.name, error)
        if isinstance(error, TransportError):
            self._proven = False
            await self._publish(state_after_failure(error, ever_synced=self._ever_synced), error)

    async def _next_look(self) -> None:
        """Wait for the discovery interval, or until there is doubt."""
        async with anyio.create_task_group() as waiting:

            async def doubted() -> None:
                await self._doubt.wait()
                waiting.cancel_scope.cancel()

            waiting.start_soon(doubted)
            await self._clock.sleep(self._settings.discovery_interval_s)
            waiting.cancel_scope.cancel()

    async def _connect(self) -> Discovery:
        """The first discovery; tried again for ever, each failure being the cluster's state."""
        backoff = Backoff(self._settings.backoff, self._tools.random)
        while True:
            try:
                discovery = await discover(self._client)
                version = await server_version(self._client)
                uid = await cluster_uid(self._client) or ""
            except MirrorError as error:
                state = state_after_failure(error, ever_synced=self._ever_synced)
                await self._publish(state, error)
                await self._clock.sleep(backoff.next_delay(self._clock.monotonic()))
                continue
            self._resume = resume_points(
                self._stored.row,
                self._stored.scopes,
                uid=uid,
                now=self._clock.wall(),
                max_age_s=self._settings.watch.resume_max_age_s,
            )
            self._uid, self._doubt, self._proven = uid, anyio.Event(), True
            await self._publish(
                ClusterState.SYNCING, None, server=self._server, uid=uid or None, version=version
            )
            return discovery

    async def _adopt(self, discovery: Discovery, tasks: TaskGroup) -> None:
        """Make the set of reflectors follow what the server serves now."""
        await self._writer.apply(
            ResourcesDiscovered(
                self.name,
                discovery.resources,
                tuple(discovery.versions[resource.group_kind] for resource in discovery.resources),
            )
        )
        wanted = {
            ScopeKey(self.name, resource.group, resource.plural): resource
            for resource in discovery.resources
            if mirrored(resource)
        }
        for scope, (resource, cancel) in list(self._running.items()):
            if scope in wanted and wanted[scope].gvk == resource.gvk:
                continue
            if scope not in wanted and resource.group in discovery.stale_groups:
                continue
            cancel()
            del self._running[scope], self._statuses[scope]
            if scope not in wanted:
                await self._writer.apply(ScopeRemoved(scope, self._clock.wall()))
        new = {scope: resource for scope, resource in wanted.items() if scope not in self._running}
        await self._announce({scope: new[scope] for scope in new if scope not in self._resume})
        for scope, resource in new.items():
            self._start(scope, resource, tasks)
        await self._recompute()

    async def _announce(self, scopes: Mapping[ScopeKey, Resource]) -> None:
        """Let readers know what is about to be listed: until then its objects are unknown, not absent."""
        await self._writer.apply(
            *(
                ScopeUpdate(
                    scope=scope,
                    kind=resource.kind,
                    version=resource.version,
                    state=ScopeState.LISTING,
                    at=self._clock.wall(),
                )
                for scope, resource in scopes.items()
            )
        )

    def _start(self, scope: ScopeKey, resource: Resource, tasks: TaskGroup) -> None:
        resume = self._resume.pop(scope, "")
        self._statuses[scope] = ScopeStatus(ScopeState.LISTING, listed=bool(resume))
        reflector = Reflector(
            scope,
            resource,
            client=self._client,
            limits=self._limits,
            streams=self._streams,
            tools=self._tools,
            resume=resume,
            report=self._report,
        )
        cancel_scope = anyio.CancelScope()

        async def follow() -> None:
            with cancel_scope:
                await reflector.run()

        self._running[scope] = (resource, cancel_scope.cancel)
        tasks.start_soon(follow, name=f"reflector {scope}")

    async def _report(self, scope: ScopeKey, status: ScopeStatus) -> None:
        """A reflector's state has changed."""
        if scope in self._running:
            self._statuses[scope] = status
            await self._recompute()

    async def _recompute(self) -> None:
        state = cluster_state(self._statuses, ever_synced=self._ever_synced)
        if state is ClusterState.STALE:
            self._proven = False
        elif state is ClusterState.SYNCED and not self._proven:
            self._doubt.set()
            return
        errors = (status.error for status in self._statuses.values() if status.error is not None)
        error = None if state is ClusterState.SYNCED else next(errors, None)
        if state is not self.state or str(error) != str(self._error):
            await self._publish(state, error)

    async def _publish(
        self,
        state: ClusterState,
        error: MirrorError | None,
        *,
        server: str | None = None,
        uid: str | None = None,
        version: str | None = None,
    ) -> None:
        self.state, self._error = state, error
        self._ever_synced = self._ever_synced or state is ClusterState.SYNCED
        log.info("%s: %s%s", self.name, state.value, f": {error}" if error else "")
        now = self._clock.wall()
        confirmed = [Heartbeat(now, (self.name,))] if state is ClusterState.SYNCED else []
        await self._writer.apply(
            *confirmed,
            ClusterUpdate(
                cluster=self.name,
                state=state,
                at=now,
                error=error.what if error else "",
                hint=error.hint if error else "",
                server=server,
                uid=uid,
                version=version,
            ),
        )

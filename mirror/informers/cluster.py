"""One cluster: find out who answers and what is served, have it followed, say how it is."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from anyio.abc import TaskGroup

from mirror.errors import MirrorError, ProtocolError, StoreError, TransportError
from mirror.informers.audit import Audited, Auditor
from mirror.informers.backoff import Backoff
from mirror.informers.coverage import Coverage
from mirror.informers.interests import Interests
from mirror.informers.limits import ListLimits
from mirror.informers.liveness import Liveness
from mirror.informers.looks import Looks
from mirror.informers.namespaces import Namespaces
from mirror.informers.recall import StoredCluster
from mirror.informers.reflectors import Reflectors
from mirror.informers.resume import resume_points
from mirror.informers.sightings import Sightings
from mirror.informers.states import ScopeStatus, cluster_state, state_after_failure
from mirror.informers.streams import Streams
from mirror.informers.tools import Tools
from mirror.informers.transform import is_event
from mirror.keys import ClusterName, ScopeKey, is_another_cluster
from mirror.kube.client import Client
from mirror.kube.cluster_identity import cluster_identity
from mirror.kube.discovery import Discovery, discover, server_version
from mirror.store.changes import ClusterState, ClusterUpdate, Heartbeat, ScopeState
from mirror.store.reader import Reader

__all__ = ["ClusterInformer"]

log = logging.getLogger("flux_mirror.cluster")


class ClusterInformer:
    """Keep the copy of one cluster close to the truth.

    Promised
        What is watched follows what the cluster serves (see Coverage), within seconds of a change of a CRD.
        `state` is SYNCED only while every readable scope is listed and its watch is open. After trouble it
        is so again only once the cluster has shown that it is still the same one.
        Another cluster behind the same address (a rebuilt one) is read from the beginning: it accepts the
        resourceVersions of the old one and stays silent (kubernetes#107457).
    Not promised
        Any order between types.
    Ends
        `run()` returns when the cluster is not to be mirrored through this context; what it raises is a
        defect, for the supervisor to report.
    """

    def __init__(
        self,
        name: ClusterName,
        server: str,
        client: Client,
        *,
        stored: StoredCluster,
        limits: ListLimits,
        interests: Interests,
        tools: Tools,
        reader: Reader,
        claim: Callable[[str], Awaitable[bool]],
    ) -> None:
        """claim: told the uid of the cluster, "" if unknown; whether it is to be mirrored through here."""
        self.name = name
        self.state = ClusterState.SYNCING
        self._server = server
        self._client = client
        self._stored = stored
        self._ever_synced = stored.ever_synced
        self._limits = limits
        self._interests = interests
        self._reader = reader
        self._claim = claim
        self._streams = Streams(tools.clock)
        self._tools = tools
        self._writer = tools.writer
        self._settings = tools.settings
        self._clock = tools.clock
        self._error: MirrorError | None = None
        self._looks = Looks(tools)
        self._reflectors: Reflectors
        self._coverage: Coverage
        self._resume: dict[ScopeKey, str] = {}
        self._liveness = Liveness(client, tools.settings.liveness, tools.clock)
        self._auditor = Auditor(self._auditable, client=client, reader=reader, limits=limits, tools=tools)
        self._uid = ""
        self._logged: dict[str, str] = {}
        self._proven = True
        """False while the cluster is back after trouble and has not shown yet that it is the same one."""
        self._silent = False
        """The server was silent: streams that still look open may be dead."""

    @property
    def trusted(self) -> bool:
        """What the open streams have brought is what the cluster has."""
        return self._liveness.trusted

    async def run(self) -> None:
        """Follow the cluster until cancelled, or until another context does so."""
        with self._interests.telling(self._looks.soon):
            await self._run()

    async def _run(self) -> None:
        while (discovery := await self._connect()) is not None:
            async with anyio.create_task_group() as tasks:
                self._cover(tasks)
                tasks.start_soon(self._liveness.watch, self._no_sign)
                tasks.start_soon(self._auditor.run)
                while discovery is not None:
                    await self._follow(discovery)
                    discovery = await self._look_again()
                tasks.cancel_scope.cancel()
            log.info("%s: another cluster answers: reading it from the beginning", self.name)
            self._stored, self._ever_synced = StoredCluster(), False

    def look(self) -> None:
        """Give up the streams that have been silent for too long. To be called every few seconds."""
        self._streams.look()

    async def wake(self) -> None:
        """The machine has slept: nothing is confirmed until every stream has been opened anew."""
        self._proven = False
        self._give_up("the machine has slept")
        await self._client.reconnect()

    def _give_up(self, why: str) -> None:
        pause_s = self._tools.random.uniform(0.0, self._settings.watch.wake_spread_s)
        self._streams.give_up(TransportError(why), pause_s=pause_s)

    def _cover(self, tasks: TaskGroup) -> None:
        """Have list/watches for the cluster that answers now; none of them begins yet."""
        self._reflectors = reflectors = Reflectors(
            tasks, self._client, self._limits, self._streams, self._tools, self._report
        )
        self._coverage = Coverage(
            self.name,
            self._stored,
            self._resume,
            reflectors=reflectors,
            namespaces=Namespaces(self.name, self._client, self._reader, reflectors, self._tools),
            sightings=Sightings(self._stored.managed, self._looks.soon),
            asked=self._interests.kinds,
            tools=self._tools,
        )

    async def _follow(self, discovery: Discovery) -> None:
        """Follow what is served, as far as it can be found out."""
        try:
            settled = await self._coverage.follow(discovery)
        except StoreError:
            raise
        except MirrorError as error:
            await self._no_answer(error)
            return
        self._looks.done(settled=settled)
        await self._recompute()

    async def _look_again(self) -> Discovery | None:
        """Look, from time to time and when there is a reason, who answers and what is served; None once it is
        another cluster."""
        while True:
            await self._looks.next()
            try:
                uid = await cluster_identity(self._client)
                discovery = await discover(self._client)
            except MirrorError as error:
                await self._no_answer(error)
                continue
            if is_another_cluster(self._uid, uid):
                return None
            self._proven = True
            self._liveness.identified()
            if self._silent:
                self._silent = False
                self._give_up("the server was silent for too long")
            return discovery

    async def _no_sign(self, error: MirrorError) -> None:
        """Nothing is heard, and nobody answers."""
        self._silent = True
        await self._no_answer(error)
        self._looks.at_once()

    async def _no_answer(self, error: MirrorError) -> None:
        """A look has failed; what is served stays known.

        A server that cannot be reached may have died behind streams that look open (a sleeping laptop, a
        lost route, a login page in between), so nothing is confirmed until it answers again. A refusal in its
        own words says that it lives.
        """
        self._log_once("discovery", f"discovery: {error}")
        self._looks.done(settled=False)
        if isinstance(error, TransportError | ProtocolError):
            self._proven = False
            await self._publish(state_after_failure(error, ever_synced=self._ever_synced), error)

    async def _connect(self) -> Discovery | None:
        """The first discovery; tried again for ever, each failure being the cluster's state.

        None when the cluster is mirrored through another context.
        """
        backoff = Backoff(self._settings.backoff, self._tools.random)
        while True:
            try:
                discovery = await discover(self._client)
                version = await server_version(self._client)
                uid = await cluster_identity(self._client)
            except MirrorError as error:
                state = state_after_failure(error, ever_synced=self._ever_synced)
                await self._publish(state, error)
                await self._clock.sleep(backoff.next_delay(self._clock.monotonic()))
                continue
            if not await self._claim(uid):
                return None
            if self._stored.row is not None and is_another_cluster(self._stored.row.uid, uid):
                self._stored, self._ever_synced = StoredCluster(), False
            self._resume = resume_points(
                self._stored.row,
                self._stored.scopes,
                uid=uid,
                now=self._clock.wall(),
                max_age_s=self._settings.watch.resume_max_age_s,
            )
            self._liveness.identified()
            self._uid, self._proven = uid, True
            await self._publish(
                ClusterState.SYNCING, None, server=self._server, uid=uid or None, version=version
            )
            return discovery

    async def _report(self, scope: ScopeKey, status: ScopeStatus) -> None:
        """A reflector's state has changed."""
        if self._coverage.calls_for_a_look(scope, status.state):
            self._looks.soon()
        self._liveness.moved(scope, status.state)
        await self._recompute()

    def _auditable(self) -> list[Audited]:
        """What can be compared now. Core events are kept longer than the server has them."""
        found = ((scope, self._reflectors.resource(scope)) for scope in self._reflectors)
        return [
            Audited(scope, resource, partial(self._reflectors.relist, scope))
            for scope, resource in found
            if self._reflectors.state(scope) is ScopeState.WATCHING and not is_event(resource)
        ]

    async def _recompute(self) -> None:
        statuses = self._reflectors.statuses
        state = cluster_state(statuses, ever_synced=self._ever_synced)
        if not (self._coverage.complete or self._ever_synced):
            state = ClusterState.SYNCING  # what was refused as a whole is still looked for in namespaces
        if state is ClusterState.STALE:
            self._proven = False
        elif state is ClusterState.SYNCED and not self._proven:
            self._looks.at_once()
            return
        errors = (status.error for status in statuses.values() if status.error is not None)
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
        self._log_once("state", f"{state.value}: {error}" if error else state.value)
        if state is ClusterState.SYNCED:
            self._logged.pop("discovery", None)
        now = self._clock.wall()
        confirmed = [Heartbeat(now, (self.name,), (self.name,))] if state is ClusterState.SYNCED else []
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

    def _log_once(self, subject: str, text: str) -> None:
        """A server that is away for the night is no reason for a thousand lines."""
        if self._logged.get(subject) != text:
            self._logged[subject] = text
            log.info("%s: %s", self.name, text)

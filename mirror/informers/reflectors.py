"""The reflectors of one cluster: start one for a scope, stop it, know how each is doing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import anyio
from anyio.abc import TaskGroup

from mirror.informers.limits import ListLimits
from mirror.informers.poller import Poller
from mirror.informers.reflector import Observer, Reflector, Report
from mirror.informers.states import ScopeStatus
from mirror.informers.streams import Streams
from mirror.informers.tools import Tools
from mirror.keys import Resource, ScopeKey
from mirror.kube.client import Client
from mirror.kube.streaming import StreamingOffer
from mirror.store.changes import ScopeState

__all__ = ["Reflectors"]


class _Running(NamedTuple):
    resource: Resource
    reflector: Reflector | Poller
    scope: anyio.CancelScope
    ended: anyio.Event


class Reflectors:
    """One reflector per scope, as tasks of the given group.

    report: told of every change of a state, as Reflector does; not of what a stopped one still says.
    """

    def __init__(
        self,
        tasks: TaskGroup,
        client: Client,
        limits: ListLimits,
        streams: Streams,
        tools: Tools,
        report: Report,
    ) -> None:
        self._tasks = tasks
        self._client = client
        self._limits = limits
        self._streams = streams
        self._offer = StreamingOffer()
        self._tools = tools
        self._tell = report
        self._running: dict[ScopeKey, _Running] = {}
        self._statuses: dict[ScopeKey, ScopeStatus] = {}

    @property
    def statuses(self) -> Mapping[ScopeKey, ScopeStatus]:
        """The last word of each."""
        return self._statuses

    def state(self, scope: ScopeKey) -> ScopeState | None:
        """How the scope is doing; None when nobody follows it."""
        status = self._statuses.get(scope)
        return status.state if status else None

    def resource(self, scope: ScopeKey) -> Resource:
        """The type as it is followed there. Raises KeyError."""
        return self._running[scope].resource

    def start(
        self,
        scope: ScopeKey,
        resource: Resource,
        *,
        resume: str = "",
        observer: Observer | None = None,
        troubled: bool = False,
    ) -> None:
        """Follow a scope that nobody follows yet. resume, observer, troubled: as for Reflector."""
        self._statuses[scope] = ScopeStatus(ScopeState.LISTING, listed=bool(resume))
        reflector: Reflector | Poller
        if resource.watchable:
            reflector = Reflector(
                scope,
                resource,
                client=self._client,
                limits=self._limits,
                streams=self._streams,
                offer=self._offer,
                tools=self._tools,
                resume=resume,
                report=self._report,
                observer=observer,
                troubled=troubled,
            )
        else:
            reflector = Poller(
                scope,
                resource,
                client=self._client,
                limits=self._limits,
                tools=self._tools,
                report=self._report,
            )
        running = _Running(resource, reflector, anyio.CancelScope(), anyio.Event())

        async def follow() -> None:
            try:
                with running.scope:
                    await reflector.run()
            finally:
                running.ended.set()

        self._running[scope] = running
        self._tasks.start_soon(follow, name=f"reflector {scope}")

    def relist(self, scope: ScopeKey) -> None:
        """Have a scope read from the beginning; nothing if nobody follows it any more."""
        if scope in self._running:
            self._running[scope].reflector.relist()

    async def stop(self, scope: ScopeKey) -> None:
        """End the reflector of a scope; when this returns, it says nothing more to the store."""
        running = self._running.pop(scope)
        del self._statuses[scope]
        running.scope.cancel()
        await running.ended.wait()

    def __contains__(self, scope: object) -> bool:
        return scope in self._running

    def __iter__(self) -> Iterator[ScopeKey]:
        """The scopes that are followed; a copy, so that some can be stopped on the way."""
        return iter(tuple(self._running))

    async def _report(self, scope: ScopeKey, status: ScopeStatus) -> None:
        if scope in self._running:
            self._statuses[scope] = status
            await self._tell(scope, status)

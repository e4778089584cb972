"""One scope of a type that cannot be watched: listed again and again, for as long as somebody wants it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mirror.errors import ForbiddenError, MirrorError, NotFoundError, StoreError
from mirror.informers.limits import ListLimits
from mirror.informers.staging import Staging
from mirror.informers.states import ScopeStatus
from mirror.informers.tools import Tools
from mirror.keys import Resource, ScopeKey
from mirror.kube.client import Client
from mirror.kube.frames import FrameDecoder
from mirror.store.changes import ScopeState, ScopeUpdate

__all__ = ["Poller"]


class Poller:
    """Keep measurements (metrics.k8s.io) about as young as their source makes them.

    Promised
        What the last list has shown is stored, whole; `listed_at` of the scope says when that was.
        A source that fails makes nothing else of the cluster stale: the scope has the error and is polled on.
    Not promised
        Anything between two lists.
    Ends
        `run()` returns only when cancelled. It raises StoreError when the store cannot be written.
    """

    def __init__(
        self,
        scope: ScopeKey,
        resource: Resource,
        *,
        client: Client,
        limits: ListLimits,
        tools: Tools,
        report: Callable[[ScopeKey, ScopeStatus], Awaitable[None]],
    ) -> None:
        self._scope = scope
        self._resource = resource
        self._client = client
        self._limits = limits
        self._writer = tools.writer
        self._redactor = tools.redactor
        self._settings = tools.settings
        self._clock = tools.clock
        self._random = tools.random
        self._report = report
        self._decoder = FrameDecoder(resource, where=str(scope))
        self._status = ScopeStatus(ScopeState.LISTING, listed=False)

    def relist(self) -> None:
        """Nothing: the next list comes anyway."""

    async def run(self) -> None:
        """Poll until cancelled."""
        await self._move(ScopeStatus(ScopeState.POLLING, listed=False))
        while True:
            try:
                await self._list()
            except StoreError:
                raise
            except MirrorError as error:
                await self._move(ScopeStatus(_state(error), self._status.listed, error), failures=1)
            await self._clock.sleep(self._settings.metrics.poll_s * self._random.uniform(0.9, 1.1))

    async def _list(self) -> None:
        """One whole list, committed at its end."""
        staging = Staging(self._resource, self._redactor, None)
        query = {"limit": str(self._settings.watch.page_size)}
        path = self._resource.path(self._scope.namespace)
        async with self._limits.listing():
            while True:
                page = self._decoder.page(await self._client.get_page(path, query, metadata_only=False))
                await staging.add([_versioned(item) for item in page.items])
                if not page.continue_:
                    break
                query["continue"] = page.continue_
        status = ScopeStatus(ScopeState.POLLING, listed=True)
        update = self._update(status, lists=1)
        at = self._clock.wall()
        await self._writer.replace(self._scope, staging.pages, update, resource_version="", at=at)
        await self._tell(status)

    async def _move(self, status: ScopeStatus, **counted: int) -> None:
        await self._writer.apply(self._update(status, **counted))
        await self._tell(status)

    async def _tell(self, status: ScopeStatus) -> None:
        same = (status.state, str(status.error)) == (self._status.state, str(self._status.error))
        self._status = status
        if not same:
            await self._report(self._scope, status)

    def _update(self, status: ScopeStatus, **counted: int) -> ScopeUpdate:
        return ScopeUpdate(
            scope=self._scope,
            kind=self._resource.kind,
            version=self._resource.version,
            state=status.state,
            at=self._clock.wall(),
            error=str(status.error) if status.error else "",
            **counted,
        )


def _state(error: MirrorError) -> ScopeState:
    if isinstance(error, ForbiddenError):
        return ScopeState.FORBIDDEN
    return ScopeState.ABSENT if isinstance(error, NotFoundError) else ScopeState.POLLING


def _versioned(item: dict[str, Any]) -> dict[str, Any]:
    """A measurement has no resourceVersion; the time at which it was taken says whether it is another one."""
    version = item.get("timestamp")
    metadata = {**item["metadata"], "resourceVersion": version if isinstance(version, str) else ""}
    return {**item, "metadata": metadata}

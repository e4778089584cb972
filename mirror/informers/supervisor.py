"""One context from its start to its end: run its informer, and start it again should it ever fail."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeAlias

import anyio
import anyio.to_thread

from mirror.errors import KubeconfigError, MirrorError, StoreError
from mirror.informers.aliases import Aliases
from mirror.informers.backoff import Backoff
from mirror.informers.cluster import ClusterInformer
from mirror.informers.interests import Interests
from mirror.informers.limits import ListLimits
from mirror.informers.recall import StoredCluster, recall
from mirror.informers.standby import StandBy
from mirror.informers.states import state_after_failure
from mirror.informers.targets import Target
from mirror.informers.tools import Tools
from mirror.keys import ClusterName
from mirror.kube.access import ClusterAccess, User
from mirror.kube.client import Client
from mirror.kube.credentials import Credentials
from mirror.kube.exec_sources import ExecSources
from mirror.store.changes import ClusterState, ClusterUpdate
from mirror.store.reader import Reader

__all__ = ["Claim", "Supervisor"]

Claim: TypeAlias = Callable[[ClusterName, User, str], Awaitable[bool]]
"""Called with the context, who asks and the uid of its cluster: whether it is the one to mirror that."""

log = logging.getLogger("flux_mirror.manager")


class Supervisor:
    """Follow one context. A defect in one cluster never touches another.

    While another context mirrors the same cluster with the same credentials, this one stands by as its alias.

    Ends: `run()` returns when `stop()` is called, and at once for a target that only an edit of the
    kubeconfig can mend. It raises StoreError when the store can no longer be written.
    """

    def __init__(
        self,
        name: ClusterName,
        target: Target,
        *,
        aliases: Aliases,
        claim: Claim,
        reader: Reader,
        plugins: ExecSources,
        lists: anyio.Semaphore,
        interests: Interests,
        tools: Tools,
        delay_s: float = 0.0,
    ) -> None:
        """delay_s: waited before the first request, so that a fleet does not begin all at once."""
        self.name = name
        self._target = target
        self._aliases = aliases
        self._claim = claim
        self._reader = reader
        self._plugins = plugins
        self._lists = lists
        self._interests = interests
        self._delay_s = delay_s
        self._tools = tools
        self._settings = tools.settings
        self._clock = tools.clock
        self._informer: ClusterInformer | None = None
        self._standby = StandBy(tools)
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()

    @property
    def synced(self) -> bool:
        """Everything stored of the cluster is known to be current at this moment."""
        return self._informer is not None and self._informer.state is ClusterState.SYNCED

    @property
    def trusted(self) -> bool:
        """See ClusterInformer.trusted."""
        return self._informer is not None and self._informer.trusted

    def look(self) -> None:
        """See ClusterInformer.look."""
        if self._informer is not None:
            self._informer.look()

    async def wake(self) -> None:
        """See ClusterInformer.wake."""
        if self._informer is not None:
            await self._informer.wake()

    def take_over(self) -> None:
        """The alias has the rows of its cluster now: to be mirrored by itself from here on."""
        self._standby.end()

    async def run(self) -> None:
        """Follow the context until told to stop."""
        try:
            with self._scope:
                if self._delay_s > 0.0:
                    await self._clock.sleep(self._delay_s)
                await self._supervise()
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """End, and return when nothing of this context is written any more."""
        self._scope.cancel()
        await self._ended.wait()

    async def _supervise(self) -> None:
        backoff = Backoff(self._settings.backoff, self._tools.random)
        while True:
            stored = await anyio.to_thread.run_sync(recall, self._reader, self.name)
            if isinstance(self._target, KubeconfigError):
                # Only an edit of the kubeconfig can help: say so once and leave this cluster alone.
                await self._report_failure(self._target, stored)
                return
            try:
                async with self._client(self._target) as client:
                    await self._follow(client, stored)
                    await self._standby.run(self.name, self._aliases, client)
                continue
            except Exception as error:  # the supervisor: a defect in one cluster must not end the others
                if _is_store_failure(error):
                    raise
                log.exception("%s: the informer has failed", self.name)
                defect = MirrorError(f"internal error: {_name(error)}", hint="see the mirror's log")
                await self._report_failure(defect, stored)
            await self._clock.sleep(backoff.next_delay(self._clock.monotonic()))

    @asynccontextmanager
    async def _client(self, access: ClusterAccess) -> AsyncIterator[Client]:
        credentials = Credentials(access, self._settings.client, self._clock, self._plugins)
        client = Client(access, credentials, self._settings.client, self._clock)
        try:
            yield client
        finally:
            with anyio.CancelScope(shield=True):
                await client.close()

    async def _follow(self, client: Client, stored: StoredCluster) -> None:
        """Mirror the cluster; returns when it turns out that another context does so already."""
        self._informer = ClusterInformer(
            self.name,
            client.access.server,
            client,
            stored=stored,
            limits=ListLimits(self._lists, self._settings.lists_per_cluster),
            interests=self._interests,
            tools=self._tools,
            reader=self._reader,
            claim=partial(self._claim, self.name, client.access.user),
        )
        try:
            await self._informer.run()
        finally:
            self._informer = None

    async def _report_failure(self, error: MirrorError, stored: StoredCluster) -> None:
        await self._tools.writer.apply(
            ClusterUpdate(
                cluster=self.name,
                state=state_after_failure(error, ever_synced=stored.ever_synced),
                at=self._clock.wall(),
                error=error.what,
                hint=error.hint,
            )
        )


def _is_store_failure(error: Exception) -> bool:
    """A store that cannot be written concerns every cluster: the process ends with that error."""
    if isinstance(error, ExceptionGroup):
        return error.subgroup(StoreError) is not None
    return isinstance(error, StoreError)


def _name(error: Exception) -> str:
    """What has failed inside the task groups, of several the first."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__

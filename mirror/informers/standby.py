"""A context whose cluster another context mirrors: its row says so, and it sees that this stays true."""

from __future__ import annotations

import logging

import anyio

from mirror.errors import MirrorError
from mirror.informers.aliases import Aliases
from mirror.informers.tools import Tools
from mirror.keys import ClusterName, is_another_cluster
from mirror.kube.client import Client
from mirror.kube.cluster_identity import cluster_identity
from mirror.store.changes import ClusterState, ClusterUpdate

__all__ = ["StandBy"]

log = logging.getLogger("flux_mirror.manager")


class StandBy:
    """Waits as an alias, until told to take over or until the context leads to another cluster.

    Not promised: that the cluster can be reached through this context; that is the primary's business.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._over = anyio.Event()

    def end(self) -> None:
        """Take over. May come before `run`, when the primary goes in between."""
        self._over.set()

    async def run(self, name: ClusterName, aliases: Aliases, client: Client) -> None:
        """Stand by; afterwards the context is an alias no more."""
        if not self._over.is_set() and aliases.primary(name) != name:
            log.info("%s: the same cluster as %s, with the same credentials", name, aliases.primary(name))
            await self._publish(name, aliases.primary(name), client, aliases.uid(name))
        while not self._over.is_set():
            if aliases.primary(name) == name:
                await self._over.wait()  # the rows are on their way
            elif await self._is_still(aliases.uid(name), client):
                await self._next_look()
            elif aliases.primary(name) != name:
                log.info("%s: leads to another cluster than %s now", name, aliases.primary(name))
                aliases.leave(name)
                await self._publish(name, ClusterName(""), client)
                break
        self._over = anyio.Event()

    async def _is_still(self, uid: str, client: Client) -> bool:
        try:
            return not is_another_cluster(uid, await cluster_identity(client))
        except MirrorError:
            return True  # unknown is not different

    async def _next_look(self) -> None:
        async with anyio.create_task_group() as waiting:

            async def told() -> None:
                await self._over.wait()
                waiting.cancel_scope.cancel()

            waiting.start_soon(told)
            await self._tools.clock.sleep(self._tools.settings.discovery_interval_s)
            waiting.cancel_scope.cancel()

    async def _publish(
        self, name: ClusterName, primary: ClusterName, client: Client, uid: str | None = None
    ) -> None:
        await self._tools.writer.apply(
            ClusterUpdate(
                cluster=name,
                # Its own row is about nothing but the name; readers look at the primary's.
                state=ClusterState.SYNCED if primary else ClusterState.SYNCING,
                at=self._tools.clock.wall(),
                server=client.access.server,
                uid=uid,
                alias_of=primary,
            )
        )

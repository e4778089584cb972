"""Whether what a cluster's open streams have brought can be trusted at this moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from mirror.clock import Clock
from mirror.errors import MirrorError, TransportError
from mirror.keys import ScopeKey
from mirror.kube.client import Client
from mirror.settings import LivenessSettings
from mirror.store.changes import ScopeState

__all__ = ["Liveness"]

_PROBE = "/version"
"""Answered from memory, to everybody."""

_AGAIN_S = 1.0
"""Seconds between two attempts: one connection that breaks says nothing about the server."""


class Liveness:
    """The last sign of life of one API server, and whether it is still the same one.

    An open stream says nothing by its silence: nothing may have changed, or the network may be gone. So a
    cluster is confirmed only as long as its server was heard: a byte on any stream, an answer to any request.
    When nothing was heard for `probe_after_s`, the server is asked for its version.

    Promised
        `trusted` is False at the latest `probe_after_s + probe_timeout_s` after the last sign of life; and
            from when a stream is back after trouble until the cluster has shown to be still the same one.
    Not promised
        That each single stream lives: one that alone was lost on the way is found by its own silence.
    """

    def __init__(self, client: Client, settings: LivenessSettings, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._identified = True
        self._down: set[ScopeKey] = set()

    def moved(self, scope: ScopeKey, state: ScopeState) -> None:
        """A scope has another state. A stream that is back after trouble may lead to another cluster."""
        if state in (ScopeState.RECONNECTING, ScopeState.FAILED):
            self._down.add(scope)
        elif state.is_open and scope in self._down:
            self._down.remove(scope)
            self._identified = False

    def identified(self) -> None:
        """Whoever answers is the cluster that we know."""
        self._identified = True

    @property
    def heard(self) -> bool:
        """The server has given a sign of life lately."""
        return self._silence_s() <= self._settings.probe_after_s + self._settings.probe_timeout_s

    @property
    def trusted(self) -> bool:
        """What the open streams have brought is what the cluster has."""
        return self._identified and self.heard

    async def watch(self, silent: Callable[[MirrorError], Awaitable[None]]) -> None:
        """Ask where nothing is heard; call `silent` when there is no answer. Until cancelled.

        A server that is known to be silent is not asked here: whoever tries to reach it will hear it.
        """
        pause = self._settings.probe_after_s
        while True:
            if self._silence_s() < pause:
                await self._clock.sleep(pause - self._silence_s())
                continue
            error = await self._probe()
            if error is not None:
                await silent(error)
            while self._silence_s() >= pause:
                await self._clock.sleep(pause)

    def _silence_s(self) -> float:
        return self._clock.monotonic() - self._client.heard_at

    async def _probe(self) -> MirrorError | None:
        """Why there is no sign of life; None when there is one, be it a refusal."""
        before = self._client.heard_at
        failure: MirrorError = TransportError(
            f"no sign of life from the API server for {self._silence_s():.0f} s",
            where=f"context {self._client.access.context}",
        )
        async with anyio.create_task_group() as waiting:

            async def ask() -> None:
                nonlocal failure
                while self._client.heard_at == before:
                    try:
                        await self._client.get(_PROBE)
                    except MirrorError as error:
                        failure = error
                        await self._clock.sleep(_AGAIN_S)
                waiting.cancel_scope.cancel()

            waiting.start_soon(ask)
            await self._clock.sleep(self._settings.probe_timeout_s)
            waiting.cancel_scope.cancel()
        return failure if self._client.heard_at == before else None

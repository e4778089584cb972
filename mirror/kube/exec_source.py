"""A plugin's credentials over time: when it is run, by whom, and for how long its answer serves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack

import anyio

from mirror.clock import Clock
from mirror.errors import CredentialsError
from mirror.kube.access import ExecConfig
from mirror.kube.exec_plugin import ExecCredential, run_exec_plugin
from mirror.settings import ClientSettings

__all__ = ["ExecSource"]

_PAUSE_S = 10.0
"""Seconds between two runs at least: a server that refuses everything must not set the plugin spinning."""


class ExecSource:
    """Caches what the plugin returned until shortly before it expires, or until the server refuses it.

    Tasks that ask at the same time wait for one run and share its result, be it a failure.
    """

    def __init__(
        self,
        config: ExecConfig,
        settings: ClientSettings,
        clock: Clock,
        environ: Mapping[str, str],
        *,
        limiter: anyio.CapacityLimiter | None = None,
        where: str = "",
    ) -> None:
        self._config = config
        self._settings = settings
        self._clock = clock
        self._environ = environ
        self._limiter = limiter
        self._where = where
        self._lock = anyio.Lock()
        self._credential: ExecCredential | None = None
        self._failure: CredentialsError | None = None
        self._ran_at = 0.0  # monotonic

    async def get(self) -> ExecCredential:
        """The credentials to use now. Raises CredentialsError when the plugin fails."""
        if self._credential is not None and self._is_fresh(self._credential):
            return self._credential
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._lock)
            if self._credential is not None and self._is_fresh(self._credential):
                return self._credential  # another task has run it meanwhile
            if self._failure is not None and self._is_recent():
                raise CredentialsError(self._failure.what, where=self._where, hint=self._failure.hint)
            if self._limiter is not None:
                await held.enter_async_context(self._limiter)
            return await self._run()

    def refuse(self, token: str | None) -> bool:
        """The server did not accept these credentials: forget them.

        token: the one that was refused; None when a client certificate was.
        Returns whether the next `get` may give others: yes when they have been replaced since, no when the
        plugin made them only just now.
        """
        if self._credential is None or (token and self._credential.token != token):
            return True
        if self._is_recent():
            return False
        self._credential = None
        return True

    async def _run(self) -> ExecCredential:
        try:
            self._credential = await run_exec_plugin(
                self._config, self._environ, timeout_s=self._settings.exec_timeout_s, where=self._where
            )
            self._failure = None
        except CredentialsError as error:
            self._credential, self._failure = None, error
            raise
        finally:
            self._ran_at = self._clock.monotonic()
        return self._credential

    def _is_recent(self) -> bool:
        return self._clock.monotonic() - self._ran_at < _PAUSE_S

    def _is_fresh(self, credential: ExecCredential) -> bool:
        if credential.expires_at is None:
            return True
        left = credential.expires_at - self._clock.wall()
        # Some are born with less left than the leeway; without the pause each request would run the plugin.
        return left > self._settings.expiry_leeway_s or self._is_recent()

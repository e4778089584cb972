"""A plugin's credentials over time: when it is run, for whom, and for how long its answer serves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack

import anyio

from mirror.clock import Clock
from mirror.errors import CredentialsError
from mirror.kube.access import ExecConfig
from mirror.kube.exec_plugin import ExecCredential, run_exec_plugin
from mirror.kube.tls import ClientCertificate
from mirror.settings import ClientSettings

__all__ = ["ExecSource"]

_PAUSE_S = 10.0
"""Seconds between two runs at least: a server that refuses everything must not set the plugin spinning."""


class ExecSource:
    """Caches what the plugin returned until shortly before it expires, or until a server refuses it.

    Tasks that ask at the same time wait for one run and share its result, be it a failure. A run that fails
    while the last credentials have not expired yet leaves those in use.
    """

    def __init__(
        self,
        config: ExecConfig,
        settings: ClientSettings,
        clock: Clock,
        environ: Mapping[str, str],
        limiter: anyio.CapacityLimiter,
    ) -> None:
        self._config = config
        self._settings = settings
        self._clock = clock
        self._environ = environ
        self._limiter = limiter
        self._lock = anyio.Lock()
        self._credential: ExecCredential | None = None
        self._failure: CredentialsError | None = None
        self._ran_at = float("-inf")  # monotonic

    async def get(self, where: str = "") -> ExecCredential:
        """The credentials to use now. Raises CredentialsError, with `where`, when the plugin fails."""
        if self._credential is not None and self._serves(self._credential):
            return self._credential
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._lock)
            if self._credential is not None and self._serves(self._credential):
                return self._credential  # another task has run it meanwhile
            if not (self._failure is not None and self._is_recent()):
                await held.enter_async_context(self._limiter)
                await self._run()
            if self._credential is not None:
                return self._credential
        what, hint = (self._failure.what, self._failure.hint) if self._failure else ("no credentials", "")
        raise CredentialsError(what, where=where, hint=hint) from self._failure

    def refuse(self, token: str | None, certificate: ClientCertificate | None = None) -> bool:
        """A server did not accept these credentials: forget them.

        token, certificate: what of them was sent and refused.
        Returns whether the next `get` may give others: yes when they have been replaced since, no when the
        plugin made them only just now.
        """
        current = self._credential
        if (
            current is None
            or (token and token != current.token)
            or (certificate is not None and certificate != current.certificate)
        ):
            return True
        if self._is_recent():
            return False
        self._credential = None
        return True

    async def _run(self) -> None:
        """Runs it once. A run that is cancelled, with whoever asked first, is none: the next one runs it."""
        try:
            credential = await run_exec_plugin(
                self._config, self._environ, timeout_s=self._settings.exec_timeout_s
            )
        except CredentialsError as error:
            self._failure = error
            if self._credential is not None and self._left_s(self._credential) <= 0:
                self._credential = None
        else:
            self._credential, self._failure = credential, None
        self._ran_at = self._clock.monotonic()

    def _is_recent(self) -> bool:
        return self._clock.monotonic() - self._ran_at < _PAUSE_S

    def _left_s(self, credential: ExecCredential) -> float:
        return float("inf") if credential.expires_at is None else credential.expires_at - self._clock.wall()

    def _serves(self, credential: ExecCredential) -> bool:
        # Some are born with less left than the leeway; without the pause each request would run the plugin.
        left = self._left_s(credential)
        if self._failure is not None:
            return self._is_recent() and left > 0
        return left > self._settings.expiry_leeway_s or self._is_recent()

"""All exec plugins of a kubeconfig: contexts with the same plugin share its runs, as in client-go."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import anyio

from mirror.clock import Clock
from mirror.kube.access import ExecConfig
from mirror.kube.exec_source import ExecSource
from mirror.settings import ClientSettings

__all__ = ["ExecSources"]


class ExecSources:
    """One ExecSource per plugin configuration: command, arguments, environment, apiVersion, and what the
    plugin is told about the cluster where it asks for that.

    A source is kept when its last context goes, so that a context that is started again does not run the
    plugin again; `retain` drops those that no context has any more.

    environ: the environment that the plugins inherit. most: plugins running at once, each being a process.
    """

    def __init__(
        self, settings: ClientSettings, clock: Clock, environ: Mapping[str, str], most: int = 8
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._environ = environ
        self._limiter = anyio.CapacityLimiter(most)
        self._sources: dict[ExecConfig, ExecSource] = {}

    def source(self, config: ExecConfig) -> ExecSource:
        """The one source of this configuration."""
        if config not in self._sources:
            self._sources[config] = ExecSource(
                config, self._settings, self._clock, self._environ, self._limiter
            )
        return self._sources[config]

    def retain(self, configs: Collection[ExecConfig]) -> None:
        """Drop the sources, and the secrets they hold, of all other configurations."""
        self._sources = {config: source for config, source in self._sources.items() if config in configs}

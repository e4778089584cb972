"""The only door to live API servers: what is not in the store, or must not be. So far: logs of containers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import anyio

from mirror.clock import Clock
from mirror.errors import MirrorError
from mirror.flux.redaction import Redactor
from mirror.kube.access import ClusterAccess, Impersonation
from mirror.kube.client import Client
from mirror.kube.credentials import Credentials
from mirror.kube.exec_sources import ExecSources
from mirror.kube.kubeconfig import load_kubeconfig
from mirror.kube.pod_log import PodLog, read_pod_log
from mirror.settings import ClientSettings
from server.log_text import telling_part
from server.options import Options, store_paths
from server.ports import ContainerLog, LogWanted

__all__ = ["KEPT_BYTES", "LINES", "PATIENCE_S", "READ_BYTES", "Live"]

PATIENCE_S = 10.0
"""Seconds for all logs of one answer together; what has not come by then is said to be late."""

LINES = 200
"""Lines asked for per container: what is shown is chosen among them."""

KEPT_BYTES = 64 * 1024
"""Bytes of a log that are looked at, its last ones."""

READ_BYTES = 4 * 1024 * 1024
"""Bytes of a log after which nothing more is read: 200 lines can be of any length."""


class Live:
    """Reads from API servers with the rights of the options: kubeconfig, impersonation. Keeps nothing open.

    Promised
        A failure of one cluster is its own result, never an exception. An answer takes `PATIENCE_S` at most.
        Secrets are masked as in everything that is stored, with the fingerprints of this store.
    """

    def __init__(
        self,
        options: Options,
        environ: Mapping[str, str],
        clock: Clock,
        *,
        patience_s: float = PATIENCE_S,
        settings: ClientSettings | None = None,
    ) -> None:
        self._options = options
        self._environ = environ
        self._clock = clock
        self._patience_s = patience_s
        self._settings = settings or ClientSettings()

    def read_logs(self, wanted: Sequence[LogWanted]) -> list[ContainerLog]:
        """One result per log, in order. Blocks; not to be called on an event loop."""
        if not wanted:
            return []
        try:
            redact = Redactor(store_paths(self._options, self._environ).fingerprint_key()).redact_text
            access = self._access({each.cluster for each in wanted})
        except MirrorError as error:
            return [ContainerLog(failure=_said(error))] * len(wanted)
        return anyio.run(self._read_all, wanted, access, redact)

    def _access(self, clusters: set[str]) -> dict[str, ClusterAccess | MirrorError]:
        options = self._options
        kubeconfig = load_kubeconfig([options.kubeconfig] if options.kubeconfig else None, self._environ)
        impersonation = (
            Impersonation(options.kube_as, options.kube_as_groups, options.kube_as_uid or "")
            if options.kube_as
            else None
        )
        found: dict[str, ClusterAccess | MirrorError] = {}
        for cluster in clusters:
            try:
                found[cluster] = kubeconfig.resolve(cluster, impersonation)
            except MirrorError as error:
                found[cluster] = error
        return found

    async def _read_all(
        self,
        wanted: Sequence[LogWanted],
        access: Mapping[str, ClusterAccess | MirrorError],
        redact: Callable[[str], str],
    ) -> list[ContainerLog]:
        late = ContainerLog(failure=f"no answer within {self._patience_s:g} s")
        found = [late] * len(wanted)
        by_cluster: dict[str, list[int]] = defaultdict(list)
        for place, each in enumerate(wanted):
            by_cluster[each.cluster].append(place)
        plugins = ExecSources(self._settings, self._clock, self._environ, len(by_cluster))

        async def read(client: Client, place: int) -> None:
            found[place] = await _read(client, wanted[place], redact)

        async def ask(target: ClusterAccess, places: Sequence[int]) -> None:
            credentials = Credentials(target, self._settings, self._clock, plugins)
            client = Client(target, credentials, self._settings, self._clock)
            try:
                async with anyio.create_task_group() as logs:
                    for place in places:
                        logs.start_soon(read, client, place)
            finally:
                with anyio.CancelScope(shield=True):
                    await client.close()

        with anyio.move_on_after(self._patience_s):
            async with anyio.create_task_group() as clusters:
                for cluster, places in by_cluster.items():
                    target = access[cluster]
                    if isinstance(target, MirrorError):
                        for place in places:
                            found[place] = ContainerLog(failure=_said(target))
                    else:
                        clusters.start_soon(ask, target, places)
        return found


async def _read(client: Client, wanted: LogWanted, redact: Callable[[str], str]) -> ContainerLog:
    log = PodLog(wanted.namespace, wanted.pod, wanted.container, wanted.previous, LINES)
    try:
        tail = await read_pod_log(client, log, keep=KEPT_BYTES, most=READ_BYTES)
    except MirrorError as error:
        return ContainerLog(failure=_said(error))
    return ContainerLog(telling_part(tail.text, redact, whole=tail.whole))


def _said(error: MirrorError) -> str:
    """What went wrong, on one line."""
    hint = f" ({error.hint})" if error.hint else ""
    return " ".join(f"{error.what}{hint}".split())

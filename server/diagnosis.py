"""What works and what does not: versions, kubeconfig, store, mirror process, clusters, scopes.

Looks, and changes nothing: no mirror is started, no cluster is asked.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

import msgspec

from mirror.clock import Clock
from mirror.errors import KubeconfigError, StoreError, StoreMissingError
from mirror.store import clusters as cluster_rows
from mirror.store.changes import ClusterState, ScopeState
from mirror.store.lease import live_readers, mirror_pid
from mirror.store.objects import count_by_health
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.rows import ClusterRow, ScopeRow
from mirror.store.schema import REVISIONS
from query.results import Context
from server.kubecontexts import load_contexts
from server.options import Options, store_paths
from server.version import product_version

__all__ = [
    "ClusterDiagnosis",
    "Diagnosis",
    "KubeconfigDiagnosis",
    "MirrorDiagnosis",
    "ScopeTrouble",
    "StoreDiagnosis",
    "diagnose",
]

LIBRARIES = ("kubernetes", "mcp", "sqlalchemy", "msgspec")


class KubeconfigDiagnosis(msgspec.Struct, frozen=True):
    """contexts: those that are chosen to be mirrored. error: why it cannot be used; "" when it can."""

    contexts: tuple[Context, ...]
    error: str = ""


class StoreDiagnosis(msgspec.Struct, frozen=True):
    """bytes: size with its log; revision: of the schema, "" when it cannot be read."""

    path: str
    bytes: int
    revision: str
    objects: int
    error: str = ""


class MirrorDiagnosis(msgspec.Struct, frozen=True):
    """pid: of the process that keeps the store up to date; None when none runs."""

    pid: int | None
    readers: int
    log: str


class ClusterDiagnosis(msgspec.Struct, frozen=True):
    """since_s, age_s: seconds in this state, and since all of it was known to be current.

    advice: one sentence on what to do; "" when nothing is to be done.
    aliases: other contexts that lead to it with the same credentials; it is mirrored once.
    """

    cluster: str
    server: str
    version: str
    state: str
    since_s: float
    age_s: float | None
    error: str
    advice: str
    aliases: tuple[str, ...] = ()


class ScopeTrouble(msgspec.Struct, frozen=True):
    """A list/watch that does not work; the counters are since the store was made."""

    cluster: str
    resource: str
    namespace: str
    state: str
    since_s: float
    error: str
    lists: int
    watches: int
    expirations: int
    failures: int


class Diagnosis(msgspec.Struct, frozen=True):
    versions: dict[str, str]
    kubeconfig: KubeconfigDiagnosis
    store: StoreDiagnosis
    mirror: MirrorDiagnosis
    clusters: tuple[ClusterDiagnosis, ...]
    troubles: tuple[ScopeTrouble, ...]

    @property
    def problems(self) -> int:
        """What a person should look at: unusable parts, and clusters that are not in sync."""
        unusable = bool(self.kubeconfig.error) + bool(self.store.error)
        broken = sum(1 for context in self.kubeconfig.contexts if context.error)
        return unusable + broken + sum(1 for cluster in self.clusters if cluster.advice)


def diagnose(options: Options, environ: Mapping[str, str], clock: Clock) -> Diagnosis:
    """Everything, also where a part of it fails: the failure is then what is told about that part."""
    paths = store_paths(options, environ)
    pid = mirror_pid(paths)
    store, clusters, scopes = _store(paths)
    now = clock.wall()
    return Diagnosis(
        versions=_versions(),
        kubeconfig=_kubeconfig(options, environ),
        store=store,
        mirror=MirrorDiagnosis(pid=pid, readers=live_readers(paths), log=str(paths.log)),
        clusters=tuple(
            _cluster(row, clusters, now, running=pid is not None) for row in clusters if not row.alias_of
        ),
        troubles=tuple(_trouble(row, now) for row in scopes if _troubled(row)),
    )


def _versions() -> dict[str, str]:
    found = {"flux-mirror": product_version(), "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _kubeconfig(options: Options, environ: Mapping[str, str]) -> KubeconfigDiagnosis:
    try:
        return KubeconfigDiagnosis(load_contexts(options, environ, chosen_only=True))
    except KubeconfigError as error:
        return KubeconfigDiagnosis((), str(error))


def _store(paths: StorePaths) -> tuple[StoreDiagnosis, Sequence[ClusterRow], Sequence[ScopeRow]]:
    size = sum(
        file.stat().st_size for file in paths.store.parent.glob(f"{paths.store.name}*") if file.is_file()
    )
    path = str(paths.store)
    try:
        with Reader(paths.store) as reader, reader.snapshot() as connection:
            objects = sum(count for *_, count in count_by_health(connection))
            store = StoreDiagnosis(path, size, REVISIONS[-1], objects)
            return store, cluster_rows.clusters(connection), cluster_rows.scopes(connection)
    except StoreMissingError:
        return StoreDiagnosis(path, 0, "", 0), (), ()
    except StoreError as error:
        return StoreDiagnosis(path, size, "", 0, str(error)), (), ()


def _cluster(row: ClusterRow, every: Sequence[ClusterRow], now: float, *, running: bool) -> ClusterDiagnosis:
    return ClusterDiagnosis(
        cluster=row.name,
        server=row.server,
        version=row.version,
        state=row.state if running or row.state != ClusterState.SYNCED else ClusterState.STALE.value,
        since_s=max(0.0, now - row.state_since),
        age_s=None if row.confirmed_at is None else max(0.0, now - row.confirmed_at),
        error=row.error,
        advice=_advice(row, running=running),
        aliases=tuple(other.name for other in every if other.alias_of == row.name),
    )


def _advice(row: ClusterRow, *, running: bool) -> str:
    if not running:
        return "no mirror is running: any question, or `flux-mirror mirror`, starts one"
    if row.state == ClusterState.SYNCED:
        return ""
    return row.hint or _ADVICE.get(row.state, "").format(name=row.name)


_ADVICE: Mapping[str, str] = {
    ClusterState.SYNCING: "wait: the first read of a large cluster takes a minute",
    ClusterState.STALE: "the mirror tries again by itself; is the way to the API server (VPN, proxy) open?",
    ClusterState.UNREACHABLE: "check with `kubectl --context {name} version`: address, VPN, proxy",
    ClusterState.FORBIDDEN: "check with `kubectl --context {name} auth whoami`: log in, or ask for rights",
}


def _troubled(row: ScopeRow) -> bool:
    """Not: a resource that the server simply does not have, or one that is being read."""
    return row.state in (ScopeState.FORBIDDEN, ScopeState.FAILED, ScopeState.RECONNECTING)


def _trouble(row: ScopeRow, now: float) -> ScopeTrouble:
    return ScopeTrouble(
        cluster=row.cluster,
        resource=f"{row.plural}.{row.group}" if row.group else row.plural,
        namespace=row.namespace,
        state=row.state,
        since_s=max(0.0, now - row.state_since),
        error=row.error,
        lists=row.lists,
        watches=row.watches,
        expirations=row.expirations,
        failures=row.failures,
    )

"""Examine this machine's part: kubeconfig, store, mirror process, clusters, scopes.

Looks, and changes nothing: no mirror is started, no cluster is asked.
"""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from mirror.clock import Clock, format_age
from mirror.errors import KubeconfigError, StoreError, StoreMissingError
from mirror.settings import MirrorSettings
from mirror.store import clusters as cluster_rows
from mirror.store.condition import obstacle
from mirror.store.damage import damaged_stores
from mirror.store.lease import RunningMirror, live_readers, running_mirror
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.rows import ClusterRow, MetaRow, ScopeRow
from mirror.store.schema import REVISIONS
from mirror.store.tally import count_by_health
from query.ages import age_of, scope_age
from query.freshness import mirror_silence, standing_of
from server.advice import advice_for
from server.diagnosis import (
    ClusterDiagnosis,
    Counters,
    Diagnosis,
    KubeconfigDiagnosis,
    MirrorDiagnosis,
    ScopeDiagnosis,
    StoreDiagnosis,
)
from server.kubecontexts import load_contexts
from server.options import Options, store_paths
from server.remarks import remarks_on
from server.version import product_version

__all__ = ["diagnose"]

LIBRARIES = ("kubernetes", "mcp", "sqlalchemy", "msgspec")

_TROUBLED = ("forbidden", "failed", "reconnecting")
"""Not: a resource that the server simply does not have, or one that is being read."""

_DOWN = ("failed", "reconnecting")
_DOWN_NAMED = 6


class _Stored(NamedTuple):
    """What the store holds; empty where it cannot be read."""

    store: StoreDiagnosis
    meta: MetaRow | None = None
    clusters: Sequence[ClusterRow] = ()
    scopes: Sequence[ScopeRow] = ()


def diagnose(
    options: Options, environ: Mapping[str, str], clock: Clock, *, every_scope: bool = False
) -> Diagnosis:
    """Everything, also where a part of it fails: the failure is then what is told about that part."""
    paths = store_paths(options, environ)
    running = running_mirror(paths)
    stored = _stored(paths)
    now = clock.wall()
    heartbeat_at = stored.meta.heartbeat_at if stored.meta else None
    silence = mirror_silence(heartbeat_at, now, MirrorSettings(), running=running is not None)
    mirror = _mirror(paths, running, now, silence if stored.meta else "", stored.store.obstacle)
    by_cluster: dict[str, list[ScopeRow]] = defaultdict(list)
    for scope in stored.scopes:
        by_cluster[scope.cluster].append(scope)
    clusters = {row.name: row for row in stored.clusters}
    kubeconfig = _kubeconfig(options, environ, running)
    broken = {context.name for context in kubeconfig.contexts if context.error}
    return Diagnosis(
        versions=_versions(),
        kubeconfig=kubeconfig,
        store=stored.store,
        mirror=mirror,
        clusters=tuple(
            _cluster(
                row,
                by_cluster[row.name],
                now,
                silence=silence,
                mirror=mirror,
                broken=row.name in broken,
                aliases=tuple(other.name for other in stored.clusters if other.alias_of == row.name),
            )
            for row in stored.clusters
            if not row.alias_of
        ),
        troubles=tuple(
            _scope(scope, clusters[scope.cluster], now) for scope in stored.scopes if scope.state in _TROUBLED
        ),
        scopes=tuple(_scope(scope, clusters[scope.cluster], now) for scope in stored.scopes)
        if every_scope
        else (),
    )


def _versions() -> dict[str, str]:
    found = {"flux-mirror": product_version(), "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _kubeconfig(
    options: Options, environ: Mapping[str, str], running: RunningMirror | None
) -> KubeconfigDiagnosis:
    try:
        return KubeconfigDiagnosis(load_contexts(options, environ, chosen_only=True))
    except KubeconfigError as error:
        advice = "the mirror goes on with the contexts it knows, until the file is mended" if running else ""
        return KubeconfigDiagnosis((), str(error), advice)


def _stored(paths: StorePaths) -> _Stored:
    size = _size(paths)
    path = str(paths.store)
    aside = tuple(map(str, damaged_stores(paths)))
    try:
        with Reader(paths.store) as reader, reader.snapshot() as connection:
            objects = sum(count for *_, count in count_by_health(connection))
            meta = cluster_rows.meta(connection)
            hindered = obstacle(paths, quota_bytes=meta.quota_bytes)
            store = StoreDiagnosis(path, size, REVISIONS[-1], objects, "", hindered, aside)
            scopes = [row.of_this_run() for row in cluster_rows.scopes(connection)]
            return _Stored(store, meta, cluster_rows.clusters(connection), scopes)
    except StoreMissingError:
        return _Stored(StoreDiagnosis(path, 0, "", 0, "", obstacle(paths), aside))
    except StoreError as error:
        return _Stored(StoreDiagnosis(path, size, "", 0, str(error), obstacle(paths), aside))


def _size(paths: StorePaths) -> int:
    """Bytes of the store and its log; files that were set aside are not part of it."""
    try:
        beside = (paths.store, *paths.store.parent.glob(f"{paths.store.name}-*"))
        return sum(file.stat().st_size for file in beside if file.is_file())
    except OSError:
        return 0


def _mirror(
    paths: StorePaths, running: RunningMirror | None, now: float, silence: str, hindered: str
) -> MirrorDiagnosis:
    readers, log = live_readers(paths), str(paths.log)
    if running is None:
        return MirrorDiagnosis(None, readers, log)
    run_s = max(0.0, now - running.since) if running.since else None
    advice = ""
    if silence and not hindered:
        advice = (
            "its log may say why; `flux-mirror mirror --stop` ends it, and the next question starts another"
        )
    if running.leaving:
        silence, advice = "", "it is ending; the next question starts another"
    return MirrorDiagnosis(running.pid, readers, log, running.version, run_s, silence, advice)


def _cluster(
    row: ClusterRow,
    scopes: Sequence[ScopeRow],
    now: float,
    *,
    silence: str,
    mirror: MirrorDiagnosis,
    broken: bool,
    aliases: tuple[str, ...],
) -> ClusterDiagnosis:
    """broken: its context cannot be used, which is said of the kubeconfig."""
    line = standing_of(row, scopes, now=now, silence=silence, settings=MirrorSettings()).line
    if broken:
        advice = ""
    elif mirror.pid is None:
        advice = "no mirror is running: any question, or `flux-mirror mirror`, starts one"
    else:
        # Of a mirror that is silent nothing can be said about single clusters.
        advice = "" if mirror.silent else advice_for(row, scopes)
    return ClusterDiagnosis(
        cluster=row.name,
        server=row.server,
        version=row.version,
        state=line.state,
        since_s=max(0.0, now - row.state_since),
        age_s=line.age_s,
        error=row.error,
        advice=advice,
        down=_down(scopes, now) if mirror.pid is not None else (),
        remarks=remarks_on(scopes, now=now, run_s=mirror.run_s),
        aliases=aliases,
        scopes=len(scopes),
        counters=_sum(scopes, now),
    )


def _down(scopes: Sequence[ScopeRow], now: float) -> tuple[str, ...]:
    """`pods since 12m`; not when all of them are down, which the cluster's state says."""
    down = [scope for scope in scopes if scope.state in _DOWN]
    if len(down) == len(scopes):
        return ()
    texts = [f"{_resource(scope)} since {format_age(now - scope.state_since)}" for scope in down]
    if len(texts) > _DOWN_NAMED:
        texts[_DOWN_NAMED:] = [f"{len(texts) - _DOWN_NAMED} more"]
    return tuple(texts)


def _scope(row: ScopeRow, cluster: ClusterRow, now: float) -> ScopeDiagnosis:
    return ScopeDiagnosis(
        cluster=row.cluster,
        resource=_resource(row),
        namespace=row.namespace,
        state=row.state,
        since_s=max(0.0, now - row.state_since),
        age_s=scope_age(row, cluster, now),
        resource_version=row.resource_version,
        counters=_sum([row], now),
        error=row.error,
    )


def _sum(scopes: Sequence[ScopeRow], now: float) -> Counters:
    """Counts are added up; of ages the youngest, of lags the longest; audits are as old as the oldest one."""
    audits = [scope.audited_at for scope in scopes if scope.audited_at is not None]
    return Counters(
        lists=sum(scope.lists for scope in scopes),
        watches=sum(scope.watches for scope in scopes),
        expirations=sum(scope.expirations for scope in scopes),
        failures=sum(scope.failures for scope in scopes),
        duplicates=sum(scope.duplicates for scope in scopes),
        bytes=sum(scope.bytes for scope in scopes),
        lag_s=max((scope.lag_s for scope in scopes if scope.lag_s is not None), default=None),
        heard_age_s=age_of((scope.received_at for scope in scopes), now),
        listed_age_s=age_of((scope.listed_at for scope in scopes), now),
        audited_age_s=age_of(audits[:1] and [min(audits)], now),
        drift=sum(scope.drift for scope in scopes),
    )


def _resource(row: ScopeRow) -> str:
    return f"{row.plural}.{row.group}" if row.group else row.plural

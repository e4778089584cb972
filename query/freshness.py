"""How far the stored data of a cluster can be trusted, and the refusal to answer when it is too old."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mirror.clock import format_age
from mirror.settings import MirrorSettings
from mirror.store.changes import ClusterState
from mirror.store.rows import ClusterRow, ScopeRow
from query.errors import StaleDataError
from query.results import Freshness
from query.visibility import not_visible

__all__ = ["freshness_of", "mirror_is_alive", "require_max_age"]

MISSED_HEARTBEATS = 3
"""Heartbeats that may be missing before the mirror counts as gone: one long commit must not alarm."""

HEARTBEAT_MARGIN_S = 1.0
"""Seconds on top, for two processes that read the clock at different moments."""


def mirror_is_alive(heartbeat_at: float | None, now: float, settings: MirrorSettings) -> bool:
    """The mirror has marked the store recently enough. Times are wall seconds; None: it never has."""
    if heartbeat_at is None:
        return False
    return now - heartbeat_at <= MISSED_HEARTBEATS * settings.heartbeat_s + HEARTBEAT_MARGIN_S


def freshness_of(cluster: ClusterRow, scopes: Iterable[ScopeRow], *, now: float, alive: bool) -> Freshness:
    """The freshness line of one cluster.

    scopes: those of this cluster. alive: a mirror works on the store; without one, `synced` is a thing
    of the past and becomes `stale`.
    """
    stopped = cluster.state == ClusterState.SYNCED and not alive
    age = None if cluster.confirmed_at is None else round(max(0.0, now - cluster.confirmed_at), 1)
    return Freshness(
        cluster=cluster.name,
        state=ClusterState.STALE.value if stopped else cluster.state,
        age_s=age,
        not_visible=not_visible(scopes),
        error=cluster.error or ("the mirror is not running" if stopped else ""),
    )


def require_max_age(lines: Sequence[Freshness], max_age: float) -> None:
    """Raises StaleDataError, naming the clusters, unless all data is at most `max_age` seconds old."""
    late = [line for line in lines if line.age_s is None or line.age_s > max_age]
    if not late:
        return
    ages = ", ".join(f"{line.cluster} ({_age(line)})" for line in late)
    raise StaleDataError(
        f"data older than {format_age(max_age)}: {ages}",
        hint="raise max_age, leave these clusters out, or see why they are behind with `flux-mirror doctor`",
    )


def _age(line: Freshness) -> str:
    age = "never in sync" if line.age_s is None else f"{format_age(line.age_s)} old"
    return f"{line.state}, {age}"

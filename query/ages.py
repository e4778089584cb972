"""How old the stored content of one list/watch is: since when it may differ from the cluster. Pure.

A stream that is open has brought everything up to the last sign of life of its server. One that is not open
ages from the last moment at which it was, or from what it brought last, whichever is later.

Not promised: that nothing is under way. An event on the wire, or one that an API server has not sent yet, is
in no age. A stream that broke without anybody noticing counts as open until its silence tells
(`WatchSettings.silence_s`) or the server gives no sign of life.
"""

from __future__ import annotations

from collections.abc import Iterable

from mirror.store.changes import ScopeState
from mirror.store.rows import ClusterRow, ScopeRow

__all__ = ["age_of", "is_open", "is_settled", "last_sign", "scope_age"]

CLOCK_MARGIN_S = 10.0
"""Seconds by which a stored moment may lie ahead. One that lies further was written before the clock was set
back, and says nothing about now."""

_SETTLED = (ScopeState.FORBIDDEN, ScopeState.ABSENT)
_OPEN = frozenset(state.value for state in ScopeState if state.is_open)


def is_open(scope: ScopeRow) -> bool:
    """Its stream is open, as far as the mirror knows."""
    return scope.state in _OPEN


def is_settled(scope: ScopeRow) -> bool:
    """It cannot be read, and nobody is at fault: not allowed, or not served."""
    return scope.state in _SETTLED


def last_sign(cluster: ClusterRow) -> float | None:
    """The last moment at which the cluster's open streams were known to be open."""
    return max((at for at in (cluster.confirmed_at, cluster.heard_at) if at is not None), default=None)


def scope_age(scope: ScopeRow, cluster: ClusterRow, now: float) -> float | None:
    """Seconds since the content was last known to be the cluster's; None when it never was."""
    if scope.listed_at is None:
        return None
    sign = last_sign(cluster)
    # A sign from before the stream was open says nothing about it.
    told = sign if is_open(scope) and sign is not None and sign >= scope.state_since else None
    return age_of((scope.listed_at, scope.received_at, scope.current_at, told), now)


def age_of(moments: Iterable[float | None], now: float) -> float | None:
    """Seconds since the latest of the moments, never negative; None when there is none that makes sense."""
    past = [at for at in moments if at is not None and at <= now + CLOCK_MARGIN_S]
    return max(0.0, now - max(past)) if past else None

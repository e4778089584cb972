"""What is worth knowing about a cluster although nothing has to be done at once. Pure.

The counters of a scope are those of the mirror's present run, so a rate is over its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mirror.clock import format_age
from mirror.store.changes import ScopeState
from mirror.store.rows import ScopeRow
from query.places import listed

__all__ = ["remarks_on"]

_NAMED = 6

_JUDGED_AFTER_S = 600.0
"""Seconds of a run before rates are judged: a start is not a storm."""


class _Storm(NamedTuple):
    """A counter of a scope, and how many an hour are too many."""

    counter: str
    per_hour: float
    text: str


_STORMS = (
    _Storm(
        "expirations",
        12.0,
        "the server cannot go on from where the watch was (410), and a whole list is read each time: its "
        "watch cache is too small for this kind, or it restarts often",
    ),
    # A watch is asked to end every 5 to 10 minutes.
    _Storm(
        "watches",
        60.0,
        "watches break off again and again: does a proxy or load balancer on the way end long requests?",
    ),
    _Storm("failures", 30.0, "fails again and again; the mirror's log has each reason"),
)


def remarks_on(scopes: Sequence[ScopeRow], *, now: float, run_s: float | None) -> tuple[str, ...]:
    """Short sentences, the most telling first. run_s: seconds since the mirror began, None when none runs."""
    return (
        *_drift(scopes, now),
        *_storms(scopes, run_s),
        *_named(scopes, ScopeState.FORBIDDEN, "not readable for this user: {}"),
        *_named(
            scopes, ScopeState.POLLING, "may be listed but not watched, so listed again every minute: {}"
        ),
        *_named(scopes, ScopeState.ABSENT, "not served by this cluster: {}"),
        *_namespaces(scopes),
    )


def _drift(scopes: Sequence[ScopeRow], now: float) -> Iterator[str]:
    for scope in scopes:
        if scope.drift and scope.audited_at is not None:
            healed = scope.listed_at is not None and scope.listed_at >= scope.audited_at
            ago = format_age(now - scope.audited_at)
            then = "read anew since" if healed else "being read anew"
            yield f"{_name(scope)}: {scope.drift} not as on the server, by the audit {ago} ago; {then}"


def _storms(scopes: Sequence[ScopeRow], run_s: float | None) -> Iterator[str]:
    if run_s is None or run_s < _JUDGED_AFTER_S:
        return
    for storm in _STORMS:
        counts = {_name(scope): int(getattr(scope, storm.counter)) for scope in scopes}
        hit = [name for name, times in counts.items() if times * 3600.0 / run_s > storm.per_hour]
        if hit:
            worst = max(counts[name] for name in hit)
            yield f"{listed(hit, _NAMED)}: {storm.text} ({worst} times in {format_age(run_s)})"


def _named(scopes: Iterable[ScopeRow], state: ScopeState, text: str) -> Iterator[str]:
    names = [_name(scope) for scope in scopes if scope.state == state]
    if names:
        yield text.format(listed(names, _NAMED))


def _namespaces(scopes: Sequence[ScopeRow]) -> Iterator[str]:
    """Kinds that are read in some namespaces only, because the whole cluster may not be."""
    namespaces = sorted({scope.namespace for scope in scopes if scope.namespace})
    if namespaces:
        kinds = len({(scope.group, scope.plural) for scope in scopes if scope.namespace})
        yield f"{kinds} of its kinds can be read in some namespaces only: {listed(namespaces, _NAMED)}"


def _name(scope: ScopeRow) -> str:
    return f"{scope.plural} in {scope.namespace}" if scope.namespace else scope.plural

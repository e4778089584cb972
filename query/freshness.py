"""How far the stored data of a cluster can be trusted, and the refusal to answer when it is too old."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mirror.clock import format_age
from mirror.settings import MirrorSettings
from mirror.store.changes import ClusterState
from mirror.store.rows import ClusterRow, OpenRow, ScopeRow
from query.ages import CLOCK_MARGIN_S, age_of, is_open, is_settled, scope_age
from query.errors import StaleDataError
from query.results.answer import Freshness
from query.visibility import not_visible

__all__ = ["Standing", "mirror_silence", "require_max_age", "standing_of"]

MISSED_HEARTBEATS = 3
"""Heartbeats that may be missing before the mirror counts as gone: one long commit must not alarm."""

HEARTBEAT_MARGIN_S = 1.0
"""Seconds on top, for two processes that read the clock at different moments."""

BEHIND_NAMED = 6
"""Resources whose stream is down that are named one by one; the others are counted."""


class Standing(NamedTuple):
    """One cluster, for the kinds that a question is about.

    oldest_s: as `age_s` of the line, counting also what may not be read any more but is still shown.
    unread: resources that have never been listed although they should be.
    """

    line: Freshness
    oldest_s: float | None
    unread: tuple[str, ...] = ()

    def misses(self, max_age: float) -> bool:
        """Something of it is older than `max_age` seconds, or has never been read."""
        return self.oldest_s is None or self.oldest_s > max_age or bool(self.unread)


def mirror_silence(
    heartbeat_at: float | None,
    now: float,
    settings: MirrorSettings,
    *,
    running: bool,
    since: float = 0.0,
    stopped: str = "",
) -> str:
    """Why what the store says about streams is a thing of the past; "" while its mirror lives.

    running: a process holds the store. A process that hangs holds it as well, but does not mark it. A mark
    from the future is none: the clock was set back, and a living mirror marks anew at once.
    since: wall seconds at which that process was started; an earlier mark was another mirror's.
    stopped: why no process holds the store, where that is known.
    """
    if running and (heartbeat_at or 0.0) < since:
        return f"the mirror was started {format_age(now - since)} ago and has not spoken yet"
    if not running or heartbeat_at is None:
        return stopped or "the mirror is not running"
    age = now - heartbeat_at
    if -CLOCK_MARGIN_S <= age <= _patience_s(settings):
        return ""
    return f"no sign of life from the mirror{f' for {format_age(age)}' if age > 0 else ''}"


def standing_of(
    cluster: ClusterRow,
    scopes: Iterable[ScopeRow],
    fine: OpenRow | None = None,
    *,
    now: float,
    silence: str,
    settings: MirrorSettings,
    narrowed: bool = False,
    aliases: tuple[str, ...] = (),
    undiscovered: Sequence[str] = (),
) -> Standing:
    """How one cluster stands.

    scopes: those that the question is about. fine: those of them that are not among `scopes`, because their
    age is all there is to say of them. narrowed: they are not all of the cluster's; the state is then theirs:
    a cluster in which another stream is down is `synced` for this question.
    aliases: other contexts that lead to it.
    undiscovered: API groups that the question is about and of which the server cannot say what they have.
    silence: as mirror_silence() says; with one, `synced` is a thing of the past and becomes `stale`.
    """
    needed = list(scopes)
    state, error = cluster.state, cluster.error
    if silence and state in _FOLLOWED:
        read = fine or any(scope.listed_at is not None for scope in needed)
        state, error = ClusterState.STALE if read else state, silence
    elif narrowed:
        state, error = _of_these(cluster, needed, fine, now, settings)
    by_scope = [(scope, age) for scope in needed if (age := scope_age(scope, cluster, now)) is not None]
    together = [max(0.0, now - fine.current_at)] if fine else []
    ages = [*together, *(age for _, age in by_scope)]
    whole = age_of([cluster.confirmed_at], now)
    never = cluster.confirmed_at is None and not narrowed
    oldest = None if never else max(ages, default=whole)
    if not narrowed:
        # What may not be read is named; it makes the rest no older.
        ages = [*together, *(age for scope, age in by_scope if not is_settled(scope))]
    age = None if oldest is None else max(ages, default=whole)
    return Standing(
        Freshness(
            cluster=cluster.name,
            state=str(state),
            age_s=None if age is None else round(age, 1),
            not_visible=(
                *not_visible(needed, others=fine is not None),
                *(f"{group}: {_UNDISCOVERED}" for group in undiscovered),
            ),
            error=error,
            behind=_behind(cluster, needed, fine, now),
            aliases=aliases,
        ),
        oldest_s=oldest,
        unread=(
            *(scope.plural for scope in needed if scope.listed_at is None and not is_settled(scope)),
            *undiscovered,
        ),
    )


def require_max_age(standings: Sequence[Standing], max_age: float) -> None:
    """Raises StaleDataError, naming the clusters, unless all data is at most `max_age` seconds old."""
    late = [standing for standing in standings if standing.misses(max_age)]
    if not late:
        return
    limit = format_age(max_age) if max_age >= 1 else f"{max_age:g}s"
    raise StaleDataError(
        f"data older than {limit}: {', '.join(map(_told, late))}",
        hint="ask again soon, raise max_age or leave clusters out; `flux-mirror doctor` says what to do",
    )


def _patience_s(settings: MirrorSettings) -> float:
    return MISSED_HEARTBEATS * settings.heartbeat_s + HEARTBEAT_MARGIN_S


_UNDISCOVERED = "the API group cannot be read"

_FOLLOWED = (ClusterState.SYNCED, ClusterState.STALE, ClusterState.SYNCING)


def _of_these(
    cluster: ClusterRow,
    needed: Sequence[ScopeRow],
    fine: OpenRow | None,
    now: float,
    settings: MirrorSettings,
) -> tuple[str, str]:
    """(state, error) of a cluster for some of its streams only."""
    if cluster.state == ClusterState.SYNCED:
        lost = any(is_settled(scope) and scope.listed_at is not None for scope in needed)
        return (ClusterState.STALE if lost else cluster.state), cluster.error
    if cluster.state in _FOLLOWED and _is_current(cluster, needed, fine, now, settings):
        return ClusterState.SYNCED, ""
    return cluster.state, cluster.error


def _is_current(
    cluster: ClusterRow,
    needed: Sequence[ScopeRow],
    fine: OpenRow | None,
    now: float,
    settings: MirrorSettings,
) -> bool:
    """What keeps the cluster from being in sync lies elsewhere: these streams are open, to a server that
    lives and is the same one."""
    heard = age_of([cluster.heard_at], now)
    return (
        heard is not None
        and heard <= _patience_s(settings)
        and bool(needed or fine)
        and all(is_open(scope) and scope.listed_at is not None for scope in needed)
    )


def _behind(
    cluster: ClusterRow, needed: Sequence[ScopeRow], fine: OpenRow | None, now: float
) -> tuple[str, ...]:
    """Resources whose stream is down while those of others are open: `pods: 2m old`."""
    down = [scope for scope in needed if not is_open(scope) and scope.listed_at is not None]
    if not fine and not any(is_open(scope) for scope in needed):
        return ()  # the age of the cluster says it
    texts = [_aged(scope, scope_age(scope, cluster, now)) for scope in down]
    if len(texts) > BEHIND_NAMED:
        texts[BEHIND_NAMED:] = [f"{len(texts) - BEHIND_NAMED} more"]
    return tuple(texts)


def _aged(scope: ScopeRow, age: float | None) -> str:
    place = f" in {scope.namespace}" if scope.namespace else ""
    return f"{scope.plural}{place}: {'of unknown age' if age is None else f'{format_age(age)} old'}"


def _told(standing: Standing) -> str:
    line = standing.line
    parts = [line.state, "never in sync" if line.age_s is None else f"{format_age(line.age_s)} old"]
    if line.behind:
        parts.append("behind: " + ", ".join(line.behind))
    if standing.unread and line.age_s is not None:
        parts.append(f"never read: {', '.join(standing.unread[:BEHIND_NAMED])}")
    if line.error:
        parts.append(line.error)
    return f"{line.cluster} ({', '.join(parts)})"

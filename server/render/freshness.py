"""The last lines of every answer: how far each cluster's data can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mirror.clock import format_age
from query.results.answer import Freshness
from server.render.words import count, listing

__all__ = ["blind", "freshness_lines", "unreached"]

NAMED = 40
"""Clusters named one by one in one line; beyond that they are counted."""


def freshness_lines(freshness: Sequence[Freshness]) -> list[str]:
    """One line for all clusters in sync, one per state and error for the others, one per blind spot.

    No cluster that could not be asked is ever left out.
    """
    if not freshness:
        return ["Data: no cluster is mirrored"]
    synced = [line for line in freshness if line.state == "synced"]
    lines = [f"Data: {_synced(synced, alone=len(synced) == len(freshness))}"] if synced else []
    for (state, error), members in _grouped(freshness).items():
        names = listing((line.cluster for line in members), NAMED)
        lines.append(f"{names}: {_state(state, members)}{f': {error}' if error else ''}")
    also = [f"{line.cluster} = {' = '.join(line.aliases)}" for line in freshness if line.aliases]
    lines += [f"Same cluster, answered once: {listing(also, NAMED)}"] if also else []
    lines += _told_together(freshness, "cannot see", lambda line: line.not_visible)
    lines += _told_together(freshness, "older than the rest:", lambda line: line.behind)
    return lines


def blind(freshness: Sequence[Freshness]) -> list[str]:
    """Clusters of which not everything can be seen or trusted now; a verdict has to mention them."""
    return [
        line.cluster for line in freshness if line.state not in _TRUSTED or line.not_visible or line.behind
    ]


def unreached(freshness: Sequence[Freshness]) -> bool:
    """Not one of the clusters has ever been read."""
    return bool(freshness) and all(line.state in _NEVER_READ and line.age_s is None for line in freshness)


_TRUSTED = ("synced", "snapshot")
_NEVER_READ = ("unreachable", "forbidden", "syncing")


def _synced(lines: Sequence[Freshness], *, alone: bool) -> str:
    age = max((line.age_s for line in lines if line.age_s is not None), default=0.0)
    if len(lines) == 1:
        names = lines[0].cluster
    elif alone:
        names = f"all {len(lines)} clusters"
    else:
        names = count(len(lines), "cluster")
    return f"{names} in sync, confirmed {format_age(age)} ago"


def _grouped(freshness: Sequence[Freshness]) -> dict[tuple[str, str], list[Freshness]]:
    groups: dict[tuple[str, str], list[Freshness]] = {}
    for line in freshness:
        if line.state != "synced":
            groups.setdefault((line.state, line.error), []).append(line)
    return groups


def _state(state: str, members: Sequence[Freshness]) -> str:
    age = max((line.age_s for line in members if line.age_s is not None), default=None)
    confirmed = f", last confirmed {format_age(age)} ago" if age is not None else ""
    if state == "syncing":
        return f"syncing, not everything has been read yet{confirmed}"
    if state == "unreachable" and age is None:
        return "unreachable, never read"
    return f"{state}{confirmed}"


def _told_together(
    freshness: Sequence[Freshness], verb: str, parts: Callable[[Freshness], tuple[str, ...]]
) -> list[str]:
    """Clusters of which the same is to be said share a line."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for line in freshness:
        if parts(line):
            groups.setdefault(parts(line), []).append(line.cluster)
    return [f"{listing(names, NAMED)}: {verb} {'; '.join(what)}" for what, names in groups.items()]

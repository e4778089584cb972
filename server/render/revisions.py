"""How far revisions have come, as text: clusters of which the same is to be said share a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from query.results.answer import RevisionState
from server.render.words import ago, clip, count, listing

__all__ = ["revision_lines"]

MOST_LINES = 12
"""Lines about revisions; the structured answer has every state."""

_Told = Callable[[Sequence[str]], str]
"""How a set of clusters is named."""


def revision_lines(revisions: Sequence[RevisionState], omitted: int, now: float, told: _Told) -> list[str]:
    """Per source: one line when all clusters agree, else one for each group of them, those in trouble first.

    omitted: states that the answer left out. told: how clusters are named.
    """
    sources: dict[str, list[RevisionState]] = {}
    for state in revisions:
        sources.setdefault(state.source, []).append(state)
    lines = [line for source, states in sources.items() for line in _source(source, states, now, told)]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"- … {count(len(lines) - MOST_LINES, 'more line')}"]
    if omitted:
        lines.append(f"- … {count(omitted, 'more state')} of other sources: ask for one of them")
    return ["Revisions:", *lines, ""] if lines else []


def _source(source: str, states: Sequence[RevisionState], now: float, told: _Told) -> list[str]:
    groups: dict[str, list[RevisionState]] = {}
    for state in states:
        groups.setdefault(_said(state, now), []).append(state)
    if len(groups) == 1 and not _troubled(states[0]):
        return [f"- {source}: wherever it is, {next(iter(groups))}"]
    ordered = sorted(groups.items(), key=lambda item: (not _troubled(item[1][0]), len(item[1]), item[0]))
    return [f"- {source} in {told([s.cluster for s in group])}: {said}" for said, group in ordered]


def _troubled(state: RevisionState) -> bool:
    return not state.healthy or bool(state.behind_since)


def _said(state: RevisionState, now: float) -> str:
    fetched, applied = _short(state.fetched), _short(state.applied)
    since = f" for {ago(state.behind_since, now)}" if state.behind_since else ""
    behind = f"behind{since}" if state.behind_since or state.reached == "behind" else ""
    late = f" ({listing(state.late, 3)})" if state.late else ""
    health = "" if state.healthy else "not healthy"
    if state.applied == state.fetched and state.fetched:
        where = f"at {fetched}"
    elif state.applied or state.late:
        where = f"fetched {fetched}, applied {applied}{late}"
    else:
        nobody = "who applies it cannot be seen" if state.appliers_hidden else "applied by nobody"
        where = f"holds {fetched}, {nobody}"
    return ", ".join(part for part in (where, behind, health) if part)


def _short(revision: str) -> str:
    """`main@sha1:0123abcd`: digests to eight digits."""
    if not revision:
        return "nothing"
    name, marker, digest = revision.rpartition(":")
    return clip(f"{name}{marker}{digest[:8]}" if marker and len(digest) >= 32 else revision, 60)

"""compare_clusters as text: field by field, which clusters have which value."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from query.results import ClusterValue, Comparison, Difference, ObjectComparison, RevisionState
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.excerpt import contrast
from server.render.freshness import blind, freshness_lines
from server.render.words import ago, clip, count, listing

__all__ = ["differs", "render_comparison"]

REVISIONS = 12
"""Lines about revisions at most; the structured answer has them all."""


def render_comparison(comparison: Comparison, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts objects, then references."""
    every = (*comparison.objects, *comparison.references)
    return Draft(
        head=[_verdict(comparison)],
        items=[_block(found, comparison.clusters) for found in every],
        foot=[
            *_identical(comparison),
            *_revision_lines(comparison.revisions, now),
            *freshness_lines(comparison.freshness),
        ],
        noun="differing object",
        omitted=comparison.omitted.count,
        spaced=True,
    ).fit(budget)


def differs(comparison: Comparison) -> bool:
    """Something is known to differ; an object that could not be compared does not count."""
    every = (*comparison.objects, *comparison.references)
    return any(found.differences or found.missing_in for found in every)


def _verdict(comparison: Comparison) -> str:
    where = listing(comparison.clusters, 6)
    objects, references = comparison.objects, comparison.references
    if comparison.same:
        hidden = blind(comparison.freshness)
        reserve = f"; not everything could be seen in {listing(hidden)}" if hidden else ""
        looked = count(comparison.identical, "object") if comparison.identical else "nothing to compare"
        return f"No difference between {where}: {looked} the same{reserve}"
    if not differs(comparison):
        return f"{_names(objects)} cannot be compared between {where}: {_extent(objects[0])}"
    if len(objects) == 1 and not comparison.omitted.count:
        return f"{objects[0].object_key} differs between {where}: {_extent(objects[0])}{_also(references)}"
    if not objects:
        return f"The objects are the same in {where}, what they refer to is not: {_names(references)}"
    # What is referred to counts too: it is among those that are left out and those that are the same.
    differing = len(objects) + len(references) + comparison.omitted.count
    total = differing + comparison.identical
    among = f"; among them, because others refer to it: {_names(references)}" if references else ""
    return f"{differing} of {count(total, 'object')} differ between {where}{among}"


def _also(references: Sequence[ObjectComparison]) -> str:
    return f"; so does what it refers to: {_names(references)}" if references else ""


def _names(found: Sequence[ObjectComparison]) -> str:
    return listing(dict.fromkeys(each.object_key for each in found), 4)


def _extent(found: ObjectComparison) -> str:
    fields = count(len(found.differences), "field")
    parts = (
        [f"{fields} {'differs' if len(found.differences) == 1 else 'differ'}"] if found.differences else []
    )
    if found.missing_in:
        parts.append(f"missing in {listing(found.missing_in)}")
    if found.not_visible_in:
        parts.append(f"not visible in {listing(found.not_visible_in)}")
    return ", ".join(parts)


def _block(found: ObjectComparison, clusters: Sequence[str]) -> list[str]:
    via = f" (from {found.field})" if found.field else ""
    lines = [f"{found.object_key}{via}: {_extent(found)}"]
    if found.outliers:
        lines.append(f"  odd one out: {listing(found.outliers)}")
    elif len(found.groups) > 1 and len(clusters) > 2:
        lines.append(f"  alike: {' | '.join(' = '.join(group.clusters) for group in found.groups)}")
    return lines + [f"  {_difference(difference)}" for difference in found.differences]


def _difference(difference: Difference) -> str:
    """`path: a, b = 1; c = 2`, the most common value first."""
    groups: dict[bytes | None, list[ClusterValue]] = {}
    for each in difference.values:
        key = None if each.absent else msgspec.json.encode(each.value, order="deterministic")
        groups.setdefault(key, []).append(each)
    ordered = sorted(groups.values(), key=len, reverse=True)
    texts = contrast([None if members[0].absent else members[0].value for members in ordered])
    parts = [
        f"{_holders(members, position, ordered)} = {'(absent)' if members[0].absent else text}"
        for position, (members, text) in enumerate(zip(ordered, texts, strict=True))
    ]
    return f"{difference.path}: {'; '.join(parts)}"


def _holders(members: Sequence[ClusterValue], position: int, ordered: Sequence[object]) -> str:
    """Names; `the other 7` for a large majority once the rest is named."""
    names = [member.cluster for member in members]
    if position == 0 and len(names) > 4 and len(ordered) > 1:
        return f"{len(names)} clusters"
    return ", ".join(names)


def _identical(comparison: Comparison) -> list[str]:
    if comparison.same or not comparison.identical:
        return []
    return [f"{count(comparison.identical, 'more object')} compared the same", ""]


def _revision_lines(revisions: Sequence[RevisionState], now: float) -> list[str]:
    """Per source: one line when all clusters agree, else one per cluster, those in trouble first."""
    sources: dict[str, list[RevisionState]] = {}
    for state in revisions:
        sources.setdefault(state.source, []).append(state)
    lines: list[str] = []
    for source, states in sources.items():
        settled = all(state.healthy and not state.behind_since for state in states)
        if settled and len({(state.fetched, state.applied) for state in states}) == 1:
            lines.append(f"- {source}: everywhere at {_short(states[0].fetched)}")
        else:
            ordered = sorted(
                states, key=lambda state: (state.healthy and not state.behind_since, state.cluster)
            )
            lines += [f"- {source} in {state.cluster}: {_progress(state, now)}" for state in ordered]
    if len(lines) > REVISIONS:
        lines[REVISIONS:] = [f"- … {count(len(lines) - REVISIONS, 'more line')}"]
    return ["Revisions:", *lines, ""] if lines else []


def _progress(state: RevisionState, now: float) -> str:
    parts = [f"fetched {_short(state.fetched)}"]
    if state.applied != state.fetched:
        parts.append(f"applied {_short(state.applied)}")
    if state.behind_since:
        parts.append(f"behind for {ago(state.behind_since, now)}")
    if not state.healthy:
        parts.append("not healthy")
    return ", ".join(parts)


def _short(revision: str) -> str:
    """`main@sha1:0123abcd`: digests to eight digits."""
    if not revision:
        return "nothing"
    name, marker, digest = revision.rpartition(":")
    return clip(f"{name}{marker}{digest[:8]}" if marker and len(digest) >= 32 else revision, 60)

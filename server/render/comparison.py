"""compare_clusters as text: field by field, which clusters have which value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from query.results.answer import Comparison, Difference, ObjectComparison, Running
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.cluster_names import ClusterNames
from server.render.excerpt import contrast
from server.render.freshness import blind, freshness_lines
from server.render.revisions import revision_lines
from server.render.splits import split_lines, split_sets
from server.render.words import count, listing

__all__ = ["differs", "render_comparison"]

MOST_WORKLOADS = 6
"""Workloads whose images are shown; the structured answer has them all."""


def render_comparison(comparison: Comparison, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts objects, then references."""
    every = (*comparison.objects, *comparison.references)
    names = ClusterNames(_sets(comparison), comparison.clusters)
    splits = split_lines(comparison, names)
    if budget is not None and sum(map(len, splits)) > budget // _SPLITS_SHARE:
        splits = []  # where there is so little room, the objects themselves count for more
    return Draft(
        head=[
            _verdict(comparison),
            *(f"Note: {note}" for note in comparison.notes),
            *splits,
        ],
        items=[_block(found, comparison, names) for found in every],
        foot=[
            *_identical(comparison),
            *_running_lines(comparison, names),
            *revision_lines(comparison.revisions, comparison.revisions_omitted, now, names.told),
            *names.legend(),
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
        return _same(comparison, where)
    aside = f" (expected differences left out: {comparison.expected:,})" if comparison.expected else ""
    if not differs(comparison):
        return f"{_names(objects)} cannot be compared between {where}: {_extent(objects[0])}{aside}"
    if len(objects) == 1 and not comparison.omitted.count:
        extent = _extent(objects[0])
        return f"{objects[0].object_key} differs between {where}: {extent}{_also(references)}{aside}"
    if not objects:
        return f"The objects are the same in {where}, what they refer to is not: {_names(references)}{aside}"
    # What is referred to counts too: it is among those that are left out and those that are the same.
    differing = len(objects) + len(references) + comparison.omitted.count
    total = differing + comparison.identical
    among = f"; among them, because others refer to it: {_names(references)}" if references else ""
    return f"{differing:,} of {count(total, 'object')} differ between {where}{among}{aside}"


def _same(comparison: Comparison, where: str) -> str:
    hidden = blind(comparison.freshness)
    reserve = f"; not everything could be seen in {listing(hidden)}" if hidden else ""
    if not comparison.identical:
        asked = f": no {comparison.asked}" if comparison.asked else ""
        return f"Nothing to compare between {where}{asked}{reserve}"
    aside = f" but for {count(comparison.expected, 'expected difference')}" if comparison.expected else ""
    looked = f"{count(comparison.identical, 'object')} identical{aside}"
    return f"No difference between {where}: {looked}{reserve}"


def _also(references: Sequence[ObjectComparison]) -> str:
    return f"; so does what it refers to: {_names(references)}" if references else ""


def _names(found: Sequence[ObjectComparison]) -> str:
    return listing(dict.fromkeys(each.object_key for each in found), 4)


def _extent(found: ObjectComparison, names: ClusterNames | None = None) -> str:
    told = names.told if names else listing
    fields = count(len(found.differences), "field")
    parts = (
        [f"{fields} {'differs' if len(found.differences) == 1 else 'differ'}"] if found.differences else []
    )
    if found.missing_in:
        parts.append(f"missing in {told(found.missing_in)}")
    if found.not_visible_in:
        parts.append(f"not visible in {told(found.not_visible_in)}")
    return ", ".join(parts)


def _block(found: ObjectComparison, comparison: Comparison, names: ClusterNames) -> list[str]:
    via = f" (from {found.field})" if found.field else ""
    lines = [f"{found.object_key}{via}: {_extent(found, names)}"]
    lines += _alike(found, comparison, names)
    return lines + [f"  {_difference(difference, names)}" for difference in found.differences]


def _alike(found: ObjectComparison, comparison: Comparison, names: ClusterNames) -> list[str]:
    """Who stands apart, or which clusters are alike in the whole object."""
    if found.outliers and comparison.baseline:
        return [f"  not as in {comparison.baseline}: {names.told(found.outliers)}"]
    if found.outliers:
        several = "s" if len(found.outliers) > 1 else ""
        return [f"  odd one{several} out: {names.told(found.outliers)}"]
    if len(found.groups) < 2 or not 2 < len(comparison.clusters) <= _MANY:
        return []
    if all(len(group.clusters) == 1 for group in found.groups):
        return ["  no two clusters alike"] if len(found.groups) > 2 else []
    return [f"  alike: {' | '.join(' = '.join(group.clusters) for group in found.groups)}"]


def _difference(difference: Difference, names: ClusterNames) -> str:
    """`path: a, b = 1; c = 2`, the most common value first."""
    values = difference.values
    texts = contrast([None if each.absent else each.value for each in values])
    parts = [
        f"{names.told(each.clusters)} = {'(absent)' if each.absent else text}"
        for each, text in zip(values, texts, strict=True)
    ]
    more = f"; … {count(len(parts) - _VALUES, 'more value')}" if len(parts) > _VALUES else ""
    return f"{difference.path}: {'; '.join(parts[:_VALUES])}{more}"


def _sets(comparison: Comparison) -> Iterator[Sequence[str]]:
    """The sets of clusters that the answer tells."""
    yield from split_sets(comparison)
    for found in (*comparison.objects, *comparison.references):
        yield from (found.missing_in, found.not_visible_in, found.outliers)
        for difference in found.differences:
            yield from (value.clusters for value in difference.values)
    for workload in comparison.running:
        yield from (group.clusters for group in workload.groups)


def _identical(comparison: Comparison) -> list[str]:
    if comparison.same or not comparison.identical:
        return []
    return [f"{count(comparison.identical, 'more object')} compared the same", ""]


def _running_lines(comparison: Comparison, names: ClusterNames) -> list[str]:
    """What the workloads run, side by side."""
    shown, rest = comparison.running[:MOST_WORKLOADS], comparison.running[MOST_WORKLOADS:]
    lines = [_running(workload, names) for workload in shown]
    if rest:
        uneven = sum(1 for workload in rest if not workload.even)
        so = f"{uneven} of them not the same everywhere" if uneven else "the same everywhere"
        lines.append(f"- … {count(len(rest), 'more workload')}, {so}")
    if comparison.running_omitted:
        lines.append(f"- … {count(comparison.running_omitted, 'more workload')} not looked at")
    return ["Running:", *lines, ""] if lines else []


def _running(workload: Running, names: ClusterNames) -> str:
    parts = []
    for group in workload.groups:
        health = "" if group.health == "Ready" else f" ({group.health})"
        parts.append(f"{', '.join(group.images) or 'nothing'}{health} in {names.told(group.clusters)}")
    if workload.missing_in:
        parts.append(f"missing in {names.told(workload.missing_in)}")
    return f"- {workload.object_key}: {'; '.join(parts)}"


_SPLITS_SHARE = 8
"""The summary takes one part of the budget in so many."""

_VALUES = 8
"""Different values of one field that are shown; the structured answer has them all."""

_MANY = 12
"""Clusters up to which it is said which of them are alike; beyond, the fields say it."""

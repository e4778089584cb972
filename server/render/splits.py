"""What splits the clusters in a comparison of many objects: who stands against whom, and in how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from query.results.answer import Comparison, ObjectComparison
from server.render.cluster_names import ClusterNames
from server.render.words import count

__all__ = ["split_lines", "split_sets"]

_WAYS = 5
"""Ways of splitting the clusters that are told; the rest is counted."""

_OBJECTS = 3
"""Differing objects from which on it is worth while: fewer are seen at a glance."""


class _Way(NamedTuple):
    """A few clusters against all others; none: no two clusters are alike, or there are more than two groups.

    rest: the others, where they are as many, so that nobody is the odd one.
    """

    few: tuple[str, ...]
    rest: tuple[str, ...] = ()
    all_unlike: bool = False


class _Extent:
    """How much is split in one way. missing, only: objects that the few lack, that nobody else has."""

    def __init__(self) -> None:
        self.fields = 0
        self.objects: set[str] = set()
        self.missing = 0
        self.only = 0

    @property
    def size(self) -> int:
        return self.fields + self.missing + self.only

    def __str__(self) -> str:
        parts = []
        if self.fields:
            parts.append(f"{count(self.fields, 'field')} of {count(len(self.objects), 'object')}")
        if self.missing:
            parts.append(f"{count(self.missing, 'object')} missing there")
        if self.only:
            parts.append(f"{count(self.only, 'object')} only there")
        return ", ".join(parts)


def split_lines(comparison: Comparison, names: ClusterNames) -> list[str]:
    """The ways in which the listed objects split the clusters, the commonest first; nothing for two clusters
    or few objects."""
    ways = _ways(comparison)
    if not ways:
        return []
    ordered = sorted(ways.items(), key=lambda item: (-item[1].size, item[0]))
    lines = [f"- {_told(way, names)}: {extent}" for way, extent in ordered[:_WAYS]]
    if len(ordered) > _WAYS:
        lines.append(f"- … {count(len(ordered) - _WAYS, 'more way')} of splitting them")
    some = f" (the {len(_listed(comparison))} objects listed)" if comparison.omitted.count else ""
    return ["", f"What splits them{some}:", *lines]


def split_sets(comparison: Comparison) -> Iterator[Sequence[str]]:
    """The sets of clusters that these lines tell."""
    for way in _ways(comparison):
        yield from (names for names in (way.few, way.rest) if names)


def _listed(comparison: Comparison) -> tuple[ObjectComparison, ...]:
    return (*comparison.objects, *comparison.references)


def _ways(comparison: Comparison) -> dict[_Way, _Extent]:
    every = _listed(comparison)
    if len(comparison.clusters) < 3 or len(every) < _OBJECTS:
        return {}
    found: dict[_Way, _Extent] = defaultdict(_Extent)
    for each in every:
        for difference in each.differences:
            groups = [value.clusters for value in difference.values]
            extent = found[_way(groups)]
            extent.fields += 1
            extent.objects.add(each.object_key)
        if each.missing_in:
            present = tuple(sorted(name for group in each.groups for name in group.clusters))
            way = _way(sorted((present, each.missing_in), key=len, reverse=True))
            lacking = way.few == each.missing_in
            found[way].missing += lacking
            found[way].only += not lacking
    return found


def _way(groups: Sequence[tuple[str, ...]]) -> _Way:
    if len(groups) > 2:
        return _Way((), all_unlike=all(len(group) == 1 for group in groups))
    most, few = groups
    if len(most) > len(few):
        return _Way(few)
    first, other = sorted((most, few))
    return _Way(first, other)


def _told(way: _Way, names: ClusterNames) -> str:
    if way.rest:
        return f"{names.told(way.few)} against {names.told(way.rest)}"
    if way.few:
        return f"{names.told(way.few)} against the others"
    return "no two alike" if way.all_unlike else "in three groups or more"

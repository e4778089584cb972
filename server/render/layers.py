"""Layers of a drawing: which column each box stands in, and in which order. Pure, and the same every time.

Sugiyama's method in its plain form: turn round what closes a cycle, longest paths, barycentres. The libraries
that do it for Python are abandoned, or need a binary; this much of it is enough for some hundred boxes.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

__all__ = ["Layers", "layered"]

SWEEPS = 12
"""Passes over all layers; more hardly change the number of crossings."""

Edge = tuple[int, int]


class Layers(NamedTuple):
    """columns: per layer the items from top to bottom. Items below `count` are nodes, the others stand where
    a long edge passes a layer. routes: per edge, in the order given, its items from the left to the right;
    turned: those edges that lead from the right to the left.
    """

    columns: tuple[tuple[int, ...], ...]
    routes: tuple[tuple[int, ...], ...]
    turned: frozenset[int]
    bands: tuple[int, ...]


def layered(count: int, edges: Sequence[Edge], bands: Sequence[int]) -> Layers:
    """Put nodes 0 … count-1 into layers so that edges lead to the right.

    bands: of each node; in every layer a lower band stands above a higher one.
    Not promised: as few crossings as possible.
    """
    turned = _closing(count, edges)
    forward = [(b, a) if index in turned else (a, b) for index, (a, b) in enumerate(edges)]
    layer = _longest(count, forward)
    band = list(bands)
    routes, columns = _routes(forward, layer, band)
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for start, end in dict.fromkeys(pair for route in routes for pair in itertools.pairwise(route)):
        after[start].append(end)
        before[end].append(start)
    first = _as_walked(columns, after, band)
    return Layers(_untangled(first, before, after, band), routes, turned, tuple(band))


def _closing(count: int, edges: Sequence[Edge]) -> frozenset[int]:
    """The edges that close a cycle when one walks depth first in the order of the nodes."""
    leaving: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, (start, end) in enumerate(edges):
        leaving[start].append((index, end))
    closing: set[int] = set()
    done: set[int] = set()
    for root in range(count):
        if root in done:
            continue
        open_: dict[int, Iterator[tuple[int, int]]] = {root: iter(leaving[root])}
        while open_:
            node, rest = next(reversed(open_.items()))
            for index, end in rest:
                if end in open_:
                    closing.add(index)
                elif end not in done:
                    open_[end] = iter(leaving[end])
                    break
            else:
                done.add(node)
                del open_[node]
    return frozenset(closing)


def _longest(count: int, edges: Sequence[Edge]) -> list[int]:
    """Layer by the longest way from the left; what nothing leads to moves close to what it leads to."""
    leaving: dict[int, list[int]] = defaultdict(list)
    missing = [0] * count
    for start, end in edges:
        leaving[start].append(end)
        missing[end] += 1
    layer = [0] * count
    ready = [node for node in range(count) if not missing[node]]
    starts = list(ready)
    while ready:
        node = ready.pop()
        for end in leaving[node]:
            layer[end] = max(layer[end], layer[node] + 1)
            missing[end] -= 1
            if not missing[end]:
                ready.append(end)
    for node in starts:
        if leaving[node]:
            layer[node] = min(layer[end] for end in leaving[node]) - 1
    return layer


def _routes(
    edges: Sequence[Edge], layer: Sequence[int], band: list[int]
) -> tuple[tuple[tuple[int, ...], ...], list[list[int]]]:
    """Each edge with an item in every layer it passes; bands of these items are appended to `band`."""
    columns: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for node, column in enumerate(layer):
        columns[column].append(node)
    routes: list[tuple[int, ...]] = []
    shared: dict[tuple[int, int], int] = {}
    for start, end in edges:
        route = [start]
        for column in range(layer[start] + 1, layer[end]):
            # Edges to one node share their way there: a bundle, not a curtain.
            item = shared.get((end, column)) if band[start] == band[end] else None
            if item is None:
                item = len(band)
                band.append(band[end])
                columns[column].append(item)
                shared[end, column] = item
            route.append(item)
        routes.append((*route, end))
    return tuple(routes), columns


def _as_walked(
    columns: Sequence[Sequence[int]], after: Mapping[int, Sequence[int]], band: Sequence[int]
) -> list[list[int]]:
    """The columns in the order of a walk from the left: children of one parent stand together."""
    rank: dict[int, int] = {}
    for column in columns:
        for root in column:
            waiting = [root]
            while waiting:
                item = waiting.pop()
                if item not in rank:
                    rank[item] = len(rank)
                    waiting.extend(reversed(after.get(item, ())))
    return [sorted(column, key=lambda item: (band[item], rank[item])) for column in columns]


def _untangled(
    columns: list[list[int]],
    before: Mapping[int, Sequence[int]],
    after: Mapping[int, Sequence[int]],
    band: Sequence[int],
) -> tuple[tuple[int, ...], ...]:
    """The order with the fewest crossings that some sweeps to the right and back come across."""
    best, fewest = [list(column) for column in columns], _crossings(columns, after)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        rightwards = sweep % 2 == 0
        near = before if rightwards else after
        order = range(1, len(columns)) if rightwards else range(len(columns) - 2, -1, -1)
        for column in order:
            place = _places(columns[column - 1 if rightwards else column + 1])
            columns[column] = _by_barycentre(columns[column], near, place, band)
        crossings = _crossings(columns, after)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return tuple(tuple(column) for column in best)


def _by_barycentre(
    column: Sequence[int], near: Mapping[int, Sequence[int]], place: Mapping[int, float], band: Sequence[int]
) -> list[int]:
    """Sorted by the mean place of the neighbours; who has none keeps his own."""
    own = _places(column)
    wanted = {}
    for item in column:
        others = [place[other] for other in near.get(item, ())]
        wanted[item] = sum(others) / len(others) if others else own[item]
    return sorted(column, key=lambda item: (band[item], wanted[item], own[item]))


def _places(column: Sequence[int]) -> dict[int, float]:
    """From 0 at the top to 1, so that long and short columns can be compared."""
    last = max(1, len(column) - 1)
    return {item: position / last for position, item in enumerate(column)}


def _crossings(columns: Sequence[Sequence[int]], after: Mapping[int, Sequence[int]]) -> int:
    total = 0
    for left, right in itertools.pairwise(columns):
        place = {item: position for position, item in enumerate(right)}
        seen: list[int] = []
        for item in left:
            ends = sorted(place[other] for other in after.get(item, ()))
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total

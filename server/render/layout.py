"""Where everything of a drawing stands: from layers to coordinates. Pure geometry, in pixels."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from server.render.layers import Layers, layered

__all__ = ["Layout", "Place", "Route", "Size", "Strip", "place"]

GAP_Y = 14.0
"""Pixels between two boxes of a column."""

PASS_Y = 10.0
"""Pixels that an edge takes where it passes a column."""

STRIP_GAP = 22.0
STRIP_HEAD = 30.0
STRIP_FOOT = 14.0
PASSES = 14
"""Times that the columns are settled, to the right and back."""


class Size(NamedTuple):
    width: float
    height: float


class Place(NamedTuple):
    """x, y: of the top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


class Route(NamedTuple):
    """An edge from box to box. points: pairs of its way, left to right; turned: it points to the left."""

    points: tuple[tuple[float, float], ...]
    turned: bool


class Strip(NamedTuple):
    """The part of the drawing that one band takes, over its whole width."""

    y: float
    height: float


class Layout(NamedTuple):
    places: tuple[Place, ...]
    routes: tuple[Route, ...]
    strips: tuple[Strip, ...]
    width: float
    height: float


def place(
    sizes: Sequence[Size],
    edges: Sequence[tuple[int, int]],
    bands: Sequence[int],
    *,
    gap_x: float,
    framed: bool,
) -> Layout:
    """Boxes of these sizes in columns from left to right, each band in a strip of its own.

    gap_x: pixels between columns. framed: strips get room for a frame with a headline.
    """
    layers = layered(len(sizes), edges, bands)
    heights = [size.height for size in sizes] + [PASS_Y] * (len(layers.bands) - len(sizes))
    centres = _centres(layers, heights)
    strips, shift = _strips(layers, heights, centres, framed=framed)
    columns_x, widths = _columns(layers, sizes, gap_x)
    middle = {item: centres[item] + shift[layers.bands[item]] for item in centres}
    where = _column_of(layers)
    places = tuple(
        Place(columns_x[where[node]], middle[node] - size.height / 2, size.width, size.height)
        for node, size in enumerate(sizes)
    )
    routes = tuple(
        _route(route, index in layers.turned, places, middle, where, columns_x, widths)
        for index, route in enumerate(layers.routes)
    )
    width = columns_x[-1] + widths[-1] if columns_x else 0.0
    height = strips[-1].y + strips[-1].height if strips else 0.0
    return Layout(places, routes, strips, width, height)


def _centres(layers: Layers, heights: Sequence[float]) -> dict[int, float]:
    """The y of each item's middle, each band for itself: close to its neighbours, nothing overlapping."""
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for route in layers.routes:
        for start, end in itertools.pairwise(route):
            if layers.bands[start] == layers.bands[end]:
                after[start].append(end)
                before[end].append(start)
    groups = [group for column in layers.columns for group in _by_band(column, layers.bands)]
    centres: dict[int, float] = {}
    for group in groups:
        centres.update(zip(group, _settled([0.0] * len(group), _steps(group, heights)), strict=True))
    for sweep in range(PASSES):
        near, order = (before, groups) if sweep % 2 == 0 else (after, groups[::-1])
        for group in order:
            wanted = [_wanted(item, near, centres) for item in group]
            centres.update(zip(group, _settled(wanted, _steps(group, heights)), strict=True))
    return centres


def _by_band(column: Sequence[int], bands: Sequence[int]) -> list[list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for item in column:
        found[bands[item]].append(item)
    return list(found.values())


def _wanted(item: int, near: Mapping[int, Sequence[int]], centres: Mapping[int, float]) -> float:
    others = near.get(item)
    return sum(centres[other] for other in others) / len(others) if others else centres[item]


def _steps(group: Sequence[int], heights: Sequence[float]) -> list[float]:
    """From the middle of each item to that of the next."""
    pairs = itertools.pairwise(group)
    return [(heights[upper] + heights[lower]) / 2 + GAP_Y for upper, lower in pairs]


def _settled(wanted: Sequence[float], steps: Sequence[float]) -> list[float]:
    """As near to what is wanted as the steps allow, in the sense of least squares: neighbours that would
    overlap are pooled and stand round their common mean (isotonic regression)."""
    offsets = [0.0]
    for step in steps:
        offsets.append(offsets[-1] + step)
    pools: list[tuple[float, int]] = []
    for target, offset in zip(wanted, offsets, strict=True):
        mean, size = target - offset, 1
        while pools and pools[-1][0] > mean:
            other, count = pools.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        pools.append((mean, size))
    flat = [mean for mean, size in pools for _ in range(size)]
    return [base + offset for base, offset in zip(flat, offsets, strict=True)]


def _strips(
    layers: Layers, heights: Sequence[float], centres: Mapping[int, float], *, framed: bool
) -> tuple[tuple[Strip, ...], dict[int, float]]:
    """Bands one below the other; and by how much each is moved down for that."""
    head, foot = (STRIP_HEAD, STRIP_FOOT) if framed else (0.0, 0.0)
    strips: list[Strip] = []
    shift: dict[int, float] = {}
    y = 0.0
    for band in sorted(set(layers.bands)):
        items = [item for item in centres if layers.bands[item] == band]
        top = min(centres[item] - heights[item] / 2 for item in items)
        bottom = max(centres[item] + heights[item] / 2 for item in items)
        strip = Strip(y, head + bottom - top + foot)
        shift[band] = y + head - top
        strips.append(strip)
        y += strip.height + STRIP_GAP
    return tuple(strips), shift


def _columns(layers: Layers, sizes: Sequence[Size], gap_x: float) -> tuple[list[float], list[float]]:
    """x and width of each column."""
    widths = [
        max((sizes[item].width for item in column if item < len(sizes)), default=0.0)
        for column in layers.columns
    ]
    xs, x = [], 0.0
    for width in widths:
        xs.append(x)
        x += width + gap_x
    return xs, widths


def _column_of(layers: Layers) -> dict[int, int]:
    return {item: column for column, items in enumerate(layers.columns) for item in items}


def _route(
    items: Sequence[int],
    turned: bool,
    places: Sequence[Place],
    middle: Mapping[int, float],
    where: Mapping[int, int],
    columns_x: Sequence[float],
    widths: Sequence[float],
) -> Route:
    """From the right side of the first box to the left side of the last, straight through every column."""
    start, end = places[items[0]], places[items[-1]]
    points = [(start.x + start.width, start.middle)]
    for item in items[1:-1]:
        x = columns_x[where[item]]
        points += [(x, middle[item]), (x + widths[where[item]], middle[item])]
    points.append((end.x, end.middle))
    return Route(tuple(points), turned)

"""Coordinates: nothing overlaps, edges begin and end at their boxes, bands do not touch."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from server.render.layout import Layout, Place, Size, place


def drawn(seed: int) -> tuple[Layout, list[tuple[int, int]], list[int]]:
    dice = random.Random(seed)
    count = dice.randint(2, 50)
    edges = [(dice.randrange(end), end) for end in range(1, count)]
    edges += [(end, start) for start, end in edges[::5]]
    bands = [dice.randrange(2) for _ in range(count)]
    sizes = [Size(dice.choice([150.0, 220.0]), dice.choice([44.0, 60.0])) for _ in range(count)]
    return place(sizes, edges, bands, gap_x=80, framed=True), edges, bands


def overlap(one: Place, other: Place) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize("seed", range(12))
def test_boxes_and_bands_keep_apart(seed: int) -> None:
    layout, edges, bands = drawn(seed)
    assert not [pair for pair in combinations(layout.places, 2) if overlap(*pair)]
    for where, band in zip(layout.places, bands, strict=True):
        strip = layout.strips[sorted(set(bands)).index(band)]
        assert strip.y <= where.y
        assert where.y + where.height <= strip.y + strip.height
        assert where.x + where.width <= layout.width
    for upper, lower in zip(layout.strips, layout.strips[1:], strict=False):
        assert upper.y + upper.height < lower.y
    for route, (start, end) in zip(layout.routes, edges, strict=True):
        left, right = (end, start) if route.turned else (start, end)
        assert route.points[0] == (
            layout.places[left].x + layout.places[left].width,
            layout.places[left].middle,
        )
        assert route.points[-1] == (layout.places[right].x, layout.places[right].middle)


def test_a_parent_stands_at_the_middle_of_its_children() -> None:
    layout = place([Size(100, 40)] * 4, [(0, 1), (0, 2), (0, 3)], [0] * 4, gap_x=60, framed=False)
    assert layout.places[0].middle == pytest.approx(layout.places[2].middle, abs=0.5)


def test_a_chain_is_straight() -> None:
    layout = place([Size(100, 40)] * 3, [(0, 1), (1, 2), (0, 2)], [0] * 3, gap_x=60, framed=False)
    assert layout.places[0].x < layout.places[1].x < layout.places[2].x
    assert layout.height < 120


def test_nothing_is_drawn_of_nothing() -> None:
    layout = place([], [], [], gap_x=60, framed=False)
    assert (layout.width, layout.height, layout.places) == (0, 0, ())

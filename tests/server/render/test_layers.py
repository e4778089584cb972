"""Layers: edges lead to the right, bands stay apart, few crossings, the same every time."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from server.render.layers import layered


def columns_of(count: int, edges: list[tuple[int, int]], bands: list[int] | None = None) -> list[list[int]]:
    found = layered(count, edges, bands or [0] * count)
    return [[item for item in column if item < count] for column in found.columns]


def test_a_chain_is_a_row() -> None:
    assert columns_of(4, [(0, 1), (1, 2), (2, 3)]) == [[0], [1], [2], [3]]


def test_a_start_stands_next_to_what_it_leads_to() -> None:
    assert columns_of(4, [(0, 1), (1, 2), (3, 2)]) == [[0], [1, 3], [2]]


def test_nothing_at_all() -> None:
    found = layered(0, [], [])
    assert found.columns == ()
    assert columns_of(2, []) == [[0, 1]]


def test_a_cycle_is_opened_where_it_closes() -> None:
    found = layered(3, [(0, 1), (1, 2), (2, 0)], [0, 0, 0])
    assert found.turned == {2}
    assert [len(column) for column in found.columns] == [1, 2, 1]  # the long way back passes the middle
    assert (found.routes[2][0], found.routes[2][-1]) == (0, 2)


def test_a_long_edge_passes_every_layer() -> None:
    found = layered(3, [(0, 1), (1, 2), (0, 2)], [0, 0, 0])
    assert len(found.routes[2]) == 3
    assert found.routes[2][1] >= 3


def test_children_are_ordered_like_their_parents() -> None:
    edges = [(0, 1), (0, 2), (0, 3), (1, 6), (2, 5), (3, 4)]
    _, parents, children = columns_of(7, edges)
    assert [dict(edges[3:])[parent] for parent in parents] == children


def test_bands_stand_one_above_the_other() -> None:
    edges = [(0, 3), (1, 4), (2, 5), (0, 5)]
    found = layered(6, edges, [1, 0, 1, 1, 0, 1])
    for column in found.columns:
        assert [found.bands[item] for item in column] == sorted(found.bands[item] for item in column)


@pytest.mark.parametrize("seed", range(20))
def test_any_graph_gets_layers(seed: int) -> None:
    dice = random.Random(seed)
    count = dice.randint(1, 60)
    pairs = [(dice.randrange(count), dice.randrange(count)) for _ in range(dice.randint(0, 120))]
    edges = [(start, end) for start, end in pairs if start != end]
    bands = [dice.randrange(3) for _ in range(count)]
    found = layered(count, edges, bands)
    assert found == layered(count, edges, bands)
    assert sorted(item for column in found.columns for item in column if item < count) == list(range(count))
    where = {item: place for place, column in enumerate(found.columns) for item in column}
    for number, route in enumerate(found.routes):
        start, end = edges[number][::-1] if number in found.turned else edges[number]
        assert (route[0], route[-1]) == (start, end)
        assert all(where[right] == where[left] + 1 for left, right in pairwise(route))

"""What is kept of a graph that is too large."""

from __future__ import annotations

from query.graph.narrowing import most_telling, narrowed
from query.results.answer import DependencyGraph, GraphEdge, GraphNode, ObjectRef, Omitted


def chain(length: int, bad: int) -> DependencyGraph:
    """0 → 1 → … with one Failed node; beside each of them a healthy leaf."""
    nodes = [
        GraphNode(ObjectRef("c", "v1", "Pod", None, f"n{place}"), "Failed" if place == bad else "Ready", "")
        for place in range(length)
    ]
    leaves = [
        GraphNode(ObjectRef("c", "v1", "Secret", None, f"l{place}"), "Ready", "") for place in range(length)
    ]
    edges = [GraphEdge(place, place + 1, "depends") for place in range(length - 1)]
    edges += [GraphEdge(place, length + place, "config") for place in range(length)]
    return DependencyGraph(nodes=(*nodes, *leaves), edges=tuple(edges), roots=(0,), omitted=Omitted(3))


def test_trouble_is_kept_with_its_way_from_the_root() -> None:
    kept = narrowed(chain(10, bad=6), 8)
    assert [node.object.name for node in kept.nodes] == ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "l0"]
    assert {(edge.from_, edge.to) for edge in kept.edges} == {(p, p + 1) for p in range(6)} | {(0, 7)}
    assert kept.roots == (0,)
    assert kept.omitted.count == 3 + 20 - 8


def test_a_graph_that_fits_is_left_alone() -> None:
    whole = chain(4, bad=2)
    assert narrowed(whole, 8) is whole


def test_without_trouble_the_nearest_are_kept() -> None:
    assert most_telling(6, [(0, 1), (1, 2), (0, 3), (3, 4)], roots=[0], troubled=[], most=3) == [0, 1, 3]


def test_what_hangs_on_nothing_comes_last() -> None:
    assert most_telling(5, [(3, 4)], roots=[3], troubled=[0], most=3) == [0, 3, 4]
    assert most_telling(3, [], roots=[], troubled=[2], most=1) == [2]


def test_rings_end() -> None:
    assert most_telling(4, [(0, 1), (1, 2), (2, 0), (2, 3)], roots=[0], troubled=[3], most=3) == [0, 2, 3]

"""Which part of a graph to keep where not all of it fits. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from query.results.answer import DependencyGraph, Omitted

__all__ = ["most_telling", "narrowed"]

_WELL = ("Ready", "Absent")


def narrowed(graph: DependencyGraph, most: int) -> DependencyGraph:
    """The graph with `most` nodes at most; `omitted` counts those that are gone as well."""
    kept = most_telling(
        len(graph.nodes),
        [(edge.from_, edge.to) for edge in graph.edges],
        roots=graph.roots,
        troubled=[place for place, node in enumerate(graph.nodes) if node.health not in _WELL],
        most=most,
    )
    if len(kept) == len(graph.nodes):
        return graph
    place = {node: position for position, node in enumerate(kept)}
    return msgspec.structs.replace(
        graph,
        nodes=tuple(graph.nodes[node] for node in kept),
        edges=tuple(
            msgspec.structs.replace(edge, from_=place[edge.from_], to=place[edge.to])
            for edge in graph.edges
            if edge.from_ in place and edge.to in place
        ),
        roots=tuple(place[root] for root in graph.roots if root in place),
        omitted=Omitted(count=graph.omitted.count + len(graph.nodes) - len(kept)),
    )


def most_telling(
    count: int,
    edges: Iterable[tuple[int, int]],
    *,
    roots: Sequence[int],
    troubled: Iterable[int],
    most: int,
) -> list[int]:
    """Which of the nodes 0 … count-1 to keep, in their own order.

    The roots come first; then what is troubled, nearest first, with its way from the root; then the nearest.
    """
    if count <= most:
        return list(range(count))
    reached, before = _walked(count, edges, roots)
    unwell = set(troubled)
    chosen = dict.fromkeys(roots)
    for node in reached:
        if node in unwell:
            chosen.update(dict.fromkeys(_way(node, before)))
    chosen.update(dict.fromkeys(reached))
    return sorted(list(chosen)[: max(1, most)])


def _walked(
    count: int, edges: Iterable[tuple[int, int]], roots: Sequence[int]
) -> tuple[list[int], dict[int, int]]:
    """Every node, nearest to a root first, and from which one each was reached first."""
    near: dict[int, list[int]] = defaultdict(list)
    for start, end in edges:
        near[start].append(end)
        near[end].append(start)
    reached: dict[int, None] = {}
    before: dict[int, int] = {}
    for seeds in (roots, range(count)):
        waiting = deque(seeds)
        while waiting:
            node = waiting.popleft()
            if node in reached:
                continue
            reached[node] = None
            for other in near[node]:
                if other not in reached:
                    before.setdefault(other, node)
                    waiting.append(other)
    for root in roots:
        before.pop(root, None)
    return list(reached), before


def _way(node: int, before: Mapping[int, int]) -> list[int]:
    """From where the walk began to this node."""
    way = {node: None}
    while node in before and before[node] not in way:
        node = before[node]
        way[node] = None
    return list(way)[::-1]

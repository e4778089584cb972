"""What lies around an object, near and far, by stored and by derived edges: walked, bounded, counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import networkx as nx

from mirror.records import Health, Relation
from mirror.store.edges import Near, referring, walks
from mirror.store.rows import ObjectRow, identity
from query.derived import DerivedEdge, Nodes, derived_from, derived_to, ends_at
from query.errors import SelectorError
from query.view import View

__all__ = ["DERIVED", "OWNED", "REFERENCES", "Link", "Neighbourhood", "load_neighbourhood", "reach"]

REFERENCES: tuple[Relation, ...] = (
    Relation.SOURCE,
    Relation.DEPENDS,
    Relation.CONFIG,
    Relation.IDENTITY,
    Relation.GENERATES,
    Relation.VOLUME,
    Relation.HEALTH,
    Relation.MANAGES,
)
"""Relations whose target can break the object that carries the field. Never notify and trigger."""

DERIVED: tuple[Relation, ...] = (Relation.LIMIT, Relation.DEFINITION, Relation.ROUTES)
"""The same, of edges that no object states by itself."""

OWNED: tuple[Relation, ...] = (Relation.OWNER,)
"""Relations whose source can break the target: an owner fails through what it owns."""

MAX_DEPTH = 32
WIDEST = 10_000
"""Objects counted at most; up to here the number of those left out is exact."""

BORDER = 2_000
"""Equally near objects of which the last ones to be shown are chosen."""


class Link(NamedTuple):
    """One reason for an edge: the relation, and the field that states it."""

    relation: str
    field: str
    optional: bool


class Neighbourhood(NamedTuple):
    """graph: object id → object id; every edge has `links`, sorted.

    rows: by id; negative ids are objects of which the store has no row. depth: steps from the nearest seed.
    omitted: how many nodes the limit left out.
    """

    graph: nx.DiGraph[int]
    rows: dict[int, ObjectRow]
    depth: dict[int, int]
    omitted: int


def load_neighbourhood(
    view: View, seeds: Iterable[int], *, direction: str, depth: int, limit: int
) -> Neighbourhood:
    """What lies around the seeds, nearest first; at most `limit` nodes, self references left out.

    direction: up, down or both. Raises SelectorError for any other word.
    """
    nodes, limit = Nodes(view), max(1, limit)
    around = _Around(nodes, direction)
    (found,) = around.walk([list(seeds)], depth)
    rows = _nearest(nodes, found, limit)
    return Neighbourhood(
        graph=_graph(rows, around.links(rows)),
        rows=rows,
        depth={node: found[node] for node in rows},
        omitted=len(found) - len(rows),
    )


def reach(nodes: Nodes, seeds: Iterable[int], *, direction: str, depth: int) -> list[dict[int, int]]:
    """What lies around each of the seeds, with the steps to it; each walk for itself, all read together."""
    return _Around(nodes, direction).walk([[seed] for seed in seeds], depth)


_Links = dict[tuple[int, int], set[Link]]


class _Around:
    """The edges of walks in one direction; the derived ones are found on the way, each object asked once."""

    def __init__(self, nodes: Nodes, direction: str) -> None:
        self.nodes = nodes
        self._down, self._up = _followed(direction)
        self._providers = direction != "down"
        self._further: dict[int, set[int]] = {}
        self._ends: dict[int, set[int]] = {}
        self._met: set[int] = set()
        self._links: _Links = {}

    def walk(self, places: Iterable[Collection[int]], depth: int) -> list[dict[int, int]]:
        """The steps to what lies around each of the places."""
        return walks(places, self._look, depth=max(0, min(depth, MAX_DEPTH)), limit=WIDEST)

    def links(self, rows: Mapping[int, ObjectRow]) -> _Links:
        """The edges among these objects, also from those that the walk did not go on from."""
        rest = [row for row in rows.values() if row.id not in self._further]
        for derived in derived_from(self.nodes, rest, {*self._down, *self._up}):
            self._add(derived)
        # Where the walk went on from all of them, it has met whoever refers to one the other way.
        met = rows if rest else self._met.intersection(rows)
        for edge in (*self.nodes.outgoing(rows, self._down), *self.nodes.outgoing(met, self._up)):
            if edge.dst in rows:
                self._links.setdefault((edge.src, edge.dst), set()).add(Link(*edge[2:]))
        return self._links

    def _look(self, frontier: Sequence[int]) -> tuple[Near, Near]:
        """Neighbours by stored and by derived edges; and providers, where a walk ends."""
        near: defaultdict[int, set[int]] = defaultdict(set)
        for edge in self.nodes.outgoing(frontier, self._down):
            near[edge.src].add(edge.dst)
        for row_id, other in self.nodes.view.read(referring, frontier, self._up):
            near[row_id].add(other)
            self._met.add(other)
        fresh = [row for row_id, row in self.nodes.rows(frontier).items() if row_id not in self._further]
        if fresh:
            self._ask(fresh)
        for row_id in frontier:
            if further := self._further.get(row_id):
                near[row_id] |= further
        return near, self._ends

    def _ask(self, fresh: Sequence[ObjectRow]) -> None:
        self._further.update({row.id: set() for row in fresh})
        for edge in derived_from(self.nodes, fresh, self._down):
            self._add(edge)
            self._further[edge.src.id].add(edge.dst.id)
        for edge in derived_to(self.nodes, fresh, self._up):
            self._add(edge)
            self._further[edge.dst.id].add(edge.src.id)
        for end in ends_at(self.nodes, fresh) if self._providers else ():
            self._ends.setdefault(end.dst, set()).add(end.src)

    def _add(self, edge: DerivedEdge) -> None:
        link = Link(edge.relation, edge.field, optional=False)
        self._links.setdefault((edge.src.id, edge.dst.id), set()).add(link)


def _followed(direction: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(relations followed from source to target, relations followed backwards)."""
    references = tuple(relation.value for relation in (*REFERENCES, *DERIVED))
    owned = tuple(relation.value for relation in OWNED)
    ways = {
        "up": (references, owned),
        "down": (owned, references),
        "both": (references + owned, references + owned),
    }
    if direction not in ways:
        raise SelectorError(f"no direction `{direction}`", hint="use up, down or both")
    return ways[direction]


def _nearest(nodes: Nodes, found: dict[int, int], limit: int) -> dict[int, ObjectRow]:
    """The rows of the nearest `limit` objects; of equally near ones those that are not well, then by name."""
    order = sorted(found, key=lambda node: found[node])
    if len(order) <= limit:
        return nodes.rows(order)
    edge_of_sight = found[order[limit]]
    inside = [node for node in order if found[node] < edge_of_sight]
    border = [node for node in order if found[node] == edge_of_sight][:BORDER]
    rows = nodes.rows([*inside, *border])
    border.sort(key=lambda node: (rows[node].health == Health.READY, identity(rows[node])))
    return {node: rows[node] for node in [*inside, *border[: limit - len(inside)]]}


def _graph(nodes: Iterable[int], links: _Links) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    for (src, dst), found in links.items():
        if src != dst and src in graph and dst in graph:
            graph.add_edge(src, dst, links=tuple(sorted(found)))
    return graph

"""What lies around an object, near and far, by stored and by derived edges: walked, bounded, counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import networkx as nx

from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.derived import Nodes, derived_from, derived_to, ends_at
from query.errors import SelectorError
from query.view import View

__all__ = ["DERIVED", "OWNED", "REFERENCES", "Link", "Neighbourhood", "load_neighbourhood"]

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
    view: View,
    seeds: Iterable[int],
    *,
    direction: str,
    depth: int,
    limit: int,
    nodes: Nodes | None = None,
    linked: bool = True,
) -> Neighbourhood:
    """What lies around the seeds, nearest first; at most `limit` nodes, self references left out.

    direction: up, down or both. nodes: what was read before, and will be read now. linked: the edges are
    wanted, too. Raises SelectorError for any other word.
    """
    down, up = _followed(direction)
    depth, limit = max(0, min(depth, MAX_DEPTH)), max(1, limit)
    around = _Around(nodes or Nodes(view), down, up, providers=direction != "down")
    found, _, _ = view.neighbourhood(
        seeds, down=down, up=up, depth=depth, limit=WIDEST, beyond=around.beyond, linked=False
    )
    rows = _nearest(around.nodes, found, limit)
    followed = {*down, *up}
    links: _Links = {}
    for edge in view.outgoing([node for node in rows if node > 0], followed) if linked else ():
        if edge.dst in rows:
            links.setdefault((edge.src, edge.dst), set()).add(Link(*edge[2:]))
    for pair, more in around.links(list(rows.values())).items() if linked else ():
        links.setdefault(pair, set()).update(more)
    return Neighbourhood(
        graph=_graph(rows, links),
        rows=rows,
        depth={node: found[node] for node in rows},
        omitted=len(found) - len(rows),
    )


_Links = dict[tuple[int, int], set[Link]]


class _Around:
    """The derived edges of a walk: found while it goes on, each object asked about once."""

    def __init__(self, nodes: Nodes, down: Sequence[str], up: Sequence[str], *, providers: bool) -> None:
        self.nodes = nodes
        self._down, self._up, self._providers = down, up, providers
        self._known: dict[int, tuple[set[int], set[int]]] = {}
        self._links: _Links = {}

    def beyond(self, frontier: Sequence[int]) -> tuple[set[int], set[int]]:
        """As store.edges.Beyond: neighbours by derived edges, and providers, where the walk ends."""
        fresh = [row for row_id, row in self.nodes.rows(frontier).items() if row_id not in self._known]
        if fresh:
            self._ask(fresh)
        known = [self._known[row_id] for row_id in frontier if row_id in self._known]
        further = {row_id for near, _ in known for row_id in near}
        return further, {row_id for _, ends in known for row_id in ends}

    def links(self, rows: Sequence[ObjectRow]) -> _Links:
        """The derived edges among these objects, also from those that the walk did not go on from."""
        rest = [row for row in rows if row.id not in self._known]
        for edge in derived_from(self.nodes, rest, {*self._down, *self._up}):
            self._add(edge.src.id, edge.dst.id, edge.relation, edge.field)
        return self._links

    def _ask(self, fresh: Sequence[ObjectRow]) -> None:
        self._known.update({row.id: (set(), set()) for row in fresh})
        for edge in derived_from(self.nodes, fresh, self._down):
            self._add(edge.src.id, edge.dst.id, edge.relation, edge.field)
            self._known[edge.src.id][0].add(edge.dst.id)
        for edge in derived_to(self.nodes, fresh, self._up):
            self._add(edge.src.id, edge.dst.id, edge.relation, edge.field)
            self._known[edge.dst.id][0].add(edge.src.id)
        if self._providers:
            ends = set(ends_at(self.nodes, fresh))
            for row in fresh:
                self._known[row.id][1].update(ends)

    def _add(self, src: int, dst: int, relation: str, field: str) -> None:
        self._links.setdefault((src, dst), set()).add(Link(relation, field, optional=False))


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
    border.sort(key=lambda node: (rows[node].health == Health.READY, _name(rows[node])))
    return {node: rows[node] for node in [*inside, *border[: limit - len(inside)]]}


def _graph(nodes: Iterable[int], links: _Links) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    for (src, dst), found in links.items():
        if src != dst and src in graph and dst in graph:
            graph.add_edge(src, dst, links=tuple(sorted(found)))
    return graph


def _name(row: ObjectRow) -> tuple[str, str, str, str, str]:
    return (row.cluster, row.kind, row.namespace, row.name, row.group)

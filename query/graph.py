"""The neighbourhood of an object as a graph: what it depends on, or what depends on it.

An edge leads from the object that carries a field to the object it names. `up` therefore follows references,
and ownership backwards (a ReplicaSet depends on its Pods); `down` is the exact inverse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import networkx as nx

from mirror.records import Health, Relation
from mirror.store.rows import EdgeRow, ObjectRow
from query.errors import SelectorError
from query.results import DependencyGraph, GraphEdge, GraphNode, Omitted
from query.selectors import find_objects
from query.view import View

__all__ = [
    "MISSING",
    "Neighbourhood",
    "NodeState",
    "dependency_graph",
    "load_neighbourhood",
    "node_state",
]

MISSING = "Missing"
"""The state of an object that is referred to and does not exist. Never said of what cannot be seen."""

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

OWNED: tuple[Relation, ...] = (Relation.OWNER,)
"""Relations whose source can break the target: an owner fails through what it owns."""

MAX_DEPTH = 32
WIDEST = 10_000
"""Objects counted at most; up to here the number of those left out is exact."""

BORDER = 2_000
"""Equally near objects of which the last ones to be shown are chosen."""


class NodeState(NamedTuple):
    """health: as in Health, or Missing, or Unknown; reason: why, "" when nothing says so."""

    health: str
    reason: str


class Neighbourhood(NamedTuple):
    """graph: object id → object id; every edge has `relations` and `fields`, tuples of equal length.

    rows: by id. depth: steps from the nearest seed. omitted: how many nodes the limit left out.
    """

    graph: nx.DiGraph[int]
    rows: dict[int, ObjectRow]
    depth: dict[int, int]
    omitted: int


def node_state(view: View, row: ObjectRow) -> NodeState:
    """The state of a node: Missing only where absence is real, Unknown where nobody could look."""
    if row.present:
        return NodeState(row.health, row.reason)
    seen = view.visibility(row.cluster, row.group, row.kind, row.namespace)
    if seen.absence_is_real:
        return NodeState(MISSING, "not served" if seen.value == "not served" else "")
    return NodeState(Health.UNKNOWN.value, seen.value)


def load_neighbourhood(
    view: View, seeds: Iterable[int], *, direction: str, depth: int, limit: int
) -> Neighbourhood:
    """What lies around the seeds, nearest first; at most `limit` nodes, self references left out.

    direction: up, down or both. Raises SelectorError for any other word.
    """
    down, up = _followed(direction)
    depth, limit = max(0, min(depth, MAX_DEPTH)), max(1, limit)
    found, edges, cut = view.neighbourhood(seeds, down=down, up=up, depth=depth, limit=limit)
    if cut and len(found) >= limit:
        found, edges, _ = view.neighbourhood(seeds, down=down, up=up, depth=depth, limit=WIDEST)
    rows = _nearest(view, found, limit)
    followed = {*down, *up}
    return Neighbourhood(
        graph=_graph(rows, (edge for edge in edges if edge.relation in followed)),
        rows=rows,
        depth={node: found[node] for node in rows},
        omitted=len(found) - len(rows),
    )


def dependency_graph(
    view: View,
    *,
    api_version: str | None = None,
    kind: str,
    name: str,
    namespace: str | None = None,
    direction: str = "up",
    depth: int = 8,
    limit: int = 300,
) -> DependencyGraph:
    """The graph around one object, in each chosen cluster that has it.

    direction: `up` is what it depends on and what can break it, `down` what depends on it, or `both`.
    depth: steps. limit: nodes; the nearest are kept, `omitted.count` says how many were not.
    A name that is only referred to can be asked for too. Cycles are kept as they are.
    Raises UnknownKindError, UnknownObjectError, SelectorError.
    """
    view.touch()
    roots = find_objects(view, kind, name, namespace, api_version, referenced=True)
    area = load_neighbourhood(
        view, [row.id for row in roots], direction=direction, depth=depth, limit=max(limit, len(roots))
    )
    order = sorted(area.rows, key=lambda node: (area.depth[node], _name(area.rows[node])))
    place = {node: position for position, node in enumerate(order)}
    return DependencyGraph(
        nodes=tuple(_node(view, area.rows[node]) for node in order),
        edges=_edges(area.graph, place),
        roots=tuple(sorted(place[row.id] for row in roots)),
        freshness=view.freshness(),
        omitted=Omitted(count=area.omitted),
    )


def _followed(direction: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(relations followed from source to target, relations followed backwards)."""
    references = tuple(relation.value for relation in REFERENCES)
    owned = tuple(relation.value for relation in OWNED)
    ways = {
        "up": (references, owned),
        "down": (owned, references),
        "both": (references + owned, references + owned),
    }
    if direction not in ways:
        raise SelectorError(f"no direction `{direction}`", hint="use up, down or both")
    return ways[direction]


def _nearest(view: View, found: dict[int, int], limit: int) -> dict[int, ObjectRow]:
    """The rows of the nearest `limit` objects; of equally near ones those that are not well, then by name."""
    order = sorted(found, key=lambda node: found[node])
    if len(order) <= limit:
        return view.by_ids(order)
    edge_of_sight = found[order[limit]]
    inside = [node for node in order if found[node] < edge_of_sight]
    border = [node for node in order if found[node] == edge_of_sight][:BORDER]
    rows = view.by_ids([*inside, *border])
    border.sort(key=lambda node: (rows[node].health == Health.READY, _name(rows[node])))
    return {node: rows[node] for node in [*inside, *border[: limit - len(inside)]]}


def _graph(nodes: Iterable[int], edges: Iterable[EdgeRow]) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    labels: dict[tuple[int, int], set[tuple[str, str]]] = {}
    for edge in edges:
        if edge.src != edge.dst and edge.src in graph and edge.dst in graph:
            labels.setdefault((edge.src, edge.dst), set()).add((edge.relation, edge.field))
    for (src, dst), found in labels.items():
        relations, fields = zip(*sorted(found), strict=True)
        graph.add_edge(src, dst, relations=relations, fields=fields)
    return graph


def _node(view: View, row: ObjectRow) -> GraphNode:
    state = node_state(view, row)
    return GraphNode(object=view.ref(row), health=state.health, reason=state.reason)


def _edges(graph: nx.DiGraph[int], place: dict[int, int]) -> tuple[GraphEdge, ...]:
    """One edge per pair and relation, however many fields say it."""
    found: set[tuple[int, int, str]] = {
        (place[src], place[dst], relation)
        for src, dst, attributes in graph.edges(data=True)
        for relation in attributes["relations"]
    }
    return tuple(GraphEdge(from_=src, to=dst, relation=relation) for src, dst, relation in sorted(found))


def _name(row: ObjectRow) -> tuple[str, str, str, str, str]:
    return (row.cluster, row.kind, row.namespace, row.name, row.group)

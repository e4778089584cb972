"""The neighbourhood of an object as a graph: what it depends on, or what depends on it.

An edge leads from the object that carries a field to the object it names. `up` therefore follows references,
and ownership backwards (a ReplicaSet depends on its Pods), and ends at whoever should provide what is not
there; `down` follows the same edges the other way. Edges may lead into other clusters.
"""

from __future__ import annotations

import networkx as nx

from mirror.store.rows import identity
from query.graph.neighbourhood import Link, load_neighbourhood
from query.graph.node_states import node_states
from query.results.answer import DependencyGraph, GraphEdge, GraphNode, Omitted
from query.selectors import find_objects
from query.view import View

__all__ = ["dependency_graph"]


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
    order = sorted(area.rows, key=lambda node: (area.depth[node], identity(area.rows[node])))
    place = {node: position for position, node in enumerate(order)}
    freshness = view.freshness()
    states = node_states(view, area.rows.values(), freshness)
    return DependencyGraph(
        nodes=tuple(
            GraphNode(
                object=view.ref(area.rows[node]),
                health=states[node].health,
                reason=states[node].reason,
                revision=area.rows[node].revision,
            )
            for node in order
        ),
        edges=_edges(area.graph, place),
        roots=tuple(sorted(place[row.id] for row in roots)),
        freshness=freshness,
        omitted=Omitted(count=area.omitted),
    )


def _edges(graph: nx.DiGraph[int], place: dict[int, int]) -> tuple[GraphEdge, ...]:
    """One edge per pair and relation, with all the fields that say it."""
    found: dict[tuple[int, int, str], list[Link]] = {}
    for src, dst, attributes in graph.edges(data=True):
        for link in attributes["links"]:
            found.setdefault((place[src], place[dst], link.relation), []).append(link)
    return tuple(
        GraphEdge(
            from_=src,
            to=dst,
            relation=relation,
            fields=tuple(link.field for link in links),
            optional=all(link.optional for link in links),
        )
        for (src, dst, relation), links in sorted(found.items())
    )

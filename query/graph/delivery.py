"""The way of the content: which sources feed which appliers, and what these have applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import networkx as nx

from mirror.flux.kinds import FLUX_KINDS, Category, flux_kind
from mirror.keys import GroupKind
from mirror.records import Health, Relation
from mirror.store.rows import EdgeRow, ObjectRow, identity
from query.graph.node_states import NodeState, node_states
from query.results.answer import DependencyGraph, GraphEdge, GraphNode, Omitted
from query.selectors import find_objects, require_namespace
from query.view import View

__all__ = ["delivery_graph"]

APPLIERS = tuple(kind.group_kind for kind in FLUX_KINDS.values() if kind.category is Category.APPLIER)
STEPS = 12
"""Hops from an object that was asked for; a chain of sources, generators and appliers is shorter."""

WIDEST = 10_000
"""Objects counted at most; up to here the number of those left out is exact."""

_FEEDS = (Relation.SOURCE, Relation.GENERATES)
_APPLIED = (Relation.MANAGES,)
_CARRIERS = frozenset({Category.SOURCE, Category.APPLIER, Category.GENERATOR, Category.INPUT})


def delivery_graph(
    view: View,
    *,
    api_version: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    limit: int = 300,
) -> DependencyGraph:
    """Sources, appliers and inventories with their revisions, in each chosen cluster.

    kind and name: only the ways that lead through this object; it is the root. Without them every applier of
    the chosen clusters, or of one namespace. limit: nodes; sources and appliers are kept first, then what is
    not well, and `omitted.count` says how many were not.
    Raises UnknownKindError, UnknownObjectError.
    """
    view.touch()
    if kind and name:
        roots = find_objects(view, kind, name, namespace, api_version, referenced=True)
        found, edges = _around(view, roots)
    else:
        if namespace:
            require_namespace(view, namespace)
        roots = []
        found, edges = _everything(view, namespace)
    rows = view.by_ids(found)
    edges = [edge for edge in edges if _delivers(edge, rows)]
    joined = _joined(rows, edges, [row.id for row in roots])
    order = sorted((rows[row] for row in joined), key=lambda row: (_importance(row), identity(row)))
    chosen = sorted(order[: max(limit, len(roots), 1)], key=lambda row: (_place(row), identity(row)))
    kept = {row.id: place for place, row in enumerate(chosen)}
    freshness = view.freshness()
    states = node_states(view, chosen, freshness)
    return DependencyGraph(
        nodes=tuple(_node(view, rows[row], states[row]) for row in kept),
        edges=_edges(edges, kept),
        roots=tuple(sorted(kept[row.id] for row in roots if row.id in kept)),
        freshness=freshness,
        omitted=Omitted(count=len(order) - len(kept)),
    )


def _around(view: View, roots: Sequence[ObjectRow]) -> tuple[set[int], list[EdgeRow]]:
    """What comes before these objects, and what comes after them."""
    seeds = [row.id for row in roots]
    before, before_edges = view.neighbourhood(seeds, down=_FEEDS, up=_APPLIED, depth=STEPS, limit=WIDEST)
    after, after_edges = view.neighbourhood(seeds, down=_APPLIED, up=_FEEDS, depth=STEPS, limit=WIDEST)
    return {*before, *after}, [*before_edges, *after_edges]


def _everything(view: View, namespace: str | None) -> tuple[set[int], list[EdgeRow]]:
    """All appliers, what feeds them, and what each of them has applied."""
    appliers = [
        row.id
        for group, kind in APPLIERS
        for row in view.objects(group=group, kind=kind, namespace=namespace or None)
    ]
    fed, feeding = view.neighbourhood(appliers, down=_FEEDS, up=(), depth=STEPS, limit=WIDEST)
    applied, applying = view.neighbourhood(appliers, down=_APPLIED, up=(), depth=1, limit=WIDEST)
    return {*fed, *applied}, [*feeding, *applying]


def _delivers(edge: EdgeRow, rows: Mapping[int, ObjectRow]) -> bool:
    """Content goes this way. A release also generates the Secret that is its memory, which feeds nothing; and
    that a source was applied by somebody says nothing about what comes through it."""
    if edge.src not in rows or edge.dst not in rows or edge.src == edge.dst:
        return False
    category = _category(rows[edge.dst])
    if edge.relation in _APPLIED:
        return category is not Category.SOURCE
    return edge.relation in _FEEDS and category in _CARRIERS


def _joined(rows: Mapping[int, ObjectRow], edges: Iterable[EdgeRow], roots: Sequence[int]) -> set[int]:
    """What lies on a way through the roots; without roots, what lies on any way, and appliers without one."""
    flow: nx.DiGraph[int] = nx.DiGraph()
    flow.add_nodes_from(roots or (row.id for row in rows.values() if _category(row) is Category.APPLIER))
    for edge in edges:
        forward = edge.relation in _APPLIED or _makes(rows[edge.src], edge.relation)
        flow.add_edge(*((edge.src, edge.dst) if forward else (edge.dst, edge.src)))
    if not roots:
        return set(flow)
    return {each for root in roots for each in (root, *nx.ancestors(flow, root), *nx.descendants(flow, root))}


def _makes(row: ObjectRow, relation: str) -> bool:
    """A generator makes what it names; everybody else generates what is to feed it."""
    return relation == Relation.GENERATES and _category(row) is Category.GENERATOR


def _place(row: ObjectRow) -> int:
    """Sources before appliers before what they apply: a drawing opens rings where they close."""
    order = (Category.SOURCE, Category.GENERATOR, Category.INPUT, Category.APPLIER)
    category = _category(row)
    return order.index(category) if category in order else len(order)


def _category(row: ObjectRow) -> Category | None:
    kind = flux_kind(GroupKind(row.group, row.kind))
    return kind.category if kind else None


def _importance(row: ObjectRow) -> tuple[bool, bool]:
    return (_category(row) not in _CARRIERS, row.present and row.health in (Health.READY, Health.UNKNOWN))


def _node(view: View, row: ObjectRow, state: NodeState) -> GraphNode:
    return GraphNode(object=view.ref(row), health=state.health, reason=state.reason, revision=row.revision)


def _edges(edges: Iterable[EdgeRow], place: Mapping[int, int]) -> tuple[GraphEdge, ...]:
    """One edge per pair and relation. A release is fed by its chart, not by what the chart comes from."""
    ours = {(edge.src, edge.dst, edge.relation) for edge in edges if edge.src in place and edge.dst in place}
    sources: dict[int, set[int]] = defaultdict(set)
    charts: dict[int, set[int]] = defaultdict(set)
    for src, dst, relation in ours:
        if relation == Relation.SOURCE:
            sources[src].add(dst)
        elif relation == Relation.GENERATES:
            charts[src].add(dst)
    return tuple(
        GraphEdge(from_=place[src], to=place[dst], relation=relation)
        for src, dst, relation in sorted(ours)
        if relation != Relation.SOURCE or not any(dst in sources[chart] for chart in charts[src])
    )

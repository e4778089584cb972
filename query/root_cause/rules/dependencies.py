"""dependsOn: who is waited for, and who waits for himself."""

from __future__ import annotations

import networkx as nx

from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow, identity
from query.root_cause.case import Case
from query.root_cause.commands import called, fix_in_git
from query.root_cause.patterns import DEPENDENCY, TYPED_DEPENDENCY
from query.root_cause.rules.common import found, not_ready, step
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Proof, Step, Verdict, blame, look

__all__ = ["cycle", "waits_for_dependency"]

_REASON = "DependencyNotReady"
_MOST = 1_000


def waits_for_dependency(case: Case) -> Verdict | None:
    """Goes on with the dependency that the message names, or with all that are not ready."""
    if case.reason != _REASON:
        return None
    links = case.targets(Relation.DEPENDS) or case.targets(Relation.SOURCE)
    named = [link for link in links if _is_named(case, link)]
    absent = [link for link in links if not link.row.present]
    return look(*(step(link) for link in named or not_ready(links) + absent))


def cycle(case: Case) -> Verdict | None:
    """Objects that wait for one another: each of them reports only the next one."""
    if case.reason != _REASON:
        return None
    graph, rows = _waiting_graph(case)
    if case.scene.edges_between(case.row, case.row, Relation.DEPENDS):
        graph.add_edge(case.row.id, case.row.id)  # neighbours never include the object itself
    ring = next(ring for ring in nx.strongly_connected_components(graph) if case.row.id in ring)
    if len(ring) < 2 and not graph.has_edge(case.row.id, case.row.id):
        return None
    return _blame_ring(case, graph, {node: rows[node] for node in ring if node in rows})


def _waiting_graph(case: Case) -> tuple[nx.DiGraph[int], dict[int, ObjectRow]]:
    """What the object waits for, directly or not; whoever is ready waits for nobody."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_node(case.row.id)
    rows = {case.row.id: case.row}
    queue = [case.row]
    for row in queue:
        if case.scene.edges_between(row, row, Relation.DEPENDS):
            graph.add_edge(row.id, row.id)  # no link leads back to where it came from
        for link in case.scene.targets(row, Relation.DEPENDS):
            if not link.row.present or link.row.health == Health.READY:
                continue
            graph.add_edge(row.id, link.row.id)
            if link.row.id not in rows and len(rows) < _MOST:
                rows[link.row.id] = link.row
                queue.append(link.row)
    return graph, rows


def _blame_ring(case: Case, graph: nx.DiGraph[int], rows: dict[int, ObjectRow]) -> Verdict:
    """The cycle through its first member by name; its edges are the message."""

    def order(node: int) -> tuple[str, ...]:
        return identity(rows[node])

    members = sorted(rows, key=order)
    edges = [
        (src, dst) for src in members for dst in sorted(set(graph.successors(src)) & rows.keys(), key=order)
    ]
    texts = [f"{called(rows[src])} → {called(rows[dst])}" for src, dst in edges]
    first = rows[members[0]]
    which = "one of these dependencies" if len(members) > 1 else "the dependency on itself"
    return blame(
        found(
            case,
            CauseClass.CYCLE,
            fix_in_git(case.scene, first, f"remove {which} from {called(first)}"),
            object=first,
            field="spec.dependsOn",
            reason="DependencyCycle",
            message=f"a cycle of dependencies: {', '.join(texts)}",
            tail=_around(case.row.id, edges, rows),
            proofs=tuple(
                Proof(rows[src], "reference", text) for (src, _), text in zip(edges, texts, strict=True)
            ),
        )
    )


def _around(start: int, edges: list[tuple[int, int]], rows: dict[int, ObjectRow]) -> tuple[Step, ...]:
    """Along the edges, each object once."""
    steps: dict[int, Step] = {}
    here = start
    while True:
        ahead = [dst for src, dst in edges if src == here and dst not in steps and dst != start]
        if not ahead:
            return tuple(steps.values())
        here = ahead[0]
        steps[here] = Step(rows[here], Relation.DEPENDS.value, "spec.dependsOn")


def _is_named(case: Case, link: Link) -> bool:
    match = DEPENDENCY.search(case.message) or TYPED_DEPENDENCY.search(case.message)
    if match is None:
        return False
    namespace = match["namespace"] or link.row.namespace
    return (match["name"], namespace) == (link.row.name, link.row.namespace)

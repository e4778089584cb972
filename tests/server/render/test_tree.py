"""Dependency graphs as trees."""

from __future__ import annotations

from collections.abc import Callable

from query.results.answer import DependencyGraph, Freshness, GraphEdge, GraphNode, ObjectRef, Omitted
from server.render.tree import render_tree

MakeRef = Callable[..., ObjectRef]


def podinfo(ref: MakeRef, cluster: str = "staging", *, healthy: bool = False) -> list[GraphNode]:
    """0 release → 1 infra → 2 source; 0 → 3 values; 0 → 4 Deployment owned by whom 5 ReplicaSet says."""
    bad = "Ready" if healthy else "Failed"
    return [
        GraphNode(ref("podinfo", cluster=cluster), bad, "" if healthy else "DependencyNotReady"),
        GraphNode(ref("infra", "Kustomization", cluster, "flux-system"), "Ready", ""),
        GraphNode(ref("flux", "GitRepository", cluster, "flux-system"), "Ready", ""),
        GraphNode(ref("values", "ConfigMap", cluster), "Ready" if healthy else "Missing", ""),
        GraphNode(ref("app", "Deployment", cluster), bad, ""),
        GraphNode(ref("app-1", "ReplicaSet", cluster), "Ready", ""),
    ]


def edges(start: int = 0) -> list[GraphEdge]:
    found = [
        (0, 1, "depends"),
        (0, 2, "source"),
        (0, 3, "config"),
        (0, 4, "manages"),
        (1, 2, "depends"),
        (1, 2, "source"),
        (5, 4, "owner"),
    ]
    return [GraphEdge(start + src, start + dst, relation) for src, dst, relation in found]


def test_who_should_provide_what_is_missing_hangs_below_it(ref: MakeRef) -> None:
    nodes = (*podinfo(ref), GraphNode(ref("config", "Kustomization", "staging", "flux-system"), "Ready", ""))
    provided = (*edges(), GraphEdge(6, 3, "manages"))
    lines = render_tree(DependencyGraph(nodes=nodes, edges=provided, roots=(0,))).text.splitlines()
    position = lines.index("├─ reads ✗ ConfigMap/apps/values  Missing")
    assert lines[position + 1] == "│  └─ is managed by ✓ Kustomization/flux-system/config"


def test_what_an_object_needs(ref: MakeRef, synced: tuple[Freshness, ...]) -> None:
    graph = DependencyGraph(
        nodes=tuple(podinfo(ref)), edges=tuple(edges()), roots=(0,), freshness=synced, omitted=Omitted(3)
    )
    assert render_tree(graph).text == (
        """\
HelmRelease/apps/podinfo in staging needs 8 objects (3 of them left out); \
not ready: 2 Failed, 1 Missing

In staging it needs:
✗ HelmRelease/apps/podinfo  Failed: DependencyNotReady
├─ manages ✗ Deployment/apps/app  Failed
│  └─ owns ✓ ReplicaSet/apps/app-1
├─ reads ✗ ConfigMap/apps/values  Missing
├─ depends on ✓ Kustomization/flux-system/infra
│  └─ depends on, takes its source from ✓ GitRepository/flux-system/flux
└─ takes its source from ✓ GitRepository/flux-system/flux

Data: all 2 clusters in sync, confirmed 3s ago"""
    )


def test_who_needs_an_object(ref: MakeRef) -> None:
    graph = DependencyGraph(nodes=tuple(podinfo(ref)), edges=tuple(edges()), roots=(2,))
    lines = render_tree(graph, direction="down").text.splitlines()
    assert lines[2:5] == [
        "In staging it is needed by:",
        "✓ GitRepository/flux-system/flux",
        "├─ is the source of ✗ HelmRelease/apps/podinfo  Failed: DependencyNotReady",
    ]
    assert lines[5] == "└─ is the source of, is waited for by ✓ Kustomization/flux-system/infra"
    assert lines[6] == ("   └─ is waited for by ✗ HelmRelease/apps/podinfo  Failed: DependencyNotReady")


def test_clusters_with_the_same_tree_share_it(ref: MakeRef) -> None:
    nodes = [*podinfo(ref, "a", healthy=True), *podinfo(ref, "b", healthy=True), *podinfo(ref, "c")]
    graph = DependencyGraph(nodes=tuple(nodes), edges=(*edges(), *edges(6), *edges(12)), roots=(0, 6, 12))
    text = render_tree(graph).text
    assert text.index("In c it needs:") < text.index("In a, b it needs:")
    assert text.count("GitRepository/flux-system/flux") == 4


def test_a_cycle_ends_and_is_marked(ref: MakeRef) -> None:
    nodes = (GraphNode(ref("a"), "Failed", ""), GraphNode(ref("b"), "Failed", ""))
    graph = DependencyGraph(
        nodes=nodes, edges=(GraphEdge(0, 1, "depends"), GraphEdge(1, 0, "depends")), roots=(0,)
    )
    assert "   └─ depends on ✗ HelmRelease/apps/a  Failed (cycle)" in render_tree(graph).text


def test_a_branch_seen_before_is_not_repeated(ref: MakeRef) -> None:
    nodes = tuple(GraphNode(ref(name), "Failed", "") for name in "abcd")
    links = [(0, 1), (0, 2), (1, 2), (2, 3)]
    graph = DependencyGraph(
        nodes=nodes, edges=tuple(GraphEdge(*link, "depends") for link in links), roots=(0,)
    )
    text = render_tree(graph).text
    assert text.count("HelmRelease/apps/d") == 1
    assert "└─ depends on ✗ HelmRelease/apps/c  Failed (see above)" in text


def test_healthy_crowds_are_folded(ref: MakeRef) -> None:
    nodes = [GraphNode(ref("apps", "Kustomization"), "Ready", "")]
    nodes += [GraphNode(ref(f"c{number}", "ConfigMap"), "Ready", "") for number in range(9)]
    nodes += [GraphNode(ref("s", "Service"), "Ready", ""), GraphNode(ref("bad", "Deployment"), "Failed", "")]
    graph = DependencyGraph(
        nodes=tuple(nodes),
        edges=tuple(GraphEdge(0, number, "manages") for number in range(1, 12)),
        roots=(0,),
    )
    text = render_tree(graph).text
    assert "├─ manages ✗ Deployment/apps/bad  Failed" in text
    assert "└─ manages ✓ 10 ready: 9 ConfigMaps, 1 Service" in text


def test_a_large_tree_stays_in_the_budget(ref: MakeRef) -> None:
    nodes = [GraphNode(ref(f"object-with-a-long-name-{number}"), "Failed", "x" * 40) for number in range(300)]
    graph = DependencyGraph(
        nodes=tuple(nodes),
        edges=tuple(GraphEdge(number // 2, number, "depends") for number in range(1, 300)),
        roots=(0,),
    )
    text = render_tree(graph).text
    assert len(text.encode()) <= 8_000
    assert "more lines of this tree did not fit" in text


def test_a_tree_that_does_not_fit_folds_its_healthy_branches(ref: MakeRef) -> None:
    nodes = [GraphNode(ref("apps", "Kustomization"), "Failed", "HealthCheckFailed")]
    links = []
    for number in range(90):
        release, chart = len(nodes), len(nodes) + 1
        bad = number == 89
        nodes.append(GraphNode(ref(f"release-with-a-long-name-{number}"), "Ready", ""))
        nodes.append(GraphNode(ref(f"chart-{number}", "HelmChart"), "Failed" if bad else "Ready", ""))
        links += [GraphEdge(0, release, "manages"), GraphEdge(release, chart, "generates")]
    graph = DependencyGraph(nodes=tuple(nodes), edges=tuple(links), roots=(0,))
    assert "generates ✓ HelmChart/apps/chart-0" in render_tree(graph, budget=None).text
    text = render_tree(graph).text
    assert len(text.encode()) <= 8_000
    assert "│  └─ generates ✗ HelmChart/apps/chart-89  Failed" in text
    assert "✓ HelmRelease/apps/release-with-a-long-name-0 (and 1 below it, all ready)" in text
    assert "HelmChart/apps/chart-0" not in text

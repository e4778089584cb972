"""Graphs to draw: from a handful of objects to hundreds, with names that try to break the drawing."""

from __future__ import annotations

from collections.abc import Sequence

from query.results.answer import DependencyGraph, GraphEdge, GraphNode, ObjectRef

NASTY = (
    'quote"d',
    "<script>alert(1)</script>",
    "a&b;#35;#quot;",
    "back`tick`",
    "line\nbreak\r\ttab",
    "]] --> n0",
    "end",
    "%%{init: {}}%%",
    "$$x^2$$",
    "style:x#y;z",
    "fa:fa-car",
    "classDef x fill:#f00;",
    "ümläut-日本語-🚀",
    "\x00\x1b[31m\x7f",
    "n" * 300,
)
"""What no API server accepts as a name, and what a store that somebody else has written may hold."""


def node(
    name: str,
    kind: str = "HelmRelease",
    health: str = "Ready",
    reason: str = "",
    *,
    cluster: str = "staging",
    namespace: str | None = "apps",
    revision: str = "",
) -> GraphNode:
    return GraphNode(ObjectRef(cluster, "v1", kind, namespace, name), health, reason, revision)


def graph(
    nodes: Sequence[GraphNode], edges: Sequence[tuple[int, int, str]], roots: Sequence[int] = (0,)
) -> DependencyGraph:
    return DependencyGraph(
        nodes=tuple(nodes), edges=tuple(GraphEdge(*edge) for edge in edges), roots=tuple(roots)
    )


def nasty() -> DependencyGraph:
    """Every hard name as kind, namespace, name, reason and relation."""
    nodes = [
        node(name, kind=name, health="Failed", reason=name, namespace=name, cluster=name) for name in NASTY
    ]
    return graph(nodes, [(0, number, NASTY[number]) for number in range(1, len(nodes))])


def small() -> DependencyGraph:
    """Five objects: a release, its values that are missing, its chart, its repository, what it runs."""
    nodes = [
        node("checkout", "HelmRelease", "Failed", "ValuesError", namespace="shop", revision="4.2.1"),
        node("checkout-limits", "ConfigMap", "Missing", namespace="shop"),
        node("shop-checkout", "HelmChart", namespace="infra", revision="4.2.1"),
        node("shop", "HelmRepository", namespace="infra", revision="sha256:" + "3f" * 32),
        node("checkout", "Deployment", "Progressing", "ReplicaSetUpdated", namespace="shop"),
    ]
    return graph(nodes, [(0, 1, "config"), (0, 2, "generates"), (2, 3, "source"), (0, 4, "manages")])


def product(releases: int, pods: int = 2) -> DependencyGraph:
    """What one Kustomization applies: releases that wait for each other, each down to its Pods."""
    nodes = [
        node("apps", "Kustomization", "Failed", "HealthCheckFailed", namespace="flux-system"),
        node("flux-system", "GitRepository", namespace="flux-system", revision="main@sha1:" + "4e" * 20),
        node("charts", "HelmRepository", namespace="infra"),
    ]
    edges = [(0, 1, "source")]
    before: int | None = None
    for number in range(releases):
        bad = number % 7 == 3
        name = f"service-{number:02}"
        release = len(nodes)
        state = ("Failed", "InstallFailed") if bad else ("Ready", "")
        nodes += [
            node(name, "HelmRelease", *state, revision=f"1.{number}.0"),
            node(f"apps-{name}", "HelmChart", revision=f"1.{number}.0"),
            node(f"{name}-values", "ConfigMap", "Missing" if number % 14 == 3 else "Ready"),
            node(name, "Deployment", "Failed" if bad else "Ready", "ProgressDeadlineExceeded" if bad else ""),
            node(f"{name}-6d4b75cb6d", "ReplicaSet", "Progressing" if bad else "Ready"),
        ]
        edges += [(0, release, "manages"), (release, release + 1, "generates"), (release + 1, 2, "source")]
        edges += [(release, release + 2, "config"), (release, release + 3, "manages")]
        edges += [(release + 4, release + 3, "owner")]
        if before is not None and number % 3 == 0:
            edges.append((release, before, "depends"))
        before = release
        for copy in range(pods):
            crash = ("Failed", "CrashLoopBackOff") if bad else ("Ready", "")
            nodes.append(node(f"{name}-6d4b75cb6d-{copy:05x}", "Pod", *crash))
            edges.append((len(nodes) - 1, release + 4, "owner"))
    return graph(nodes, edges)


def delivery(clusters: Sequence[str] = ("development", "staging", "production")) -> DependencyGraph:
    """The same delivery in several clusters; the last one is behind, and one release fails there."""
    nodes: list[GraphNode] = []
    edges: list[tuple[int, int, str]] = []
    for place, cluster in enumerate(clusters):
        last = place == len(clusters) - 1
        commit = "main@sha1:" + ("4e1f0c7d" * 5)
        applied = "main@sha1:" + ("9b3c1d5e" * 5) if last else commit
        start = len(nodes)
        system = {"cluster": cluster, "namespace": "flux-system"}
        nodes += [
            node("flux-system", "GitRepository", revision=commit, **system),
            node(
                "apps",
                "Kustomization",
                "Progressing" if last else "Ready",
                "Progressing",
                revision=applied,
                **system,
            ),
            node("charts", "HelmRepository", revision="sha256:" + "3f" * 32, **system),
            node("shop-web", "HelmChart", revision="6.7.1", **system),
            node(
                "web",
                "HelmRelease",
                "Failed" if last else "Ready",
                "UpgradeFailed",
                cluster=cluster,
                revision="6.7.0" if last else "6.7.1",
            ),
            node(
                "web",
                "Deployment",
                "Failed" if last else "Ready",
                "ProgressDeadlineExceeded",
                cluster=cluster,
            ),
        ]
        pairs = [
            (1, 0, "source"),
            (1, 4, "manages"),
            (3, 2, "source"),
            (4, 3, "generates"),
            (4, 5, "manages"),
        ]
        edges += [(start + src, start + dst, relation) for src, dst, relation in pairs]
        for number in range(4):
            nodes.append(node(f"web-{number}", "Service" if number else "ConfigMap", cluster=cluster))
            edges.append((start + 4, len(nodes) - 1, "manages"))
    return graph(nodes, edges, roots=())

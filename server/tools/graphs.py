"""What hangs on what: pictures of dependencies and deliveries, and the way from an object to its source."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.errors import SelectorError
from query.graph.delivery import delivery_graph
from query.graph.narrowing import narrowed
from query.graph.question import dependency_graph
from query.graph.trace import trace
from query.results.answer import DependencyGraph
from query.view import View
from server.render.budget import BUDGET_TOKENS, BYTES_PER_TOKEN
from server.render.drawing import render_graph
from server.render.trace import grouped, render_trace
from server.tools.arguments import (
    ApiVersion,
    Clusters,
    CursorText,
    Kind,
    MaxAge,
    MaxTokens,
    Name,
    Namespace,
)
from server.tools.asking import Mirror, answer
from server.tools.declaring import read_tool
from server.tools.fitting import room_for, size_of
from server.tools.paging import Paging

__all__ = ["NODES", "graph_tools"]

NODES = 60
"""Nodes in the structured content: roots, what is not well with its way, then the nearest."""

_Direction = Annotated[
    Literal["up", "down", "both"], Field(description="up: what it needs; down: what needs it")
]
_View = Annotated[
    Literal["dependencies", "delivery"],
    Field(description="delivery: source → applier → inventory with revisions; needs no kind and name"),
]


def graph_tools(mirror: Mirror) -> list[Tool]:
    """get_dependency_graph and trace_kubernetes_resource."""

    def get_dependency_graph(
        kind: Kind = None,
        name: Name = None,
        namespace: Namespace = None,
        clusters: Clusters = None,
        api_version: ApiVersion = None,
        direction: _Direction = "up",
        depth: Annotated[int, Field(ge=1, le=20)] = 8,
        view: _View = "dependencies",
        format: Literal["text", "mermaid", "svg"] = "text",
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """What an object depends on, or what depends on it, with the health of each: tree, Mermaid or SVG."""
        with mirror.view(clusters, max_age, kind=kind, api_version=api_version) as looked:
            graph = _graph(looked, view, kind, name, namespace, api_version, direction, depth)
        budget = max_tokens * BYTES_PER_TOKEN
        drawing = render_graph(graph, format, plan=view, direction=direction, budget=budget)
        picture = drawing.picture
        taken = size_of(picture) if format == "text" else 0
        graph = _sized(graph, room_for(budget) - taken)
        drawn = msgspec.structs.replace(graph, picture=picture)
        return answer(drawn, drawing.page, budget, whole=() if format == "text" else ("picture",))

    def trace_kubernetes_resource(
        kind: Annotated[str, Field(description="kind, plural or short name")],
        name: str,
        namespace: Namespace = None,
        clusters: Clusters = None,
        api_version: ApiVersion = None,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """From any object up to its owners, its Flux appliers and their sources, with the state of each; and
        what depends on it."""
        pages = Paging(max_tokens, cursor)
        with mirror.view(clusters, max_age, kind=kind, api_version=api_version) as looked:
            found = trace(looked, api_version=api_version, kind=kind, name=name, namespace=namespace)
        return pages.answer(grouped(found), render_trace, "traces")

    return [
        read_tool(get_dependency_graph, "Dependency graph"),
        read_tool(trace_kubernetes_resource, "Trace to the source"),
    ]


def _sized(graph: DependencyGraph, room: int) -> DependencyGraph:
    """The graph with as many nodes as leave a quarter of the room free: edges name them by position, so they
    cannot be cut as lists are."""
    most = NODES
    graph = narrowed(graph, most)
    while most > 1 and size_of([graph.nodes, graph.edges, graph.roots]) > room * 3 // 4:
        most = most * 3 // 4
        graph = narrowed(graph, most)
    return graph


def _graph(
    view: View,
    plan: str,
    kind: str | None,
    name: str | None,
    namespace: str | None,
    api_version: str | None,
    direction: str,
    depth: int,
) -> DependencyGraph:
    if plan == "delivery":
        return delivery_graph(view, api_version=api_version, kind=kind, name=name, namespace=namespace)
    if kind is None or name is None:
        raise SelectorError("kind and name are needed", hint='or view="delivery" for all appliers')
    return dependency_graph(
        view,
        api_version=api_version,
        kind=kind,
        name=name,
        namespace=namespace,
        direction=direction,
        depth=depth,
    )

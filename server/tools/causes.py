"""Why something is broken, and what hangs on what."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.graph import dependency_graph
from query.results import RootCause
from query.root_cause import find_root_cause as root_cause
from server.render.root_cause import render_root_cause
from server.render.tree import render_tree
from server.second_look import second_look
from server.tools.arguments import ApiVersion, Clusters, Kind, Limit, MaxAge, Name, Namespace
from server.tools.asking import Mirror, answer
from server.tools.declaring import read_tool

__all__ = ["cause_tools"]


def cause_tools(mirror: Mirror) -> list[Tool]:
    """find_root_cause and get_dependency_graph."""

    def find_root_cause(
        clusters: Clusters = None,
        kind: Kind = None,
        name: Name = None,
        namespace: Namespace = None,
        api_version: ApiVersion = None,
        limit: Limit = 10,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Why an object is not ready (or, without arguments, everything that fails): the object a person must
        change, the path from the symptom to it, evidence and the next step."""

        def ask() -> RootCause:
            with mirror.view(clusters, max_age, kind=kind, api_version=api_version) as view:
                asked_at.append(view.now)
                return root_cause(
                    view, api_version=api_version, kind=kind, name=name, namespace=namespace, limit=limit
                )

        asked_at: list[float] = []
        found = second_look(ask, lambda missing: mirror.await_kind(missing, clusters))
        return answer(found, render_root_cause(found, now=asked_at[-1]), "causes")

    def get_dependency_graph(
        kind: Annotated[str, Field(description="kind, plural or short name")],
        name: str,
        namespace: Namespace = None,
        clusters: Clusters = None,
        api_version: ApiVersion = None,
        direction: Annotated[
            Literal["up", "down", "both"], Field(description="up: what it needs; down: what needs it")
        ] = "up",
        depth: Annotated[int, Field(ge=1, le=20)] = 8,
        format: Literal["text"] = "text",
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Tree of what an object depends on, or what depends on it, with the health of each."""
        with mirror.view(clusters, max_age, kind=kind, api_version=api_version) as view:
            graph = dependency_graph(
                view,
                api_version=api_version,
                kind=kind,
                name=name,
                namespace=namespace,
                direction=direction,
                depth=depth,
            )
        page = render_tree(graph, direction=direction)
        return answer(msgspec.structs.replace(graph, picture=page.text), page)

    return [
        read_tool(find_root_cause, "Find the root cause"),
        read_tool(get_dependency_graph, "Dependency graph"),
    ]

"""How clusters differ."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.compare import compare
from server.render.comparison import render_comparison
from server.tools.arguments import ApiVersion, Clusters, Kind, Limit, MaxAge, Name, Namespace, Selector
from server.tools.asking import EVERY, Mirror, answer
from server.tools.declaring import read_tool

__all__ = ["compare_tools"]


def compare_tools(mirror: Mirror) -> list[Tool]:
    """compare_clusters."""

    def compare_clusters(
        clusters: Clusters = None,
        kind: Kind = None,
        name: Name = None,
        namespace: Namespace = None,
        selector: Selector = None,
        api_version: ApiVersion = None,
        include_references: Annotated[
            bool, Field(description="also compare values, substitutions and sources it refers to")
        ] = True,
        baseline: Annotated[str | None, Field(description="cluster to compare against")] = None,
        limit: Limit = 50,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Field-by-field differences between clusters: one object (kind and name) or all in a namespace or
        selector, with what they refer to and how far each revision has come."""
        with mirror.view(clusters or EVERY, max_age, kind=kind, api_version=api_version) as view:
            comparison = compare(
                view,
                api_version=api_version,
                kind=kind,
                name=name,
                namespace=namespace,
                selector=selector,
                include_references=include_references,
                baseline=baseline,
                limit=limit,
            )
        return answer(comparison, render_comparison(comparison, now=view.now), "objects", "references")

    return [read_tool(compare_clusters, "Compare clusters")]

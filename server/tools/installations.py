"""What is installed: Flux itself, and which kinds the clusters serve."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.api_versions import api_versions
from query.fleet.flux_instance import flux_instances
from server.render.api_versions import render_api_versions
from server.render.budget import BUDGET_TOKENS
from server.render.flux_instance import render_flux_instances
from server.tools.arguments import Clusters, CursorText, Kind, Limit, MaxAge, MaxTokens, Text
from server.tools.asking import Mirror
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["installation_tools"]


def installation_tools(mirror: Mirror) -> list[Tool]:
    """get_flux_instance and get_kubernetes_api_versions."""

    def get_flux_instance(
        clusters: Clusters = None,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """How Flux is installed in each cluster: version, controllers, sync, what it reconciles."""
        pages = Paging(max_tokens, cursor)
        with mirror.view(clusters, max_age) as view:
            found = flux_instances(view)
        return pages.answer(found, partial(render_flux_instances, now=view.now), "clusters")

    def get_kubernetes_api_versions(
        kind: Kind = None,
        group: Annotated[Text, Field(description="part of an API group")] = None,
        clusters: Clusters = None,
        limit: Limit = 0,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Preferred and served versions of each kind; kinds that differ between clusters first."""
        pages = Paging(max_tokens, cursor)
        with mirror.view(clusters, max_age) as view:
            found = api_versions(view, kind=kind, group=group, limit=pages.reach(limit))
        return pages.answer(found, render_api_versions, "kinds")

    return [
        read_tool(get_flux_instance, "Flux installation"),
        read_tool(get_kubernetes_api_versions, "API versions"),
    ]

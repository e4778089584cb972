"""The mirrored objects themselves."""

from __future__ import annotations

from functools import partial

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult

from query.resources import get_resources
from server.render.budget import BUDGET_TOKENS
from server.render.resources import render_resources
from server.tools.arguments import (
    ApiVersion,
    Clusters,
    CursorText,
    Fields,
    Kind,
    Limit,
    MaxAge,
    MaxTokens,
    Name,
    Namespace,
    Selector,
)
from server.tools.asking import Mirror
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["resource_tools"]


def resource_tools(mirror: Mirror) -> list[Tool]:
    """get_kubernetes_resources."""

    def get_kubernetes_resources(
        kind: Kind = None,
        name: Name = None,
        namespace: Namespace = None,
        clusters: Clusters = None,
        selector: Selector = None,
        fields: Fields = None,
        api_version: ApiVersion = None,
        limit: Limit = 50,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Objects from all clusters with their health; a name gives the whole object, secrets redacted."""
        pages = Paging(max_tokens, cursor)
        with mirror.view(clusters, max_age, kind=kind, api_version=api_version) as view:
            found = get_resources(
                view,
                api_version=api_version,
                kind=kind,
                name=name,
                namespace=namespace,
                selector=selector,
                fields=fields,
                limit=pages.reach(limit),
            )
        return pages.answer(found, partial(render_resources, now=view.now), "items")

    return [read_tool(get_kubernetes_resources, "Kubernetes resources")]

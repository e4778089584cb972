"""The mirrored objects themselves."""

from __future__ import annotations

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult

from query.resources import get_resources
from server.render.resources import render_resources
from server.tools.arguments import (
    ApiVersion,
    Clusters,
    Fields,
    Kind,
    Limit,
    MaxAge,
    Name,
    Namespace,
    Selector,
)
from server.tools.asking import Mirror, answer
from server.tools.declaring import read_tool

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
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Objects from all clusters with their health; a name gives the whole object, secrets redacted."""
        with mirror.view(clusters, max_age, kind=kind, api_version=api_version) as view:
            found = get_resources(
                view,
                api_version=api_version,
                kind=kind,
                name=name,
                namespace=namespace,
                selector=selector,
                fields=fields,
                limit=limit,
            )
        return answer(found, render_resources(found, now=view.now), "items")

    return [read_tool(get_kubernetes_resources, "Kubernetes resources")]

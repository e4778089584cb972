"""What the clusters have said, and what they used."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import AliasChoices, Field

from query.object_events import get_events
from query.usage import METRICS_VERSION, get_metrics, measured_kind
from server.render.budget import BUDGET_TOKENS
from server.render.events import render_events
from server.render.usage import render_metrics
from server.tools.arguments import (
    ApiVersion,
    Clusters,
    CursorText,
    Kind,
    Limit,
    MaxAge,
    MaxTokens,
    Name,
    Namespace,
    Since,
    Text,
)
from server.tools.asking import Mirror
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["event_tools"]


def event_tools(mirror: Mirror) -> list[Tool]:
    """get_kubernetes_events and get_kubernetes_metrics."""

    def get_kubernetes_events(
        kind: Kind = None,
        name: Name = None,
        namespace: Namespace = None,
        clusters: Clusters = None,
        api_version: ApiVersion = None,
        type: Annotated[Text, Field(description="Normal or Warning")] = None,
        since: Since = None,
        grep: Annotated[Text, Field(description="pattern for reason, message, object")] = None,
        limit: Limit = 100,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Events about objects (a workload includes its Pods), newest first; kept for a week."""
        pages = Paging(max_tokens, cursor)
        with mirror.view(clusters, max_age, kind=kind, api_version=api_version) as view:
            found = get_events(
                view,
                api_version=api_version,
                kind=kind,
                name=name,
                namespace=namespace,
                type=type,
                since=since,
                grep=grep,
                limit=pages.reach(limit),
            )
        return pages.answer(found, partial(render_events, now=view.now), "events")

    def get_kubernetes_metrics(
        kind: Annotated[Text, Field(description="Pod or Node")] = None,
        pod_namespace: Annotated[Text, _also("pod_namespace", "namespace")] = None,
        pod_name: Annotated[Text, _also("pod_name", "name")] = None,
        pod_selector: Annotated[Text, _also("pod_selector", "selector")] = None,
        clusters: Clusters = None,
        limit: Limit = 100,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """CPU and memory in use, largest first, each with its age; polled while somebody asks."""
        pages = Paging(max_tokens, cursor)
        measured = measured_kind(kind)
        with mirror.view(clusters, max_age, kind=measured, api_version=METRICS_VERSION) as view:
            found = get_metrics(
                view,
                kind=measured,
                name=pod_name,
                namespace=pod_namespace,
                selector=pod_selector,
                limit=pages.reach(limit),
            )
        return pages.answer(found, partial(render_metrics, now=view.now), "usage")

    return [
        read_tool(get_kubernetes_events, "Kubernetes events"),
        read_tool(get_kubernetes_metrics, "Kubernetes metrics"),
    ]


def _also(*names: str) -> Any:
    """An argument that is understood under several names, of which the first one is told."""
    return Field(validation_alias=AliasChoices(*names))

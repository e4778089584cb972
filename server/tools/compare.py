"""How clusters differ."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.comparison.expected import Expected
from query.comparison.question import compare
from server.render.budget import BUDGET_TOKENS
from server.render.comparison import render_comparison
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
    Selector,
    Text,
)
from server.tools.asking import EVERY, Mirror
from server.tools.calls import current_call
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["compare_tools"]


def compare_tools(mirror: Mirror, expected: Expected | None = None) -> list[Tool]:
    """compare_clusters. expected: differences that every comparison leaves out and counts."""

    def compare_clusters(
        clusters: Clusters = None,
        kind: Kind = None,
        name: Name = None,
        namespace: Namespace = None,
        selector: Selector = None,
        api_version: ApiVersion = None,
        include_references: Annotated[
            bool, Field(description="also the values, substitutions and sources they name")
        ] = True,
        baseline: Annotated[Text, Field(description="cluster to compare against")] = None,
        revision: Annotated[Text, Field(description="how far has it come?")] = None,
        limit: Limit = 50,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Field-by-field differences between clusters of one object, a selection, or all that Flux manages;
        what they refer to and run, how far revisions have come."""
        pages = Paging(max_tokens, cursor)
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
                revision=revision,
                expected=expected,
                limit=pages.reach(limit),
                report=current_call().report,
            )
        return pages.answer(comparison, partial(render_comparison, now=view.now), "objects", "references")

    return [read_tool(compare_clusters, "Compare clusters")]

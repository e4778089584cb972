"""What is where."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.search.question import search_fleet as search
from server.render.budget import BUDGET_TOKENS
from server.render.search import render_search
from server.tools.arguments import Clusters, CursorText, Kind, Limit, MaxAge, MaxTokens, Namespace
from server.tools.asking import Mirror
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["search_tools"]


def search_tools(mirror: Mirror) -> list[Tool]:
    """search_fleet."""

    def search_fleet(
        query: Annotated[
            str, Field(description='words, "a phrase", chart:podinfo@6.5.*, image:nginx:1.25, label:app=web')
        ] = "",
        clusters: Clusters = None,
        kind: Kind = None,
        namespace: Namespace = None,
        health: Literal["Failed", "Progressing", "Suspended", "Ready", "Unknown"] | None = None,
        limit: Limit = 100,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Find text in names, labels, messages, events, images, charts, revisions. chart: and image: tell
        exactly which clusters run what; health alone lists, e.g. what is suspended and since when."""
        pages = Paging(max_tokens, cursor)
        with mirror.view(clusters, max_age, kind=kind) as view:
            found = search(
                view, query, kind=kind, namespace=namespace, health=health, limit=pages.reach(limit)
            )
        return pages.answer(found, partial(render_search, now=view.now), "matches")

    return [read_tool(search_fleet, "Search the fleet")]

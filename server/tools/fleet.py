"""The state of the whole fleet."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.fleet.question import fleet_status
from query.results.fleet import FleetStatus
from server.render.budget import BUDGET_TOKENS, Page
from server.render.fleet import render_fleet, worst_first
from server.tools.arguments import Clusters, CursorText, MaxAge, MaxTokens
from server.tools.asking import Mirror
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["fleet_tools"]


def fleet_tools(mirror: Mirror) -> list[Tool]:
    """get_fleet_status."""

    def get_fleet_status(
        clusters: Clusters = None,
        ownership: Annotated[
            bool, Field(description="also: claimed by two appliers, gone from an inventory, orphans")
        ] = False,
        limit: Annotated[int, Field(ge=0, le=100_000, description="failing objects")] = 20,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Health of Flux in every cluster: counts, versions and skew, what fails or is suspended since when,
        causes that clusters share. Start here."""
        pages = Paging(max_tokens, cursor)
        with mirror.view(clusters, max_age) as view:
            status = worst_first(fleet_status(view, ownership=ownership, limit=limit))

        def render(rest: FleetStatus, *, budget: int) -> Page:
            """The text tells of every cluster, whatever it cuts."""
            return render_fleet(rest, now=view.now, budget=budget)._replace(kept=len(rest.clusters))

        total = len(status.clusters)
        return pages.answer(status, render, "clusters", total=total, weigh=lambda each: len(each.failing))

    return [read_tool(get_fleet_status, "Fleet status")]

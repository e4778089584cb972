"""What the fields of Flux's objects mean, from the CRDs of the clusters themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.documentation.question import read_doc, search_docs
from server.render.budget import BUDGET_TOKENS
from server.render.schema_docs import render_doc_matches, render_doc_page
from server.tools.arguments import ApiVersion, Clusters, CursorText, Limit, MaxTokens, Text
from server.tools.asking import Mirror
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["documentation_tools"]


def documentation_tools(mirror: Mirror) -> list[Tool]:
    """search_flux_docs and read_flux_doc."""

    def search_flux_docs(
        query: Annotated[str, Field(min_length=1, max_length=200)],
        path: Annotated[Text, Field(description="only below this kind or field")] = None,
        format: Literal["concise", "complete"] = "concise",
        clusters: Clusters = None,
        limit: Limit = 8,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
    ) -> CallToolResult:
        """Fields of Flux kinds by meaning, from the CRDs the clusters run."""
        pages = Paging(max_tokens, cursor)
        with mirror.view(clusters, None) as view:
            found = search_docs(
                view, query, path=path, complete=format == "complete", limit=pages.reach(limit)
            )
        return pages.answer(found, render_doc_matches, "matches")

    def read_flux_doc(
        path: Annotated[str, Field(min_length=1, max_length=500, description="HelmRelease.spec.install")],
        heading: Annotated[Text, Field(description="field below path")] = None,
        offset: Annotated[int, Field(ge=1, description="first field shown")] = 1,
        clusters: Clusters = None,
        api_version: ApiVersion = None,
        limit: Limit = 0,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
    ) -> CallToolResult:
        """Documentation of a kind or field, exact for the version each cluster runs."""
        pages = Paging(max_tokens, cursor)
        whole = f"{path}.{heading}" if heading else path
        with mirror.view(clusters, None) as view:
            found = read_doc(
                view, whole, api_version=api_version, offset=offset - 1, limit=pages.reach(limit)
            )
        return pages.answer(found, render_doc_page, "fields")

    return [
        read_tool(search_flux_docs, "Search API documentation"),
        read_tool(read_flux_doc, "Read API documentation"),
    ]

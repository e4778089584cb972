"""Why something is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from query.results.answer import RootCause
from query.root_cause import find_root_cause as root_cause
from server.log_evidence import with_logs
from server.ports import Logs
from server.render.budget import BUDGET_TOKENS, Page
from server.render.root_cause import as_shown, render_root_cause
from server.second_look import second_look
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
)
from server.tools.asking import Mirror
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["cause_tools"]


def cause_tools(mirror: Mirror, logs: Callable[[], Logs] | None = None) -> list[Tool]:
    """find_root_cause. logs: where include_logs reads them; None: nowhere, and the answer says so."""

    def find_root_cause(
        clusters: Clusters = None,
        kind: Kind = None,
        name: Name = None,
        namespace: Namespace = None,
        api_version: ApiVersion = None,
        limit: Limit = 10,
        include_logs: Annotated[
            bool, Field(description="also read the last log lines of failing containers, from the cluster")
        ] = False,
        cursor: CursorText = None,
        max_tokens: MaxTokens = BUDGET_TOKENS,
        max_age: MaxAge = None,
    ) -> CallToolResult:
        """Why an object is not ready (or, without arguments, everything that fails): the object a person must
        change, the path from the symptom to it, evidence and the next step."""

        pages = Paging(max_tokens, cursor)

        def ask() -> RootCause:
            with mirror.view(clusters, max_age, kind=kind, api_version=api_version) as view:
                asked_at.append(view.now)
                return root_cause(
                    view,
                    api_version=api_version,
                    kind=kind,
                    name=name,
                    namespace=namespace,
                    limit=pages.reach(limit),
                )

        asked_at: list[float] = []
        found = second_look(ask, lambda missing: mirror.await_kind(missing, clusters))
        if include_logs:
            if logs is None:
                raise ToolError("error: no logs can be read here\nnext: ask without include_logs")
            found = with_logs(found, logs())

        def render(rest: RootCause, *, budget: int) -> Page:
            """Of a later page: what is counted is what is still to come."""
            coming = found.found.causes - (len(found.causes) - len(rest.causes))
            counted = msgspec.structs.replace(rest.found, causes=coming)
            rest = msgspec.structs.replace(rest, found=counted)
            return render_root_cause(rest, now=asked_at[-1], budget=budget)

        total = max(found.found.causes, len(found.causes))
        return pages.answer(as_shown(found), render, "causes", total=total)

    return [read_tool(find_root_cause, "Find the root cause", live=True)]

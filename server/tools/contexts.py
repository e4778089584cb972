"""Which clusters there are."""

from __future__ import annotations

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult

from query.contexts import contexts
from server.kubecontexts import LoadContexts
from server.render.contexts import render_contexts
from server.tools.asking import Mirror, answer, readable_errors
from server.tools.declaring import read_tool

__all__ = ["context_tools"]


def context_tools(mirror: Mirror, load_contexts: LoadContexts) -> list[Tool]:
    """get_kubeconfig_contexts."""

    def get_kubeconfig_contexts() -> CallToolResult:
        """Contexts of the kubeconfig, which of them are mirrored, and how current each is."""
        with readable_errors():
            found = load_contexts()
        with mirror.view(None, None) as view:
            answered = contexts(found, view)
        return answer(answered, render_contexts(answered), "contexts")

    return [read_tool(get_kubeconfig_contexts, "Kubeconfig contexts")]

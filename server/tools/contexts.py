"""Which clusters there are, and which one a session means when it names none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult

from query.contexts import choose_context, contexts
from query.results.answer import Contexts
from query.results.kubernetes import ChosenContext
from server.kubecontexts import LoadContexts
from server.render.budget import BUDGET_BYTES, BUDGET_TOKENS
from server.render.contexts import render_choice, render_contexts
from server.tools.arguments import CursorText, MaxTokens
from server.tools.asking import EVERY, Mirror, answer
from server.tools.calls import current_call
from server.tools.declaring import read_tool
from server.tools.paging import Paging

__all__ = ["context_tools"]

_ALL = ("", "*", "all")


def context_tools(mirror: Mirror, load_contexts: LoadContexts) -> list[Tool]:
    """get_kubeconfig_contexts and set_kubeconfig_context."""

    @contextmanager
    def known(chosen: str | None) -> Iterator[Contexts]:
        found = load_contexts()
        with mirror.view(EVERY, None) as view:
            yield contexts(found, view, chosen=chosen)

    def get_kubeconfig_contexts(
        cursor: CursorText = None, max_tokens: MaxTokens = BUDGET_TOKENS
    ) -> CallToolResult:
        """Contexts of the kubeconfig, which of them are mirrored, and how current each is."""
        pages = Paging(max_tokens, cursor)
        with known(mirror.sessions.chosen(current_call().session)) as answered:
            return pages.answer(answered, render_contexts, "contexts")

    def set_kubeconfig_context(name: str) -> CallToolResult:
        """Make one context the default of this session, "*" for all; clusters chooses per call."""
        session = current_call().session
        if session is None:
            raise ToolError(
                "this connection has no session to remember a choice in: name clusters in each call"
            )
        if name.strip() in _ALL:
            mirror.sessions.choose(session, None)
            with known(None) as answered:
                chosen = ChosenContext(context=None, freshness=answered.freshness)
            return answer(chosen, render_choice(chosen), BUDGET_BYTES)
        with known(name) as answered:
            context = choose_context(answered, name.strip())
        cluster = context.alias_of or context.name
        mirror.sessions.choose(session, cluster)
        lines = tuple(line for line in answered.freshness if line.cluster == cluster)
        chosen = ChosenContext(context=context, freshness=lines)
        return answer(chosen, render_choice(chosen), BUDGET_BYTES)

    return [
        read_tool(get_kubeconfig_contexts, "Kubeconfig contexts"),
        read_tool(set_kubeconfig_context, "Choose a context"),
    ]

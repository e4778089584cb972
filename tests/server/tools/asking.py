"""A client of the tools, in memory, on a written store."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import anyio.to_thread
from mcp import Client
from mcp.server import MCPServer
from mcp.types import CallToolResult, TextContent

from query.results.answer import Context
from server.app import create_server
from server.ports import Attach, Store

__all__ = ["ask", "contexts_named", "refusal", "served", "served_on", "text_of"]


async def served(attach: Attach, contexts: tuple[Context, ...]) -> MCPServer[None]:
    """Declaring the tools reads package files, so it is done beside the loop, as a process does before it."""
    return await anyio.to_thread.run_sync(create_server, attach, lambda: contexts)


async def served_on(store: Store, *names: str) -> MCPServer[None]:
    """A server of that store, with a kubeconfig that has contexts of these names."""
    return await served(lambda: nullcontext(store), contexts_named(*names))


def contexts_named(*names: str) -> tuple[Context, ...]:
    return tuple(
        Context(name, f"https://{name}.example.com", "default", number == 0, False)
        for number, name in enumerate(names)
    )


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def ask(client: Client, tool: str, /, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """(text, structured content) of an answer that is no error."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return text_of(result), json.loads(json.dumps(result.structured_content))


async def refusal(client: Client, tool: str, /, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return text_of(result)

"""`flux-mirror serve` as an assistant runs it: a child process, MCP over its stdio."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

__all__ = ["Server", "served", "wait_for"]

_PATIENCE_S = 60.0
_PAUSE_S = 0.1


class Server:
    """Calls tools; keeps every text it was given, to look for what must not be in one."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.texts: list[str] = []

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured answer. Fails the test when the tool reports an error."""
        result = await self._client.call_tool(tool, arguments)
        text = "\n".join(getattr(block, "text", "") for block in result.content)
        self.texts.append(text)
        assert not result.is_error, text
        assert result.structured_content is not None
        self.texts.append(str(result.structured_content))
        return dict(result.structured_content)

    async def refused(self, tool: str, **arguments: Any) -> str:
        """The text of an answer that is an error. Fails the test when it is none."""
        result = await self._client.call_tool(tool, arguments)
        text = "\n".join(getattr(block, "text", "") for block in result.content)
        self.texts.append(text)
        assert result.is_error, text
        return text


@asynccontextmanager
async def served(kubeconfig: Path, store: Path, home: Path) -> AsyncIterator[Server]:
    """Start `serve` and speak to it; it ends with the block, its mirror half a second later."""
    arguments = ["-m", "server.cli", "serve", "--kubeconfig", str(kubeconfig), "--store", str(store)]
    parameters = StdioServerParameters(
        command=sys.executable,
        args=arguments,
        env={"HOME": str(home), "FLUX_MIRROR_LINGER": "0.5s"},
        cwd=Path(__file__).parents[2],
    )
    async with Client(parameters) as client:
        yield Server(client)


async def wait_for(what: str, condition: Callable[[], Any], last: Callable[[], str] = lambda: "") -> Any:
    """Ask again until the answer is true; bounded. condition: an async function. last: what it saw last."""
    with anyio.move_on_after(_PATIENCE_S):
        while True:
            if found := await condition():
                return found
            await anyio.sleep(_PAUSE_S)
    raise AssertionError(f"not within {_PATIENCE_S:g} s: {what}. {last()}")

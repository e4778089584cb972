"""`flux-mirror serve` as an assistant runs it: a child process, MCP over its stdio."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anyio
from mcp import Client, StdioServerParameters

__all__ = ["Server", "Told", "served", "wait_for"]

_PATIENCE_S = 60.0
_PAUSE_S = 0.1


_MOST_BYTES = 4 * 2_000
"""Of a text whose size the question leaves to the server: 2,000 tokens of four bytes."""


class Told(NamedTuple):
    """One notification of progress."""

    done: float
    total: float | None
    what: str | None


class Server:
    """Calls tools; keeps every text it was given, to look for what must not be in one."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.texts: list[str] = []

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured answer. Fails the test when the tool reports an error, or says too much."""
        return (await self.said(tool, **arguments))[1]

    async def said(
        self, tool: str, *, heard: Callable[[Told], None] | None = None, **arguments: Any
    ) -> tuple[str, dict[str, Any]]:
        """(text, structured answer), as `ask`. heard: is told of the progress that the server reports."""
        text, found = await self.tried(tool, heard=heard, **arguments)
        assert found is not None, text
        return text, found

    async def tried(
        self, tool: str, *, heard: Callable[[Told], None] | None = None, **arguments: Any
    ) -> tuple[str, dict[str, Any] | None]:
        """As `said`; of an answer that is an error there is only the text."""

        async def reported(progress: float, total: float | None, message: str | None) -> None:
            if heard is not None:
                heard(Told(progress, total, message))

        callback = None if heard is None else reported
        result = await self._client.call_tool(tool, arguments, progress_callback=callback)
        text = "\n".join(getattr(block, "text", "") for block in result.content)
        self.texts.append(text)
        if result.is_error:
            return text, None
        assert "max_tokens" in arguments or len(text.encode()) <= _MOST_BYTES, text
        assert result.structured_content is not None
        self.texts.append(str(result.structured_content))
        return text, dict(result.structured_content)

    async def refused(self, tool: str, **arguments: Any) -> str:
        """The text of an answer that is an error. Fails the test when it is none."""
        text, found = await self.tried(tool, **arguments)
        assert found is None, text
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

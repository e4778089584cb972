"""The MCP server: where the mirror, the tools and the instructions meet."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
from mcp.server import MCPServer

from mirror.clock import SystemClock
from query.comparison.expected import Expected
from server.background import attached_mirror, live_logs
from server.host import until_orphaned
from server.instructions import instructions_for
from server.kubecontexts import LoadContexts, load_contexts
from server.launcher import Launcher
from server.options import Options
from server.ports import Attach, Logs
from server.tools.asking import Mirror
from server.tools.causes import cause_tools
from server.tools.compare import compare_tools
from server.tools.contexts import context_tools
from server.tools.documentation import documentation_tools
from server.tools.events import event_tools
from server.tools.fleet import fleet_tools
from server.tools.graphs import graph_tools
from server.tools.installations import installation_tools
from server.tools.resources import resource_tools
from server.tools.search import search_tools
from server.version import product_version

__all__ = ["create_server", "run_stdio", "serve_stdio"]

log = logging.getLogger("flux_mirror")

LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"


def create_server(
    attach: Attach,
    contexts: LoadContexts,
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
    logs: Callable[[], Logs] | None = None,
    *,
    expected: Expected | None = None,
) -> MCPServer[None]:
    """The server with all its tools. beside: runs for as long as the server does. logs: where a question that
    wants to see logs reads them. expected: differences that comparisons leave out and count.

    Attaching to the mirror begins when the server starts, in a thread of its own: `initialize` and
    `tools/list` are answered at once, and the first question waits for it.
    """
    mirror = Mirror(attach)

    @asynccontextmanager
    async def lifespan(_: MCPServer[None]) -> AsyncIterator[None]:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.to_thread.run_sync, mirror.connect)
                if beside is not None:
                    tasks.start_soon(beside)
                yield None
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(mirror.close)

    tools = [
        *fleet_tools(mirror),
        *cause_tools(mirror, logs),
        *graph_tools(mirror),
        *compare_tools(mirror, expected),
        *resource_tools(mirror),
        *search_tools(mirror),
        *event_tools(mirror),
        *installation_tools(mirror),
        *documentation_tools(mirror),
        *context_tools(mirror, contexts),
    ]
    writes = any(tool.annotations is None or not tool.annotations.read_only_hint for tool in tools)
    return MCPServer(
        "flux-mirror",
        title="flux-mirror",
        version=product_version(),
        instructions=instructions_for({tool.name for tool in tools}, read_only=not writes),
        lifespan=lifespan,
        log_level="WARNING",
        subscriptions=False,
        tools=tools,
    )


def serve_stdio(
    options: Options, launcher: Launcher | None, *, parent: int, expected: Expected | None = None
) -> None:
    """Serve one host over stdin and stdout until it closes stdin or dies, with the mirror of these options.

    launcher: of a mirror that was started ahead. parent: the process that has started us. expected:
    differences that comparisons leave out and count.
    """

    async def end_with_host() -> None:
        await until_orphaned(parent, SystemClock())
        log.warning("the host has died: leaving")
        # Nobody hears us, and the thread that reads stdin may never return. The kernel frees our lease.
        os._exit(0)

    run_stdio(
        create_server(
            lambda: attached_mirror(options, launcher=launcher),
            lambda: load_contexts(options, os.environ),
            end_with_host,
            lambda: live_logs(options),
            expected=expected,
        )
    )


def run_stdio(server: MCPServer[None]) -> None:
    """Until stdin ends, or nobody reads stdout any more.

    stdout carries the protocol and nothing else; logs, and whatever is printed, go to stderr.
    """
    # The SDK has set up logs for a terminal already, in columns of it; ours are read in a host's log.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format=LOG_FORMAT, force=True)
    # While the SDK serves, descriptor 1 is stderr; what is printed must get there before it is given back.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    try:
        server.run("stdio")
    except* BrokenPipeError:
        log.warning("nobody reads the answers any more: leaving")

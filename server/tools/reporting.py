"""How far a call has come, for hosts that have asked to be told."""

from __future__ import annotations

from typing import Any

import anyio.from_thread
from mcp.server.mcpserver import Context

from query.progress import Report

__all__ = ["reporting"]


def reporting(context: Context[Any, Any]) -> Report:
    """Sends MCP's notifications of progress, from the thread that answers the call. A host that has sent no
    progress token hears nothing.
    """

    def report(done: float, what: str) -> None:
        anyio.from_thread.run(context.report_progress, done, 1.0, what)

    return report

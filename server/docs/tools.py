"""docs/tools.md: the MCP tools as a client sees them, and what their structured content is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import anyio
import msgspec
from mcp.types import Tool

from mirror.errors import StoreMissingError
from query.results import answer, fleet, kubernetes, search, trace
from server.app import create_server
from server.docs.markdown import page, table
from server.docs.structs import describe, reachable
from server.ports import Store

__all__ = ["tools_page"]

ANSWERS: Mapping[str, type[answer.Answer]] = {
    "get_fleet_status": fleet.FleetStatus,
    "find_root_cause": answer.RootCause,
    "get_dependency_graph": answer.DependencyGraph,
    "trace_kubernetes_resource": trace.Traces,
    "compare_clusters": answer.Comparison,
    "get_kubernetes_resources": answer.Resources,
    "get_kubeconfig_contexts": answer.Contexts,
    "set_kubeconfig_context": kubernetes.ChosenContext,
    "get_kubernetes_events": kubernetes.Events,
    "get_kubernetes_metrics": kubernetes.Metrics,
    "get_kubernetes_api_versions": kubernetes.ApiVersions,
    "get_flux_instance": kubernetes.FluxInstances,
    "search_flux_docs": kubernetes.DocMatches,
    "read_flux_doc": kubernetes.DocPage,
    "search_fleet": search.SearchResult,
}
"""What each tool's structured content is."""

_ABOUT = """\
Every tool answers with text and with structured content that says the same. The text is cut to `max_tokens`
(2,000 unless told otherwise, at four bytes each), by whole items. The structured content takes twice as
much at most (2,000 tokens are always allowed), by whole items as well, so it may have fewer of them than
the text, which tells what is alike in one line. Each says how many it left out, and has its own cursor: at
the end of the text, and in `omitted.cursor`. Where that is not enough, `omitted.cut` counts by path what
else was left out: lines of `freshness` of clusters in sync that are no older than the one which is shown,
entries of long lists, characters of long texts. A chart or drawing that was asked for comes besides, whole.
The next page is the same question again, with `cursor`. A page goes on only where exactly the items that
were shown before still come first, so nothing is shown twice and nothing is skipped; otherwise the cursor
is refused, because the store has changed, and the question is to be asked anew. All of these tools only
read, and only the local copy: what asks the clusters themselves (`include_logs`) says so.
"""


def tools_page() -> str:
    """Asks the server for its tools; no store is needed."""
    server = create_server(_no_store, tuple)
    tools: Sequence[Tool] = anyio.run(server.list_tools)
    instructions = (server.instructions or "").strip()
    return page(
        [
            "# MCP tools\n",
            "What a model is told when it connects:\n",
            *(f"> {line}" if line else ">" for line in instructions.splitlines()),
            "",
            _ABOUT,
            *(_tool(tool) for tool in tools),
            "# Structured content\n",
            "As in Kubernetes, a field may be added at any time; none is renamed or removed.\n",
            *(describe(struct) for struct in reachable([ANSWERS[tool.name] for tool in tools])),
        ]
    )


def _no_store() -> AbstractContextManager[Store]:
    raise StoreMissingError("the documentation asks no store")


def _tool(tool: Tool) -> str:
    arguments = tool.input_schema["properties"]
    required = tool.input_schema.get("required", [])
    rows = [
        (f"`{name}`", _type(schema), _default(name, schema, required), _meaning(name, schema))
        for name, schema in arguments.items()
    ]
    arguments_table = [*table(("argument", "type", "default", "meaning"), rows), ""] if rows else []
    shape = ANSWERS[tool.name].__name__
    return "\n".join(
        [
            f"## {tool.name}\n",
            f"{tool.title}. {tool.description}\n",
            *arguments_table,
            f"Structured content: [{shape}](#{shape.lower()}).\n",
        ]
    )


_MEANINGS = {
    "clusters": "contexts or globs (`prod-*`); without any: the one chosen in this session, else all",
    "cursor": "`omitted.cursor` of the page before",
    "limit": "at most so many; 0 means all",
    "max_age": "fail if the data is older, seconds",
    "max_tokens": "size of the text, at four bytes each",
    "namespace": "without one: all",
}
"""What the schemas leave out, because each conversation pays for them."""


def _meaning(name: str, schema: Mapping[str, Any]) -> str:
    return _MEANINGS.get(name) or str(schema.get("description", ""))


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    return "list of strings" if schema.get("type") == "array" else str(schema.get("type", ""))


def _default(name: str, schema: Mapping[str, Any], required: Sequence[str]) -> str:
    if name in required:
        return "required"
    return f"`{msgspec.json.encode(schema['default']).decode()}`" if "default" in schema else ""

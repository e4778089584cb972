"""From a plain function to an MCP tool: strict arguments, a small schema, annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations

__all__ = ["read_tool"]


def read_tool(function: Callable[..., CallToolResult], title: str) -> Tool:
    """A tool that reads only the mirrored copy. The docstring is its description.

    An argument that the tool does not have is refused, never ignored: a model that misspells
    `namespace` must not get an answer about all of them.
    """
    tool = Tool.from_function(
        function,
        title=title,
        description=" ".join((function.__doc__ or "").split()),
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
        structured_output=False,
    )
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = _compact(arguments.model_json_schema(by_alias=True))
    return tool


def _compact(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema in fewer tokens; what is left out here is checked all the same."""
    properties = {name: _property(part) for name, part in schema.get("properties", {}).items()}
    rest = {key: part for key, part in schema.items() if key not in ("title", "properties")}
    return {**rest, "properties": properties}


def _property(schema: dict[str, Any]) -> dict[str, Any]:
    """Without generated titles, bounds, and the `null` that an optional argument may be."""
    kept = {key: part for key, part in schema.items() if key not in _LEFT_OUT}
    if "default" in kept and kept["default"] is None:
        del kept["default"]
    branches = [part for part in kept.pop("anyOf", []) if part.get("type") != "null"]
    for branch in branches:
        kept |= {key: part for key, part in branch.items() if key not in _LEFT_OUT}
    return kept


_LEFT_OUT = ("title", "minimum", "maximum", "exclusiveMinimum")

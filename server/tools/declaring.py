"""From a plain function to an MCP tool: strict arguments, a small schema, annotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import ValidationError

from server.tools.asking import readable_errors
from server.tools.calls import Call, calling
from server.tools.refusals import refusal
from server.tools.reporting import reporting
from server.tools.sessions import session_of

__all__ = ["read_tool"]


def read_tool(function: Callable[..., CallToolResult], title: str, *, live: bool = False) -> Tool:
    """A tool that reads only the mirrored copy. The docstring is its description.

    live: it can also be asked to read from the clusters themselves; then two calls may answer differently.

    An argument that the tool does not have is refused, never ignored: a model that misspells
    `namespace` must not get an answer about all of them.
    """
    tool = _Tool.from_function(
        function,
        title=title,
        description=" ".join((function.__doc__ or "").split()),
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=live),
        structured_output=False,
        context_kwarg=_CONTEXT,
    )
    tool.fn = _called(function, tool.name)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = _compact(arguments.model_json_schema(by_alias=True))
    return tool


class _Tool(Tool):
    """Refuses arguments in words that a model can act on."""

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> Any:
        """As the SDK's, but for the text about arguments that do not fit."""
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            raise ToolError(refusal(error.__cause__, self.parameters["properties"])) from error.__cause__


def _called(function: Callable[..., CallToolResult], tool: str) -> Callable[..., CallToolResult]:
    """The function as the server calls it: the call is known inside, errors can be read by a model."""

    def call(**arguments: Any) -> CallToolResult:
        context = arguments.pop(_CONTEXT)
        with calling(Call(tool, arguments, session_of(context), reporting(context))), readable_errors():
            return function(**arguments)

    return call


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


_CONTEXT = "mcp_context"
"""Under this name the SDK hands over its context; no argument of a tool is called so."""

_LEFT_OUT = ("title", "minimum", "maximum", "exclusiveMinimum")

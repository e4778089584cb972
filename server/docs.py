"""Writes docs/tools.md and docs/cli.md from the code; with --check it only fails when they are old."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import anyio
import click
import msgspec
from mcp.types import Tool

from mirror.errors import StoreMissingError
from query import results
from server.app import create_server
from server.cli import main as cli
from server.instructions import INSTRUCTIONS
from server.ports import Store

__all__ = ["documents", "outdated", "write"]

ANSWERS: Mapping[str, type[results.Answer]] = {
    "get_fleet_status": results.FleetStatus,
    "find_root_cause": results.RootCause,
    "get_dependency_graph": results.DependencyGraph,
    "compare_clusters": results.Comparison,
    "get_kubernetes_resources": results.Resources,
    "get_kubeconfig_contexts": results.Contexts,
}
"""What each tool's structured content is."""

HEADER = "<!-- Written by `python -m server.docs`; do not edit. -->\n"

ABOUT_ANSWERS = """\
Every tool answers with text and with structured content that says the same. The text is cut to about 2,000
tokens, by whole items, and says what was left out. All of these tools only read.
"""

ABOUT_EXIT_CODES = """\
Exit codes: 0 fine; 1 the answer is unhealthy or different, where `--exit-code` was given; 2 the command or
the question must change; 3 nothing could be reached; 130 after Ctrl-C.
"""


def documents() -> dict[str, str]:
    """File name in docs/ → its content."""
    return {"tools.md": _tools_page(_tools()), "cli.md": _cli_page(cli)}


def outdated(folder: Path) -> list[str]:
    """The names of the files in `folder` that are missing or differ from what the code says."""
    return [name for name, content in documents().items() if _read(folder / name) != content]


def write(folder: Path) -> None:
    """Write both files."""
    for name, content in documents().items():
        (folder / name).write_text(content, encoding="utf-8")


def _tools() -> list[Tool]:
    """The tools as a client sees them."""
    return anyio.run(create_server(_no_store, tuple).list_tools)


def _no_store() -> AbstractContextManager[Store]:
    raise StoreMissingError("the documentation asks no store")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _tools_page(tools: Sequence[Tool]) -> str:
    used = [ANSWERS[tool.name] for tool in tools]
    parts = [
        HEADER,
        "# MCP tools\n",
        "What a model is told when it connects:\n",
        *(f"> {line}" if line else ">" for line in INSTRUCTIONS.strip().splitlines()),
        "",
        ABOUT_ANSWERS,
        *(_tool(tool) for tool in tools),
        "# Structured content\n",
        "As in Kubernetes, a field may be added at any time; none is renamed or removed.\n",
        *(_struct(struct) for struct in _reachable(used)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _tool(tool: Tool) -> str:
    arguments = tool.input_schema["properties"]
    required = tool.input_schema.get("required", [])
    rows = [
        (f"`{name}`", _schema_type(schema), _default(name, schema, required), schema.get("description", ""))
        for name, schema in arguments.items()
    ]
    table = [*_table(("argument", "type", "default", "meaning"), rows), ""] if rows else []
    answer = ANSWERS[tool.name].__name__
    return "\n".join(
        [
            f"## {tool.name}\n",
            f"{tool.title}. {tool.description}\n",
            *table,
            f"Structured content: [{answer}](#{answer.lower()}).\n",
        ]
    )


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heading, ["---"] * len(heading), *rows)]


def _schema_type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    return "list of strings" if schema.get("type") == "array" else str(schema.get("type", ""))


def _default(name: str, schema: Mapping[str, Any], required: Sequence[str]) -> str:
    if name in required:
        return "required"
    return f"`{msgspec.json.encode(schema['default']).decode()}`" if "default" in schema else ""


def _reachable(structs: Sequence[type[msgspec.Struct]]) -> Iterator[type[msgspec.Struct]]:
    """These structs and all that their fields mention, each once, in the order of mention."""
    seen: dict[type[msgspec.Struct], None] = {}
    waiting = list(structs)
    while waiting:
        struct = waiting.pop(0)
        if struct not in seen:
            seen[struct] = None
            waiting += [
                mentioned
                for field in msgspec.structs.fields(struct)
                for mentioned in _mentioned(msgspec.inspect.type_info(field.type))
            ]
    return iter(seen)


def _mentioned(found: msgspec.inspect.Type) -> Iterator[type[msgspec.Struct]]:
    match found:
        case msgspec.inspect.StructType(cls=struct):
            yield struct
        case msgspec.inspect.VarTupleType(item_type=item):
            yield from _mentioned(item)
        case msgspec.inspect.UnionType(types=types):
            for each in types:
                yield from _mentioned(each)


def _struct(struct: type[msgspec.Struct]) -> str:
    rows = [
        (f"`{field.encode_name}`", _type_name(msgspec.inspect.type_info(field.type)))
        for field in msgspec.structs.fields(struct)
    ]
    text = " ".join((struct.__doc__ or "").split())
    about = [f"{text}\n"] if text else []
    return "\n".join([f"## {struct.__name__}\n", *about, *_table(("field", "type"), rows), ""])


def _type_name(found: msgspec.inspect.Type) -> str:
    match found:
        case msgspec.inspect.StructType(cls=struct):
            return f"[{struct.__name__}](#{struct.__name__.lower()})"
        case msgspec.inspect.VarTupleType(item_type=item):
            return f"list of {_type_name(item)}"
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(_type_name(each) for each in types)
        case msgspec.inspect.DictType():
            return "object"
    names = {"StrType": "string", "IntType": "integer", "FloatType": "number", "BoolType": "boolean"}
    name = type(found).__name__
    return names.get(name, name.removesuffix("Type").lower())


def _cli_page(group: click.Group) -> str:
    parts = [HEADER, "# Command line\n", ABOUT_EXIT_CODES]
    with _context(group, None) as parent:
        parts.append(_help(group.name or "", parent))
        for name in group.list_commands(parent):
            command = group.get_command(parent, name)
            if command is not None:
                with _context(command, parent) as context:
                    parts.append(_help(f"{group.name} {name}", context))
    return "\n".join(parts).rstrip() + "\n"


def _context(command: click.Command, parent: click.Context | None) -> click.Context:
    """A terminal of 100 columns, wherever the page is written."""
    width = {"terminal_width": 100, "max_content_width": 100}
    return click.Context(command, parent, info_name=command.name, **{**command.context_settings, **width})


def _help(title: str, context: click.Context) -> str:
    return f"## {title}\n\n```\n{context.get_help()}\n```\n"


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the files are up to date")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("docs"))
def _command(check: bool, folder: Path) -> None:
    """Write docs/tools.md and docs/cli.md."""
    if not check:
        write(folder)
        return
    old = outdated(folder)
    if old:
        click.echo(f"out of date: {', '.join(old)}; run `python -m server.docs`", err=True)
        sys.exit(1)


if __name__ == "__main__":
    _command()

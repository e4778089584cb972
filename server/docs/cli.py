"""docs/cli.md: what --help says, command by command."""

from __future__ import annotations

from collections.abc import Iterator

import click

from server.docs.markdown import page

__all__ = ["cli_page", "commands"]

_ABOUT = """\
Exit codes: 0 fine; 1 the answer is unhealthy or different, where `--exit-code` was given; 2 the command or
the question must change; 3 nothing could be reached; 130 after Ctrl-C.
"""


def cli_page(group: click.Group) -> str:
    """The help of the group and of each of its commands."""
    return page(["# Command line\n", _ABOUT, *(_help(title, context) for title, context in _helped(group))])


def commands(group: click.Group) -> Iterator[click.Context]:
    """A context for each command, in the order of the group's help."""
    with _context(group, None) as parent:
        for name in group.list_commands(parent):
            command = group.get_command(parent, name)
            if command is not None:
                with _context(command, parent) as context:
                    yield context


def _helped(group: click.Group) -> Iterator[tuple[str, click.Context]]:
    name = group.name or ""
    with _context(group, None) as context:
        yield name, context
    for context in commands(group):
        yield f"{name} {context.info_name}", context


def _context(command: click.Command, parent: click.Context | None) -> click.Context:
    """A terminal of 100 columns, wherever the page is written."""
    width = {"terminal_width": 100, "max_content_width": 100}
    return click.Context(command, parent, info_name=command.name, **{**command.context_settings, **width})


def _help(title: str, context: click.Context) -> str:
    return f"## {title}\n\n```\n{context.get_help()}\n```\n"

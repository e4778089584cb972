"""The group of commands: imports a command when it is called, and ends every kind of failure decently."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

from mirror.errors import MirrorError
from server.render.errors import error_text
from server.version import product_version

__all__ = ["Commands"]

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells report it."""

PIPE_CLOSED = 141
"""Exit code when the reader of our output has left: 128 + SIGPIPE."""


class Commands(click.Group):
    """A group that knows its commands by module name.

    commands_by_name: command → (module, short help); the module has the command as an attribute.
    """

    def __init__(self, *, commands_by_name: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(context_settings={"help_option_names": ["-h", "--help"]}, **attributes)
        self._modules = commands_by_name
        self.params.append(_version_option())

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return None
        command: click.Command = getattr(import_module(self._modules[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table, so that `--help` imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in self._modules.items()])

    def invoke(self, ctx: click.Context) -> Any:
        if os.environ.get("NO_COLOR"):
            ctx.color = False
        try:
            return super().invoke(ctx)
        except MirrorError as error:
            _fail(ctx, error)
        except BaseExceptionGroup as group:
            # Task groups wrap what their tasks raise, also when it is one error.
            only = _only_error(group)
            if only is None:
                raise
            _fail(ctx, only)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _abandon_stdout()
            ctx.exit(PIPE_CLOSED)


def _fail(ctx: click.Context, error: MirrorError) -> NoReturn:
    click.echo(error_text(error), err=True)
    ctx.exit(error.exit_code)


def _only_error(group: BaseExceptionGroup[BaseException]) -> MirrorError | None:
    """The first error of a group that holds nothing but MirrorErrors."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    _, rest = group.split(MirrorError)
    return first if rest is None and isinstance(first, MirrorError) else None


def _abandon_stdout() -> None:
    """Nobody reads any more: let the interpreter's last flush go nowhere instead of failing aloud."""
    try:
        descriptor = sys.stdout.fileno()
    except OSError:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            click.echo(f"flux-mirror {product_version()}")
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show,
        help="Show the version.",
    )

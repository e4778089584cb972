"""Show a text that changes, in place."""

from __future__ import annotations

from collections.abc import Iterable

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from server.cli.style import styled

__all__ = ["watch"]


def watch(texts: Iterable[str]) -> None:
    """On a terminal the screen is redrawn with every text; elsewhere they are printed one after the other.

    Ends when the texts end, or by the exception that ends them.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        for text in texts:
            click.echo(f"{text}\n")
        return
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        for text in texts:
            live.update(Text.from_ansi(styled(text)), refresh=True)

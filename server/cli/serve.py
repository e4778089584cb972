"""`flux-mirror serve`: answer an assistant's questions over MCP."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from server.background import start_ahead
from server.cli.options import expected_option, mirror_options, option
from server.memory import collect_rarely
from server.options import Options

__all__ = ["serve"]


@click.command()
@option("--transport", type=click.Choice(["stdio"]), default="stdio", help="How the host talks to us")
@option("--read-only/--no-read-only", default=True, help="This version only has tools that read")
@expected_option
@mirror_options
def serve(options: Options, transport: str, read_only: bool, expected_differences: Path | None) -> None:
    """Answer an assistant's questions over MCP, until the host closes stdin.

    Any number of these share one mirror, which is started in the background if none runs.
    """
    expected = None
    if expected_differences is not None:
        from server.expectations import load_expected  # noqa: PLC0415

        expected = load_expected(expected_differences)
    parent = os.getppid()
    launcher = start_ahead(options)
    # The mirror starts while this is imported: the SDK takes a second.
    from server.app import serve_stdio  # noqa: PLC0415

    collect_rarely()
    serve_stdio(replace(options, read_only=read_only), launcher, parent=parent, expected=expected)

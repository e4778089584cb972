"""`python -m server.docs`: write the generated pages; with --check only fail when one of them is old."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from server.docs.pages import outdated, write


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the pages are up to date")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("docs"))
def _main(check: bool, folder: Path) -> None:
    """Write the generated pages of FOLDER, by default docs/."""
    if not check:
        write(folder)
        return
    old = outdated(folder)
    if old:
        click.echo(f"out of date: {', '.join(old)}; run `python -m server.docs`", err=True)
        sys.exit(1)


_main(prog_name="python -m server.docs")

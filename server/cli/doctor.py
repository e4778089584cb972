"""`flux-mirror doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import os

import click

from mirror.clock import SystemClock
from server.cli.asking import UNHEALTHY, print_structured
from server.cli.options import mirror_options, option, output_option
from server.cli.style import styled
from server.examination import diagnose
from server.options import Options
from server.render.diagnosis import render_diagnosis

__all__ = ["doctor"]


@click.command()
@option("--exit-code", is_flag=True, help="End with 1 when there is a problem")
@option("--scopes", is_flag=True, help="Also every single list/watch with its figures")
@output_option
@mirror_options
def doctor(options: Options, output: str, exit_code: bool, scopes: bool) -> None:
    """What works, what does not, and what to do about it.

    Looks only at this machine: starts no mirror and asks no cluster.
    """
    diagnosis = diagnose(options, os.environ, SystemClock(), every_scope=scopes)
    if output == "text":
        click.echo(styled(render_diagnosis(diagnosis)))
    else:
        print_structured(diagnosis, output)
    if diagnosis.problems and exit_code:
        click.get_current_context().exit(UNHEALTHY)

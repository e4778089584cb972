"""`flux-mirror status`: health of Flux in every cluster, once or for as long as somebody watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import click

from query.errors import StaleDataError
from query.fleet import fleet_status
from query.results import FleetStatus
from query.view import View
from server.cli.asking import asked, attached, finish, show
from server.cli.options import LIMIT, option, question_options
from server.options import Options
from server.ports import Store
from server.render.budget import Page
from server.render.errors import error_text
from server.render.fleet import render_fleet

__all__ = ["pages", "status"]

WATCH_S = 1.0
"""Seconds between two looks of --watch."""


@click.command()
@option("--limit", type=LIMIT, default=50, help="Most failing objects shown")
@option("--exit-code", is_flag=True, help="End with 1 when something fails")
@option("-w", "--watch", is_flag=True, help="Keep showing it until Ctrl-C")
@question_options
def status(
    options: Options,
    limit: int,
    exit_code: bool,
    watch: bool,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """Health of Flux in every cluster: what fails, since when, and with which version."""
    if watch:
        if output != "text":
            raise click.UsageError("--watch shows text only")
        # Imported here: rich takes 40 ms, and only --watch needs it.
        from server.cli.watching import watch as show_changes  # noqa: PLC0415

        with attached(options) as store:
            show_changes(pages(store, clusters, limit, max_age=max_age))
        return
    with asked(options, clusters, max_age) as view:
        found, page = _look(view, limit)
    show(found, page, output)
    finish(found, bad=not found.healthy, exit_code=exit_code)


def _look(view: View, limit: int) -> tuple[FleetStatus, Page]:
    found = fleet_status(view, limit=limit)
    return found, render_fleet(found, now=view.now, budget=None)


def pages(
    store: Store,
    clusters: Sequence[str],
    limit: int,
    pause: Callable[[float], None] = time.sleep,
    max_age: float | None = None,
) -> Iterator[str]:
    """The status as text, again and again, one look per `pause(WATCH_S)`; ends only when the caller stops.

    Beyond `max_age` the refusal is shown, for as long as the data is too old.
    """
    while True:
        try:
            with store.open_view(clusters or None, max_age) as view:
                _, page = _look(view, limit)
            yield page.text
        except StaleDataError as error:
            yield error_text(error)
        pause(WATCH_S)

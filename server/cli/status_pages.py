"""The status as it is asked and shown: once, or again and again for --watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from query.errors import StaleDataError
from query.fleet.question import fleet_status
from query.results.fleet import FleetStatus
from query.view import View
from server.ports import Store
from server.render.budget import Page
from server.render.errors import error_text
from server.render.fleet import render_fleet

__all__ = ["WATCH_S", "look", "pages"]

WATCH_S = 1.0
"""Seconds between two looks of --watch."""


def look(view: View, limit: int, *, ownership: bool = False) -> tuple[FleetStatus, Page]:
    """One question: the answer and its text."""
    found = fleet_status(view, ownership=ownership, limit=limit)
    return found, render_fleet(found, now=view.now, budget=None)


def pages(
    store: Store,
    clusters: Sequence[str],
    limit: int,
    pause: Callable[[float], None] = time.sleep,
    max_age: float | None = None,
    *,
    ownership: bool = False,
) -> Iterator[str]:
    """The status as text, again and again, one look per `pause(WATCH_S)`; ends only when the caller stops.

    Beyond `max_age` the refusal is shown, for as long as the data is too old.
    """
    while True:
        try:
            with store.open_view(clusters or None, max_age) as view:
                _, page = look(view, limit, ownership=ownership)
            yield page.text
        except StaleDataError as error:
            yield error_text(error)
        pause(WATCH_S)

"""get_kubernetes_events as text: one line per event, the newest first."""

from __future__ import annotations

from mirror.clock import format_age
from query.results.kubernetes import EventItem, Events
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.table import columns
from server.render.words import ago, clip, count

__all__ = ["render_events"]

HEADING = ("LAST SEEN", "CLUSTER", "TYPE", "REASON", "OBJECT", "TIMES", "MESSAGE")


def render_events(events: Events, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts the events."""
    title, *rows = columns([HEADING, *(_row(event, now) for event in events.events)])
    return Draft(
        head=[_verdict(events), *([events.hint] if events.hint else [])],
        items=[[row] for row in rows],
        foot=freshness_lines(events.freshness),
        noun="older event",
        omitted=events.omitted.count,
        at_least=bool(events.omitted.at_least),
        title=title,
    ).fit(budget)


def _verdict(events: Events) -> str:
    found = events.events
    if not found:
        kept = format_age(events.kept_s)
        return f"No events {events.searched} (they are kept for {kept} after they were last seen)"
    total = len(found) + events.omitted.count
    warnings = sum(1 for event in found if event.type == "Warning")
    among = f" among the newest {len(found)}" if events.omitted.count else ""
    clusters = {event.object.cluster for event in found}
    where = f" in {next(iter(clusters))}" if len(clusters) == 1 and not events.omitted.count else ""
    more = "more than " if events.omitted.at_least else ""
    return f"{more}{count(total, 'event')}{where}, {count(warnings, 'warning')}{among}"


def _row(event: EventItem, now: float) -> tuple[str, ...]:
    return (
        ago(event.last_at, now),
        event.object.cluster,
        event.type,
        event.reason,
        str(event.object),
        str(event.count) if event.count > 1 else "",
        clip(event.message),
    )

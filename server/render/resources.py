"""get_kubernetes_resources as text: a table; the object itself where one was asked for."""

from __future__ import annotations

from collections import Counter

from query.results.answer import ResourceItem, Resources
from server.render.budget import BUDGET_BYTES, Draft, Page, showable
from server.render.document import yaml_lines
from server.render.freshness import freshness_lines
from server.render.table import columns
from server.render.words import ago, clip, plural, value

__all__ = ["render_resources"]

HEADING = ("CLUSTER", "NAMESPACE", "KIND", "NAME", "HEALTH", "REASON", "AGE", "REVISION", "MESSAGE")

EVENT_HEADING = ("CLUSTER", "NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE")


def render_resources(resources: Resources, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts the items."""
    items = resources.items
    body: list[list[str]] = []
    title = ""
    plain = all(item.fields is None for item in items)
    events = plain and all(item.object.kind == "Event" for item in items)
    if items and (events or (plain and all(item.manifest is None for item in items))):
        heading, row = (EVENT_HEADING, _event_row) if events else (HEADING, _row)
        title, *rows = columns([heading, *(row(item, now) for item in items)])
        body = [[line] for line in rows]
    else:
        body = showable(items, _block, budget)
    return Draft(
        head=[_verdict(resources), *([resources.hint] if resources.hint else []), *_unseen(resources)],
        items=body,
        foot=freshness_lines(resources.freshness),
        noun="object",
        omitted=resources.omitted.count + len(items) - len(body),
        at_least=bool(resources.omitted.at_least),
        title=title,
        spaced=not title and any(item.manifest is not None for item in items),
    ).fit(budget)


def _verdict(resources: Resources) -> str:
    items = resources.items
    if not items:
        return f"Nothing found: {resources.searched}"
    total = len(items) + resources.omitted.count
    kinds = {item.object.kind for item in items}
    noun = next(iter(kinds)) if len(kinds) == 1 else "object"
    clusters = {item.object.cluster for item in items}
    where = f" in {next(iter(clusters))}" if len(clusters) == 1 else f" in {len(clusters)} clusters"
    if resources.omitted.count and len(resources.freshness) != 1:
        where = ""  # the clusters of the objects that are shown say nothing about the others
    healths = Counter(item.health for item in items if item.health)
    states = ", ".join(f"{number} {health}" for health, number in sorted(healths.items(), key=_worst_first))
    of_these = f" (of the first {len(items)})" if resources.omitted.count else ""
    more = "more than " if resources.omitted.at_least else ""
    return f"{more}{total:,} {plural(noun, total)}{where}{f': {states}{of_these}' if states else ''}"


def _unseen(resources: Resources) -> list[str]:
    """Clusters of which the table says nothing: they do not serve the kind, or it cannot be seen there."""
    hidden = resources.searched.partition("; ")[2] if resources.items else ""
    return [f"{hidden[0].upper()}{hidden[1:]}"] if hidden else []


def _worst_first(entry: tuple[str, int]) -> tuple[bool, str]:
    return (entry[0] == "Ready", entry[0])


def _row(item: ResourceItem, now: float) -> tuple[str, ...]:
    ref = item.object
    message = "" if item.health == "Ready" else clip(item.message, 120)
    return (
        ref.cluster,
        ref.namespace or "",
        ref.kind,
        ref.name,
        item.health,
        "" if item.health == "Ready" else item.reason,
        ago(item.created_at, now),
        clip(item.revision, 40),
        message,
    )


def _event_row(item: ResourceItem, now: float) -> tuple[str, ...]:
    """health is "" and the manifest is always there: query/event_resources.py."""
    event = item.manifest or {}
    involved = event.get("involvedObject", {})
    return (
        item.object.cluster,
        item.object.namespace or "",
        ago(item.since, now),
        event.get("type", ""),
        item.reason,
        f"{involved.get('kind', '')}/{involved.get('name', '')}",
        str(event.get("count", "")),
        clip(item.message, 200),
    )


def _block(item: ResourceItem) -> list[str]:
    """One object: its name and state, then its fields or its manifest."""
    reason = f": {item.reason}" if item.reason else ""
    lines = [f"{item.object} in {item.object.cluster}  {item.health}{reason}"]
    if item.fields is not None:
        lines += [f"  {path}: {value(content, 300)}" for path, content in item.fields.items()]
    if item.manifest is not None:
        lines += [f"  {line}" for line in yaml_lines(item.manifest)]
    return lines

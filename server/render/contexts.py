"""get_kubeconfig_contexts as text."""

from __future__ import annotations

from query.results import Context, Contexts
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.table import columns
from server.render.words import clip, count

__all__ = ["render_contexts"]

HEADING = ("CONTEXT", "", "SERVER", "NAMESPACE", "MIRROR")


def render_contexts(contexts: Contexts, *, budget: int | None = BUDGET_BYTES) -> Page:
    """`kept` counts the contexts."""
    found = contexts.contexts
    title, *rows = columns([HEADING, *(_row(context) for context in found)])
    return Draft(
        head=[_verdict(contexts)],
        items=[[row] for row in rows],
        foot=freshness_lines(contexts.freshness) if contexts.freshness else [],
        noun="context",
        omitted=contexts.omitted.count,
        title=title,
    ).fit(budget)


def _verdict(contexts: Contexts) -> str:
    found = contexts.contexts
    mirrored = sum(1 for context in found if context.mirrored)
    current = next((context.name for context in found if context.current), None)
    chosen = f"current: {current}" if current else "no current context"
    return f"{count(len(found), 'context')}, {mirrored} mirrored, {chosen}"


def _row(context: Context) -> tuple[str, ...]:
    state = context.state if context.mirrored else "not mirrored"
    if context.alias_of:
        state = f"same cluster as {context.alias_of}"
    problem = f": {clip(context.error, 160)}" if context.error else ""
    current = "current" if context.current else ""
    return (context.name, current, context.server, context.namespace, f"{state}{problem}")

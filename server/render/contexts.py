"""get_kubeconfig_contexts as text."""

from __future__ import annotations

from query.results.answer import Context, Contexts
from query.results.kubernetes import ChosenContext
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.table import columns
from server.render.words import clip, count

__all__ = ["render_choice", "render_contexts"]

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


def render_choice(choice: ChosenContext, *, budget: int | None = BUDGET_BYTES) -> Page:
    """What is meant from now on, and how to mean something else."""
    context = choice.context
    if context is None:
        head = ["Questions of this session that name no clusters are about all of them again"]
    else:
        also = f" (the same cluster as {context.alias_of})" if context.alias_of else ""
        head = [
            f"Questions of this session that name no clusters are about {context.name}{also} from now on",
            'Others can be named in every call, clusters=["*"] means all; the kubeconfig is not changed',
        ]
    foot = freshness_lines(choice.freshness)
    return Draft(head=head, items=[], foot=foot, noun="context").fit(budget)


def _verdict(contexts: Contexts) -> str:
    found = contexts.contexts
    mirrored = sum(1 for context in found if context.mirrored)
    current = next((context.name for context in found if context.current), None)
    now = f"current: {current}" if current else "no current context"
    chosen = next((f", chosen in this session: {context.name}" for context in found if context.chosen), "")
    return f"{count(len(found), 'context')}, {mirrored} mirrored, {now}{chosen}"


def _row(context: Context) -> tuple[str, ...]:
    state = context.state if context.mirrored else "not mirrored"
    if context.alias_of:
        state = f"same cluster as {context.alias_of}"
    problem = f": {clip(context.error, 160)}" if context.error else ""
    current = ", ".join(
        word for word, true in (("current", context.current), ("chosen", context.chosen)) if true
    )
    return (context.name, current, context.server, context.namespace, f"{state}{problem}")

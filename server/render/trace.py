"""trace_kubernetes_resource as text: the way up, where the content comes from, who depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from query.results.trace import Trace, Traces, TraceStep
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.words import SIGNS, WELL, clip, count, listing

__all__ = ["grouped", "render_trace"]

DEPENDENTS = 8
"""Dependents named in the text; the structured answer has more."""


def render_trace(answer: Traces, *, budget: int | None = BUDGET_BYTES) -> Page:
    """Clusters in which everything is the same share their lines. `kept` counts the traces of `grouped`."""
    alike = _alike(answer.traces)
    page = Draft(
        head=[_verdict(answer.traces)],
        items=[[_place(traces), *lines] for lines, traces in alike.items()],
        foot=freshness_lines(answer.freshness),
        noun="trace",
        spaced=True,
    ).fit(budget)
    return Page(page.text, sum(map(len, list(alike.values())[: page.kept])))


def grouped(answer: Traces) -> Traces:
    """The same answer with its traces in the order of the text."""
    traces = tuple(trace for same in _alike(answer.traces).values() for trace in same)
    return msgspec.structs.replace(answer, traces=traces)


def _alike(traces: Sequence[Trace]) -> dict[tuple[str, ...], list[Trace]]:
    found: dict[tuple[str, ...], list[Trace]] = {}
    for trace in traces:
        found.setdefault(tuple(_lines(trace)), []).append(trace)
    return found


def _verdict(traces: Sequence[Trace]) -> str:
    named = listing(dict.fromkeys(str(trace.object.object) for trace in traces), 3)
    free = [trace for trace in traces if trace.unmanaged]
    troubled = [step for trace in traces for step in _way(trace) if step.health not in WELL]
    if len(free) == len(traces):
        return f"{named} is not managed by Flux"
    partly = (
        f"; not managed by Flux in {listing(trace.object.object.cluster for trace in free)}" if free else ""
    )
    if not troubled:
        return f"{named}: everything above it is ready{partly}"
    worst = listing(dict.fromkeys(f"{step.object} {step.health}" for step in troubled), 3)
    return f"{named}: not all is well on the way: {worst}{partly}"


def _way(trace: Trace) -> Iterator[TraceStep]:
    yield trace.object
    yield from trace.managed_by
    for source in trace.sources:
        yield from source.steps


def _place(traces: Sequence[Trace]) -> str:
    return f"In {listing((trace.object.object.cluster for trace in traces), 20)}:"


def _lines(trace: Trace) -> Iterator[str]:
    """The object on top; below it, each with what feeds it, who is above it."""
    feeding = {source.resolved_for: source.steps for source in trace.sources}
    for depth, step in enumerate((trace.object, *trace.managed_by)):
        indent = "   " * depth
        link = "└─ managed by " if depth else ""
        yield f"{indent.removesuffix('   ')}{link}{_label(step)}"
        if step.message:
            yield f"{indent}   {clip(step.message, 200)}"
        for origin in feeding.get(step.object, ()):
            yield f"{indent}   from {_label(origin)}"
            if origin.message:
                yield f"{indent}        {clip(origin.message, 200)}"
    if trace.unmanaged:
        yield "Nothing of Flux manages it"
    yield from (f"Note: {note}" for note in trace.notes)
    if trace.dependents_count:
        shown = trace.dependents[:DEPENDENTS]
        rest = trace.dependents_count - len(shown)
        more = f" and {rest:,} more" if rest > 0 else ""
        names = ", ".join(f"{SIGNS.get(step.health, '?')} {step.object}" for step in shown)
        yield f"{count(trace.dependents_count, 'object')} would feel it: {names}{more}"
    else:
        yield "Nothing depends on it"


def _label(step: TraceStep) -> str:
    state = "" if step.health == "Ready" else f"  {step.health}{f': {step.reason}' if step.reason else ''}"
    revision = f"  {step.revision}" if step.revision else ""
    url = f"  {step.url}" if step.url else ""
    return f"{SIGNS.get(step.health, '?')} {step.object}{state}{revision}{url}"

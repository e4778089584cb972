"""get_dependency_graph in the form that was asked for: a text tree, a Mermaid chart, an SVG drawing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from query.results.answer import DependencyGraph
from server.render.boxes import Picture
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.mermaid import MOST_BYTES, MOST_EDGES, render_mermaid
from server.render.outline import render_outline
from server.render.picture import picture_of
from server.render.svg import render_svg
from server.render.tree import headline, render_tree
from server.render.words import count, listing

__all__ = ["PICTURE_BYTES", "Drawing", "Form", "Plan", "render_graph"]

Form: TypeAlias = Literal["text", "mermaid", "svg"]
Plan: TypeAlias = Literal["dependencies", "delivery"]

PICTURE_BYTES = 60_000
"""Bytes of a drawing that is answered to a model, some sixty boxes: all of it may get into a prompt."""

DELIVERY_CROWD = 1
"""What an applier has applied and is well is one box: the way there is the subject."""


class Drawing(NamedTuple):
    """page: the answer as text; picture: the tree, chart or drawing alone."""

    page: Page
    picture: str


def render_graph(
    graph: DependencyGraph,
    form: Form,
    *,
    plan: Plan = "dependencies",
    direction: str = "up",
    budget: int | None = BUDGET_BYTES,
) -> Drawing:
    """plan: delivery draws the way of the content, source → applier → inventory, for a graph that was asked
    for so. budget: None for a person, who gets all of the drawing, and the drawing alone."""
    title = _title(graph, direction) if plan == "dependencies" else _delivery_title(graph)
    if form == "text":
        page = (
            render_tree(graph, direction=direction, budget=budget)
            if plan == "dependencies"
            else render_outline(_picture(graph, plan, None), title, graph.freshness, budget=budget)
        )
        return Drawing(page, page.text)
    draw = partial(_picture, graph, plan)
    notes = freshness_lines(graph.freshness)
    if form == "mermaid":
        room = MOST_BYTES if budget is None else _room(title, notes, budget)
        chart, picture = _largest(draw, render_mermaid, partial(_fits_mermaid, room))
        if budget is None:
            return Drawing(Page(chart.removesuffix("\n"), 1), chart)
        return Drawing(_fenced(title, chart, picture, notes), chart)
    svg, picture = _largest(
        draw,
        partial(render_svg, title=title, notes=notes),
        lambda _, text: budget is None or len(text.encode()) <= PICTURE_BYTES,
    )
    if budget is None:
        return Drawing(Page(svg.removesuffix("\n"), 1), svg)
    return Drawing(_described(graph, plan, title, picture, direction, budget), svg)


def _picture(graph: DependencyGraph, plan: Plan, most: int | None) -> Picture:
    if plan == "delivery":
        return picture_of(graph, delivery=True, most=most, crowd=DELIVERY_CROWD)
    return picture_of(graph, most=most)


def _title(graph: DependencyGraph, direction: str) -> str:
    return headline(graph, direction)


def _delivery_title(graph: DependencyGraph) -> str:
    roots = list(dict.fromkeys(str(graph.nodes[root].object) for root in graph.roots))
    about = f" of {listing(roots, 3)}" if roots else ""
    clusters = dict.fromkeys(node.object.cluster for node in graph.nodes)
    if not clusters:
        looked = listing((line.cluster for line in graph.freshness), 5) or "no cluster"
        return f"Nothing that Flux delivers can be seen in {looked}"
    return f"Delivery{about} in {listing(clusters, 5)}: {count(len(graph.nodes), 'object')}"


def _largest(
    draw: Callable[[int | None], Picture],
    render: Callable[[Picture], str],
    fits: Callable[[Picture, str], bool],
) -> tuple[str, Picture]:
    """The drawing with as many boxes as fit; at least one is drawn, whether it fits or not."""
    picture = draw(None)
    text = render(picture)
    if fits(picture, text):
        return text, picture
    low, high = 1, len(picture.boxes)
    picture = draw(low)
    text = render(picture)
    while high - low > 1:
        middle = (low + high) // 2
        other = draw(middle)
        drawn = render(other)
        if fits(other, drawn):
            low, text, picture = middle, drawn, other
        else:
            high = middle
    return text, picture


def _fits_mermaid(room: int, picture: Picture, text: str) -> bool:
    return len(picture.links) <= MOST_EDGES and len(text.encode()) <= room


_FENCE_BYTES = 160
"""For the fence, and for the sentence about what is not drawn."""


def _room(title: str, notes: list[str], budget: int) -> int:
    said = len("\n".join([title, *notes]).encode())
    return min(MOST_BYTES, budget - said - _FENCE_BYTES)


def _fenced(title: str, chart: str, picture: Picture, notes: list[str]) -> Page:
    left_out = _left_out(picture)
    return Draft(
        head=[title],
        items=[["```mermaid", *chart.splitlines(), "```"]],
        foot=[*left_out, *notes],
        noun="chart",
    ).fit(None)


def _left_out(picture: Picture) -> list[str]:
    return [f"{count(picture.omitted, 'object')} not drawn"] if picture.omitted else []


def _described(
    graph: DependencyGraph, plan: Plan, title: str, picture: Picture, direction: str, budget: int
) -> Page:
    """What the drawing shows, as text: not every reader sees pictures."""
    note = (
        "The drawing is the field `picture` of the structured content: write it to a file that ends in .svg."
    )
    left_out = _left_out(picture)
    room = budget - sum(len(line.encode()) + 2 for line in (note, *left_out))
    page = (
        render_tree(graph, direction=direction, budget=room)
        if plan == "dependencies"
        else render_outline(_picture(graph, plan, None), title, graph.freshness, budget=room)
    )
    return Page("\n\n".join([page.text, " ".join([note, *left_out])]), page.kept)

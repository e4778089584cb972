"""A picture as SVG: layers from left to right, the health of everything as colour, sign and word."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from server.render.boxes import Box, Family, Link, Picture
from server.render.layout import Layout, Place, Route, Size, place
from server.render.svg_style import DASHES, SIGNS, STYLE, state_of
from server.render.svg_text import fitted, safe, width_of

__all__ = ["render_svg"]

MARGIN = 24.0
TITLE = 17.0
NAME = 13.0
SMALL = 10.5
LINE = 16.0
PAD = 12.0
NARROWEST = 150.0
WIDEST = 300.0
LEAST_GAP = 64.0
MOST_GAP = 190.0
HUB = 8
"""Arrows to one box that are still drawn at full strength; more of them would be a curtain."""

STUB = 0.3
"""Part of the way between two columns at whose end an arrow is straight: there stand its words."""

ORDER = ("Failed", "Missing", "Unknown", "Progressing", "Suspended", "Ready", "Absent")


def render_svg(picture: Picture, *, title: str, notes: Sequence[str] = ()) -> str:
    """A whole document that follows the reader's light or dark scheme.

    title: the first line; notes: the last ones. Promised: every text is escaped, nothing is fetched, no
    script, no link; objects that are not drawn are counted.
    """
    framed = len(picture.clusters) > 1
    bands = {cluster: number for number, cluster in enumerate(picture.clusters)}
    layout = place(
        [_size(box, framed=framed) for box in picture.boxes],
        [(link.start, link.end) for link in picture.links],
        [bands[box.cluster] for box in picture.boxes],
        gap_x=_gap(picture.links),
        framed=framed,
    )
    inset = PAD if framed else 0.0
    top = MARGIN + TITLE + 18.0
    legend = _legend(picture)
    foot = [*_omitted(picture), *notes]
    widths = [
        width_of(title, TITLE, bold=True),
        *(width_of(line, SMALL) for line in foot),
        _legend_width(legend),
    ]
    width = 2 * MARGIN + max(layout.width + 2 * inset, *widths)
    below = top + layout.height + 30.0
    height = below + 22.0 + LINE * len(foot) + MARGIN / 2
    parts = [
        *_head(title, width, height),
        *(_frames(picture, layout, width - 2 * MARGIN, top) if framed else ()),
        f'<g transform="translate({_n(MARGIN + inset)} {_n(top)})">',
        *_lines(picture, layout),
        *_boxes(picture, layout, framed=framed),
        *_words(picture, layout),
        "</g>",
        *_legend_row(legend, MARGIN, below),
        *(
            f'<text class="fm-quiet" x="{_n(MARGIN)}" y="{_n(below + 26.0 + LINE * row)}"'
            f' font-size="{SMALL}">{safe(line)}</text>'
            for row, line in enumerate(foot)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _head(title: str, width: float, height: float) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}"'
        f' viewBox="0 0 {_n(width)} {_n(height)}" role="img">'
    )
    yield f"<title>{safe(title)}</title>"
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="fm-page" width="{_n(width)}" height="{_n(height)}"/>'
    yield (
        f'<text class="fm-ink" x="{_n(MARGIN)}" y="{_n(MARGIN + TITLE - 2)}" font-size="{TITLE}"'
        f' font-weight="600">{safe(title)}</text>'
    )


def _details(box: Box) -> str:
    """The third line of a box: why it is not well, else the revision."""
    if box.health != "Ready" and box.reason:
        return box.reason
    return box.details


def _above(box: Box) -> str:
    return f"{box.kind} · {box.namespace}" if box.namespace else box.kind


def _size(box: Box, *, framed: bool) -> Size:
    del framed  # the cluster is said by the frame, never in the box
    above = width_of(_above(box), SMALL) + width_of(box.health, SMALL, bold=True) + 14
    widest = max(above, width_of(box.name, NAME, bold=True) + 22, width_of(_details(box), SMALL) + 22)
    height = 44.0 + (LINE - 1 if _details(box) else 0.0)
    return Size(min(max(widest + 2 * PAD, NARROWEST), WIDEST), height)


def _gap(links: Sequence[Link]) -> float:
    """Between columns: wide enough for the words at the end of the arrows."""
    said: dict[int, dict[str, None]] = defaultdict(dict)
    for link in links:
        said[link.end].update(dict.fromkeys(link.words.split(", ")))
    widest = max((width_of(", ".join(words), SMALL) for words in said.values()), default=0.0)
    return min(max(widest + 34.0, LEAST_GAP), MOST_GAP)


def _frames(picture: Picture, layout: Layout, width: float, top: float) -> Iterator[str]:
    for cluster, strip in zip(picture.clusters, layout.strips, strict=True):
        counts = Counter(
            box.health for box in picture.boxes if box.cluster == cluster for _ in range(box.size)
        )
        states = ", ".join(f"{counts[health]} {health}" for health in ORDER if counts[health])
        y = top + strip.y
        yield (
            f'<rect class="fm-strip" x="{_n(MARGIN)}" y="{_n(y)}" width="{_n(width)}"'
            f' height="{_n(strip.height)}" rx="10"/>'
        )
        yield (
            f'<text x="{_n(MARGIN + PAD)}" y="{_n(y + 19)}" font-size="{NAME}">'
            f'<tspan class="fm-ink" font-weight="600">{safe(cluster)}</tspan>'
            f'<tspan class="fm-quiet" dx="10" font-size="{SMALL}">{safe(states)}</tspan></text>'
        )


def _lines(picture: Picture, layout: Layout) -> Iterator[str]:
    ends = Counter(link.end for link in picture.links)
    for link, route in zip(picture.links, layout.routes, strict=True):
        loud = " fm-loud" if picture.boxes[link.end].health in ("Failed", "Missing") else ""
        loud = loud or (" fm-faint" if ends[link.end] > HUB else "")
        dash = f' stroke-dasharray="{DASHES[link.family]}"' if DASHES[link.family] else ""
        yield f'<path class="fm-line fm-line-{link.family}{loud}"{dash} d="{_curve(route)}"/>'
        yield f'<path class="fm-tip-{link.family}" d="{_tip(route)}"/>'


def _curve(route: Route) -> str:
    """Bends between columns, straight lines through them."""
    points = list(route.points)
    if route.turned:
        points[0] = (points[0][0] + 7, points[0][1])
    else:
        points[-1] = (points[-1][0] - 7, points[-1][1])
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for number, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise(points)):
        if number % 2 or abs(y1 - y0) < 0.5:
            parts.append(f"L{_n(x1)} {_n(y1)}")
        else:
            flat = x1 - (x1 - x0) * STUB
            half = (flat - x0) / 2
            parts.append(f"C{_n(x0 + half)} {_n(y0)} {_n(flat - half)} {_n(y1)} {_n(flat)} {_n(y1)}")
            parts.append(f"L{_n(x1)} {_n(y1)}")
    return "".join(parts)


def _tip(route: Route) -> str:
    (x, y), way = (route.points[0], 8) if route.turned else (route.points[-1], -8)
    return f"M{_n(x)} {_n(y)}l{way} -4v8z"


def _boxes(picture: Picture, layout: Layout, *, framed: bool) -> Iterator[str]:
    for box, where in zip(picture.boxes, layout.places, strict=True):
        yield from _box(box, where, framed=framed)


def _box(box: Box, where: Place, *, framed: bool) -> Iterator[str]:
    state = state_of(box.health)
    x, y, width, height = (_n(each) for each in where)
    rim = f" fm-rim-{state}" if box.health != "Ready" or box.root else ""
    dash = {
        "missing": ' stroke-dasharray="6 4"',
        "absent": ' stroke-dasharray="6 4"',
        "unknown": ' stroke-dasharray="2 4"',
    }.get(state, "")
    heavy = ' stroke-width="2.6"' if box.root else ' stroke-width="1.3"'
    place_ = f" in {box.cluster}" if framed else ""
    whole = " ".join(part for part in (_above(box), box.name, f"{box.health}{place_}", _details(box)) if part)
    yield f"<g><title>{safe(whole)}</title>"
    if box.size > 1:
        behind = f'x="{_n(where.x + 5)}" y="{_n(where.y + 5)}" width="{width}" height="{height}"'
        yield f'<rect class="fm-box" {behind} rx="7"/>'
    yield f'<rect class="fm-box{rim}"{dash}{heavy} x="{x}" y="{y}" width="{width}" height="{height}" rx="7"/>'
    yield from _sign(state, where.x + PAD + 7, where.y + 29)
    right = where.x + where.width - PAD
    room = where.width - 2 * PAD - width_of(box.health, SMALL, bold=True) - 10
    yield _text("fm-quiet", where.x + PAD, where.y + 16, SMALL, fitted(_above(box), room, SMALL))
    yield _text(f"fm-{state}", right, where.y + 16, SMALL, box.health, ' text-anchor="end" font-weight="600"')
    name = fitted(box.name, where.width - 2 * PAD - 20, NAME, bold=True)
    yield _text("fm-ink", where.x + PAD + 20, where.y + 34, NAME, name, ' font-weight="600"')
    if _details(box):
        said = fitted(_details(box), where.width - 2 * PAD - 20, SMALL)
        css = "fm-quiet" if box.health == "Ready" else f"fm-{state}"
        yield _text(css, where.x + PAD + 20, where.y + 50, SMALL, said)
    yield "</g>"


def _sign(state: str, x: float, y: float) -> Iterator[str]:
    """A disc with the sign of the state; a square where an object is missing."""
    shape = '<rect x="-6.5" y="-6.5" width="13" height="13" rx="2"' if state == "missing" else '<circle r="7"'
    yield f'<g transform="translate({_n(x)} {_n(y)})">{shape} class="fm-{state}"/>'
    yield f'<path class="fm-sign" d="{SIGNS[state]}"/></g>'


def _words(picture: Picture, layout: Layout) -> Iterator[str]:
    """What the arrows say, once per box that they end at and side."""
    said: dict[tuple[int, bool], dict[str, None]] = defaultdict(dict)
    for link, route in zip(picture.links, layout.routes, strict=True):
        said[link.end, route.turned].update(dict.fromkeys(link.words.split(", ")))
    for (end, turned), words in said.items():
        where = layout.places[end]
        x = where.x + where.width + 11 if turned else where.x - 11
        anchor = "" if turned else ' text-anchor="end"'
        text = fitted(", ".join(words), MOST_GAP - 24, SMALL - 0.5)
        yield _text("fm-quiet fm-word", x, where.middle - 5, SMALL - 0.5, text, anchor)


def _legend(picture: Picture) -> tuple[list[tuple[str, int]], list[tuple[Family, str]]]:
    counts = Counter(box.health for box in picture.boxes for _ in range(box.size))
    states = [(health, counts[health]) for health in ORDER if counts[health]]
    words: dict[Family, dict[str, None]] = defaultdict(dict)
    for link in picture.links:
        words[link.family][link.words.split(", ")[0]] = None
    return states, [(family, ", ".join(sorted(words[family]))) for family in Family if words[family]]


def _legend_width(legend: tuple[list[tuple[str, int]], list[tuple[Family, str]]]) -> float:
    states, families = legend
    texts = [f"{number} {health}" for health, number in states]
    return sum(width_of(text, SMALL) + 34 for text in texts) + sum(
        width_of(words, SMALL) + 56 for _, words in families
    )


def _legend_row(
    legend: tuple[list[tuple[str, int]], list[tuple[Family, str]]], x: float, y: float
) -> Iterator[str]:
    states, families = legend
    for health, number in states:
        text = f"{number} {health}"
        yield from _sign(state_of(health), x + 7, y)
        yield _text("fm-ink", x + 19, y + 4, SMALL, text)
        x += width_of(text, SMALL) + 34
    for family, words in families:
        dash = f' stroke-dasharray="{DASHES[family]}"' if DASHES[family] else ""
        yield f'<path class="fm-line fm-line-{family}"{dash} d="M{_n(x)} {_n(y)}h24"/>'
        yield f'<path class="fm-tip-{family}" d="M{_n(x + 31)} {_n(y)}l-8 -4v8z"/>'
        yield _text("fm-ink", x + 38, y + 4, SMALL, words)
        x += width_of(words, SMALL) + 56


def _omitted(picture: Picture) -> list[str]:
    folded = [f"{picture.folded:,} healthy objects are drawn as crowds"] if picture.folded else []
    left_out = [f"{picture.omitted:,} more objects are not drawn"] if picture.omitted else []
    return ["; ".join(left_out + folded)] if left_out or folded else []


def _text(css: str, x: float, y: float, size: float, content: str, more: str = "") -> str:
    return f'<text class="{css}" x="{_n(x)}" y="{_n(y)}" font-size="{size}"{more}>{safe(content)}</text>'


def _n(number: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{number:.1f}".removesuffix(".0")

"""A picture as a Mermaid flowchart, for pages and chats that draw it themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from server.render.boxes import Box, Family, Link, Picture
from server.render.svg_style import state_of
from server.render.words import SIGNS

__all__ = ["MOST_BYTES", "MOST_EDGES", "render_mermaid"]

MOST_BYTES = 50_000
"""Mermaid's own `maxTextSize`: more is not drawn at all, only an error."""

MOST_EDGES = 500
"""Mermaid's own `maxEdges`."""

LONGEST = 80
"""Characters of one line of a label."""

_ARROWS = {
    Family.CONTENT: "-->",
    Family.OWNERSHIP: "-->",
    Family.ORDER: "-.->",
    Family.CONFIGURATION: "-.->",
    Family.OTHER: "-.->",
}
_CLASSES: Mapping[str, str] = {
    "ready": "fill:#dafbe1,stroke:#1a7f37,color:#0f3d1b",
    "failed": "fill:#ffebe9,stroke:#cf222e,color:#6e1118,stroke-width:2px",
    "missing": "fill:#ffebe9,stroke:#a40e26,color:#6e1118,stroke-width:2px,stroke-dasharray:6 4",
    "progressing": "fill:#ddf4ff,stroke:#0969da,color:#0a3069",
    "suspended": "fill:#fbefff,stroke:#8250df,color:#3e1f79",
    "absent": "fill:#f6f8fa,stroke:#8c959f,color:#57606a,stroke-dasharray:6 4",
    "unknown": "fill:#eaeef2,stroke:#6e7781,color:#24292f,stroke-dasharray:2 4",
}
"""Fill and ink are both said, so that a chart can be read on a light and on a dark page."""

_PLAIN = re.compile(r"[^A-Za-z0-9 ./,()+=@✓✗…‖○·-]")


def render_mermaid(picture: Picture) -> str:
    """The chart, ending with a newline. Promised: whatever objects are called, it is one valid flowchart."""
    lines = ["flowchart LR"]
    lines += _nodes(picture)
    lines += [_edge(link) for link in picture.links]
    lines += _classes(picture.boxes)
    return "\n".join(lines) + "\n"


def _nodes(picture: Picture) -> Iterator[str]:
    """One subgraph per cluster where there are several."""
    if len(picture.clusters) < 2:
        yield from (_node(number, box, "  ") for number, box in enumerate(picture.boxes))
        return
    for place, cluster in enumerate(picture.clusters):
        yield f'  subgraph c{place}["{_escaped(cluster)}"]'
        for number, box in enumerate(picture.boxes):
            if box.cluster == cluster:
                yield _node(number, box, "    ")
        yield "  end"


def _node(number: int, box: Box, indent: str) -> str:
    kind = f"{box.kind} · {box.namespace}" if box.namespace else box.kind
    state = f"{SIGNS.get(box.health, '?')} {box.health}"
    state += f": {box.reason}" if box.reason and box.health != "Ready" else ""
    lines = [kind, box.name, state, box.details]
    label = "<br/>".join(_escaped(line) for line in lines if line)
    opening, closing = ('[["', '"]]') if box.size > 1 else ('["', '"]')
    return f"{indent}n{number}{opening}{label}{closing}"


def _edge(link: Link) -> str:
    return f'  n{link.start} {_ARROWS[link.family]}|"{_escaped(link.words)}"| n{link.end}'


def _classes(boxes: Sequence[Box]) -> Iterator[str]:
    members: dict[str, list[str]] = defaultdict(list)
    for number, box in enumerate(boxes):
        members[state_of(box.health)].append(f"n{number}")
    for state, style in _CLASSES.items():
        if members[state]:
            yield f"  classDef {state} {style}"
            yield f"  class {','.join(members[state])} {state}"
    roots = [f"n{number}" for number, box in enumerate(boxes) if box.root]
    if roots:
        yield "  classDef asked stroke-width:4px"
        yield f"  class {','.join(roots)} asked"


def _escaped(text: str) -> str:
    """One line of a quoted label: whatever could mean something to Mermaid is a numbered entity."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    return _PLAIN.sub(lambda match: f"#{ord(match[0])};", line)

"""Of a large picture, what is well: everything that is needed through one object alone becomes one box."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import networkx as nx

from server.render.boxes import Box, Link, crowd_of

__all__ = ["quietened"]

START = -1


def quietened(boxes: Sequence[Box], links: Sequence[Link]) -> tuple[list[Box], list[Link], int]:
    """(boxes, links, objects that stand in the new boxes).

    A healthy box keeps its place; what can be reached through it alone, all of it healthy, becomes one box
    beside it. What others need as well stays as it is.
    """
    below = _dominated(boxes, links)
    folded: dict[int, int] = {}
    for head, members in below.items():
        whole = all(boxes[each].health == "Ready" and not boxes[each].root for each in members)
        if len(members) > 1 and whole and boxes[head].health == "Ready" and head not in folded:
            folded.update(dict.fromkeys(members, head))
    crowds: dict[int, list[int]] = defaultdict(list)
    for member, head in folded.items():
        crowds[head].append(member)
    kept = [place for place in range(len(boxes)) if place not in folded]
    place = {box: position for position, box in enumerate(kept)}
    said = [boxes[each] for each in kept]
    for head, members in sorted(crowds.items()):
        place.update(dict.fromkeys(members, len(said)))
        said.append(_crowd([boxes[each] for each in members], boxes[head]))
    return said, _joined(links, place), sum(boxes[each].size for each in folded)


def _dominated(boxes: Sequence[Box], links: Sequence[Link]) -> Mapping[int, list[int]]:
    """By box, what can only be reached through it from what nothing leads to; the outermost first."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(boxes)))
    graph.add_edges_from((link.start, link.end) for link in links)
    entries = [each for each in graph if not graph.in_degree(each) or boxes[each].root]
    graph.add_edges_from((START, each) for each in entries)
    above = {node: head for node, head in nx.immediate_dominators(graph, START).items() if node != START}
    tree: nx.DiGraph[int] = nx.DiGraph((head, node) for node, head in above.items() if head is not None)
    if START not in tree:
        return {}
    return {head: sorted(nx.descendants(tree, head)) for head in nx.bfs_tree(tree, START) if head != START}


def _crowd(members: Sequence[Box], head: Box) -> Box:
    kinds: Counter[str] = Counter()
    for box in members:
        kinds["other" if box.size > 1 else box.kind] += box.size
    return crowd_of(kinds, [box.namespace for box in members], head.cluster)


def _joined(links: Sequence[Link], place: Mapping[int, int]) -> list[Link]:
    """One arrow per pair of boxes; where several become one, the first words stand for all."""
    found: dict[tuple[int, int], Link] = {}
    for link in links:
        ends = (place[link.start], place[link.end])
        if ends[0] == ends[1]:
            continue
        known = found.get(ends)
        words = link.words if known is None else _both(known.words, link.words)
        found[ends] = Link(*ends, words, link.family if known is None else known.family)
    return list(found.values())


def _both(one: str, other: str) -> str:
    return ", ".join(dict.fromkeys([*one.split(", "), *other.split(", ")]))

"""A dependency graph as it is drawn: boxes and arrows, healthy crowds as one box, exact counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mirror.flux.revisions import same_content, short_revision
from query.graph.narrowing import most_telling
from query.results.answer import DependencyGraph, GraphNode
from server.render.boxes import Box, Family, Link, Picture, crowd_of
from server.render.quiet import quietened
from server.render.words import WELL

__all__ = ["CROWD", "DETAILED", "picture_of"]

CROWD = 6
"""Healthy neighbours of one object, all joined to it alone and alike, that still get a box each."""

DETAILED = 120
"""Boxes up to which a drawing shows everything; in a larger one what is well is drawn as crowds."""


_WORDS: Mapping[str, tuple[str, Family]] = {
    "source": ("source", Family.CONTENT),
    "generates": ("generates", Family.CONTENT),
    "manages": ("manages", Family.OWNERSHIP),
    "owner": ("owns", Family.OWNERSHIP),
    "depends": ("depends on", Family.ORDER),
    "health": ("waits for", Family.ORDER),
    "config": ("reads", Family.CONFIGURATION),
    "identity": ("acts as", Family.CONFIGURATION),
    "volume": ("mounts", Family.CONFIGURATION),
    "definition": ("defined by", Family.CONFIGURATION),
    "limit": ("limited by", Family.ORDER),
    "routes": ("routes to", Family.ORDER),
}
_FAMILIES = tuple(Family)
_BACKWARDS = frozenset({"owner"})
"""An ownerReference points from the child to its owner, but it is the owner that made the child."""

_FEEDS = "feeds"
_GENERATORS = frozenset({"ArtifactGenerator"})


def picture_of(
    graph: DependencyGraph, *, delivery: bool = False, most: int | None = None, crowd: int = CROWD
) -> Picture:
    """The boxes and arrows of a graph; an arrow leads from what needs to what is needed.

    delivery: arrows follow the content instead, from sources over appliers to what is applied.
    most: boxes; those asked for come first, then what is not well with its way from there, then the nearest.
    crowd: more healthy neighbours than this become one box.
    """
    joined = _joined(graph, delivery)
    boxes, links, folded = _folded(graph, joined, crowd)
    if delivery:
        boxes = _with_lag(boxes, links)
    if len(boxes) > DETAILED:
        boxes, links, quiet = quietened(boxes, links)
        folded += quiet
    kept = most_telling(
        len(boxes),
        [(link.start, link.end) for link in links],
        roots=[position for position, box in enumerate(boxes) if box.root],
        troubled=[position for position, box in enumerate(boxes) if box.health not in WELL],
        most=len(boxes) if most is None else most,
    )
    place = {box: position for position, box in enumerate(kept)}
    dropped = sum(box.size for position, box in enumerate(boxes) if position not in place)
    return Picture(
        boxes=tuple(boxes[position] for position in kept),
        links=tuple(
            link._replace(start=place[link.start], end=place[link.end])
            for link in links
            if link.start in place and link.end in place
        ),
        folded=folded,
        omitted=graph.omitted.count + dropped,
    )


def _joined(graph: DependencyGraph, delivery: bool) -> dict[tuple[int, int], list[tuple[str, Family]]]:
    """One entry per pair of nodes, in the direction of the arrow, with everything that ties them."""
    found: dict[tuple[int, int], list[tuple[str, Family]]] = defaultdict(list)
    for edge in graph.edges:
        if edge.from_ == edge.to:
            continue
        words, family = _WORDS.get(edge.relation, (edge.relation, Family.OTHER))
        backwards = edge.relation in _BACKWARDS
        if delivery and family is Family.CONTENT and not _makes(graph.nodes[edge.from_], edge.relation):
            words, backwards = _FEEDS, True
        pair = (edge.to, edge.from_) if backwards else (edge.from_, edge.to)
        if (words, family) not in found[pair]:
            found[pair].append((words, family))
    return found


def _makes(node: GraphNode, relation: str) -> bool:
    """A generator makes what it names; everybody else generates what is to feed it."""
    return relation == "generates" and node.object.kind in _GENERATORS


def _folded(
    graph: DependencyGraph, joined: Mapping[tuple[int, int], list[tuple[str, Family]]], crowd: int
) -> tuple[list[Box], list[Link], int]:
    crowds = _crowds(graph, joined, crowd)
    gone = {node for members in crowds.values() for node in members}
    boxes: list[Box] = []
    place: dict[int, int] = {}
    for position, node in enumerate(graph.nodes):
        if position not in gone:
            place[position] = len(boxes)
            boxes.append(_box(node, root=position in graph.roots))
    links = [
        _link(place[start], place[end], ties)
        for (start, end), ties in joined.items()
        if start in place and end in place
    ]
    for (other, outward, _), members in crowds.items():
        here, there = place[other], len(boxes)
        refs = [graph.nodes[node].object for node in members]
        kinds = Counter(ref.kind for ref in refs)
        boxes.append(crowd_of(kinds, [ref.namespace or "" for ref in refs], refs[0].cluster))
        pair = (other, members[0]) if outward else (members[0], other)
        ends = (here, there) if outward else (there, here)
        links.append(_link(*ends, joined[pair]))
    return boxes, links, len(gone)


def _crowds(
    graph: DependencyGraph, joined: Mapping[tuple[int, int], list[tuple[str, Family]]], crowd: int
) -> dict[tuple[int, bool, str], list[int]]:
    """Members by (their only neighbour, whether the arrow leads to them, what it says)."""
    ties: dict[int, list[tuple[int, bool, str]]] = defaultdict(list)
    for (start, end), said in joined.items():
        words = ", ".join(sorted(word for word, _ in said))
        ties[start].append((end, False, words))
        ties[end].append((start, True, words))
    groups: dict[tuple[int, bool, str], list[int]] = defaultdict(list)
    for position, node in enumerate(graph.nodes):
        mine = ties[position]
        if node.health == "Ready" and position not in graph.roots and len(mine) == 1:
            other = graph.nodes[mine[0][0]]
            if other.object.cluster == node.object.cluster:
                groups[mine[0]].append(position)
    return {tie: members for tie, members in groups.items() if len(members) > crowd}


def _box(node: GraphNode, *, root: bool) -> Box:
    ref = node.object
    return Box(
        kind=ref.kind,
        namespace=ref.namespace or "",
        name=ref.name,
        cluster=ref.cluster,
        health=node.health,
        reason=node.reason,
        details=short_revision(node.revision),
        root=root,
    )


_APPLIERS = frozenset({"Kustomization", "HelmRelease"})
_INDEXES = frozenset({"HelmRepository"})
"""Sources whose revision is that of an index, never that of what is applied."""


def _with_lag(boxes: Sequence[Box], links: Iterable[Link]) -> list[Box]:
    """Appliers say which revision their source holds, where they have applied another one."""
    said = list(boxes)
    for link in links:
        source, applier = boxes[link.start], boxes[link.end]
        if link.family is not Family.CONTENT or applier.kind not in _APPLIERS or source.kind in _INDEXES:
            continue
        if source.details and not same_content(source.details, applier.details):
            applied = applier.details or "nothing applied yet"
            said[link.end] = applier._replace(details=f"{applied}, not yet {source.details}")
    return said


def _link(start: int, end: int, ties: Sequence[tuple[str, Family]]) -> Link:
    if len(ties) > 1:  # what has made it says more than that it also feeds it
        ties = [tie for tie in ties if tie[0] != _FEEDS]
    ordered = sorted(ties, key=lambda tie: (_FAMILIES.index(tie[1]), tie[0]))
    return Link(start, end, ", ".join(words for words, _ in ordered), ordered[0][1])

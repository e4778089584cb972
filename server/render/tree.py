"""get_dependency_graph as a text tree: every object once, trouble first, healthy crowds folded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from query.results.answer import DependencyGraph
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.relations import backward, forward
from server.render.words import SIGNS, WELL, count, listing, plural

__all__ = ["headline", "render_tree"]

CROWD = 6
"""Healthy leaves under one parent and relation that are still listed one by one."""

_TROUBLE = ("Failed", "Missing", "Unknown", "Suspended", "Progressing", "Ready")


_NOT_THERE = ("Missing", "Absent", "Unknown")


class _Link(NamedTuple):
    words: str
    node: int


def render_tree(graph: DependencyGraph, *, direction: str = "up", budget: int | None = BUDGET_BYTES) -> Page:
    """direction: as the graph was asked for; up (what it needs), down (who needs it) or both.

    Where not everything fits, branches in which all is ready are one line each.
    `kept` counts the trees: one per direction and group of clusters in which it looks the same.
    """
    whole = _draft(graph, direction, folded=False)
    page = whole.fit(budget)
    return page if page.text == whole.fit(None).text else _draft(graph, direction, folded=True).fit(budget)


def _draft(graph: DependencyGraph, direction: str, *, folded: bool) -> Draft:
    directions = ("up", "down") if direction == "both" else (direction,)
    return Draft(
        head=[headline(graph, direction)],
        items=[tree for way in directions for tree in _trees(graph, way, folded=folded)],
        foot=freshness_lines(graph.freshness),
        noun="tree",
        spaced=True,
    )


def headline(graph: DependencyGraph, direction: str) -> str:
    """What the graph is of, how much of it there is, and what of it is not ready."""
    others = len(graph.nodes) - len(graph.roots) + graph.omitted.count
    troubled = Counter(node.health for node in graph.nodes if node.health not in WELL)
    states = ", ".join(f"{number} {health}" for health, number in sorted(troubled.items(), key=_rank))
    roots = [graph.nodes[root].object for root in graph.roots]
    name = listing(dict.fromkeys(str(root) for root in roots), 3)
    clusters = listing(dict.fromkeys(root.cluster for root in roots), 3)
    verbs = {"up": "needs", "down": "is needed by", "both": "is connected with"}
    cut = f" ({graph.omitted.count:,} of them left out)" if graph.omitted.count else ""
    health = f"; not ready: {states}" if states else "; all ready"
    return f"{name} in {clusters} {verbs[direction]} {count(others, 'object')}{cut}{health}"


def _rank(entry: tuple[str, int]) -> int:
    return _TROUBLE.index(entry[0]) if entry[0] in _TROUBLE else len(_TROUBLE)


def _trees(graph: DependencyGraph, way: str, *, folded: bool) -> list[list[str]]:
    """The trees of all roots, the most broken first; clusters in which the tree is the same share it."""
    alike: dict[tuple[str, ...], list[int]] = {}
    tree = _Tree(graph, way, folded=folded)
    for root in graph.roots:
        alike.setdefault(tuple(tree.lines(root)), []).append(root)
    verb = "needs" if way == "up" else "is needed by"
    trees = []
    for lines, roots in sorted(alike.items(), key=lambda entry: -_failures(entry[0])):
        clusters = listing((graph.nodes[root].object.cluster for root in roots), 20)
        trees.append(
            [f"In {clusters} it {verb}:", *lines] if lines[1:] else [f"In {clusters} it {verb} nothing"]
        )
    return trees


def _failures(lines: Sequence[str]) -> int:
    return sum(SIGNS["Failed"] in line for line in lines)


class _Tree:
    """Walks from roots. Children of a node: what it needs (up) or who needs it (down).

    folded: a node that is ready, with everything below it, is shown without what is below.
    """

    def __init__(self, graph: DependencyGraph, way: str, *, folded: bool) -> None:
        self._folded = folded
        self._nodes = graph.nodes
        self._shown: set[int] = set()
        self._known_under: dict[int, frozenset[int]] = {}
        self._children: dict[int, list[_Link]] = defaultdict(list)
        for edge in graph.edges:
            # An ownerReference points from the child to its owner, but it is the owner that needs the child.
            along = (edge.relation != "owner") == (way == "up")
            start, end = (edge.from_, edge.to) if along else (edge.to, edge.from_)
            words = forward(edge.relation) if start == edge.from_ else backward(edge.relation)
            self._children[start].append(_Link(words, end))
        if way == "up":
            self._end_at_providers(graph)

    def _end_at_providers(self, graph: DependencyGraph) -> None:
        """Who should provide what is not there, or defines a kind, hangs below it: nothing else names it."""
        reached = {node for root in graph.roots for node in (root, *self._reach(root))}
        for edge in graph.edges:
            target = graph.nodes[edge.to]
            provided = target.health in _NOT_THERE or target.object.kind == "CustomResourceDefinition"
            if edge.relation == "manages" and provided and edge.from_ not in reached:
                self._children[edge.from_] = []
                self._children[edge.to].append(_Link(backward(edge.relation), edge.from_))

    def lines(self, root: int) -> list[str]:
        """The root's line and everything below it, each node spelled out once."""
        self._shown = {root}
        return [self._label(root), *self._below(root, (root,), "")]

    def _below(self, parent: int, path: tuple[int, ...], indent: str) -> Iterator[str]:
        rows = self._rows(parent)
        for position, (text, node) in enumerate(rows):
            last = position == len(rows) - 1
            branch, deeper = ("└─ ", "   ") if last else ("├─ ", "│  ")
            if node is None:
                yield f"{indent}{branch}{text}"
            elif node in path:
                yield f"{indent}{branch}{text} (cycle)"
            elif self._folded and self._children.get(node) and self._sound(node):
                self._shown.add(node)
                yield f"{indent}{branch}{text} (and {len(self._under(node)):,} below it, all ready)"
            elif node in self._shown:
                yield f"{indent}{branch}{text}{' (see above)' if self._children.get(node) else ''}"
            else:
                self._shown.add(node)
                yield f"{indent}{branch}{text}"
                yield from self._below(node, (*path, node), indent + deeper)

    def _rows(self, parent: int) -> list[tuple[str, int | None]]:
        """Children, trouble first; many healthy leaves of one relation become one row without a node."""
        links = self._merged(parent)
        crowds: dict[str, list[int]] = defaultdict(list)
        for link in links:
            if self._nodes[link.node].health == "Ready" and not self._children.get(link.node):
                crowds[link.words].append(link.node)
        folded = {node for nodes in crowds.values() if len(nodes) > CROWD for node in nodes}
        rows: list[tuple[str, int | None]] = [
            (f"{link.words} {self._label(link.node)}", link.node) for link in links if link.node not in folded
        ]
        for words, nodes in crowds.items():
            if len(nodes) > CROWD:
                self._shown.update(nodes)
                rows.append((f"{words} ✓ {len(nodes)} ready: {self._kinds(nodes)}", None))
        return rows

    def _merged(self, parent: int) -> list[_Link]:
        """One link per child, its relations joined; sorted by trouble (its own or below it), then name."""
        words: dict[int, list[str]] = {}
        for link in self._children.get(parent, ()):
            known = words.setdefault(link.node, [])
            if link.words not in known:
                known.append(link.words)
        links = [_Link(", ".join(sorted(found)), node) for node, found in words.items()]
        return sorted(links, key=self._order)

    def _order(self, link: _Link) -> tuple[int, int, str, str]:
        return (self._trouble(link.node), self._worst(link.node), link.words, self._name(link.node))

    def _sound(self, node: int) -> bool:
        return self._worst(node) == _rank(("Ready", 0))

    def _worst(self, node: int) -> int:
        return min(self._trouble(each) for each in (node, *self._under(node)))

    def _under(self, node: int) -> frozenset[int]:
        """Everything below a node, without the node itself."""
        if node not in self._known_under:
            self._known_under[node] = frozenset(self._reach(node))
        return self._known_under[node]

    def _reach(self, node: int) -> set[int]:
        found: set[int] = set()
        waiting = [node]
        while waiting:
            new = {link.node for link in self._children.get(waiting.pop(), ())} - found - {node}
            found |= new
            waiting.extend(new)
        return found

    def _trouble(self, node: int) -> int:
        return _rank((self._nodes[node].health, 0))

    def _name(self, node: int) -> str:
        return str(self._nodes[node].object)

    def _label(self, node: int) -> str:
        found = self._nodes[node]
        mark = SIGNS.get(found.health, "?")
        if found.health == "Ready":
            return f"{mark} {found.object}"
        return f"{mark} {found.object}  {found.health}{f': {found.reason}' if found.reason else ''}"

    def _kinds(self, nodes: Sequence[int]) -> str:
        kinds = Counter(self._nodes[node].object.kind for node in nodes)
        return ", ".join(f"{number} {plural(kind, number)}" for kind, number in sorted(kinds.items()))

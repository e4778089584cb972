"""The graph of references, as readers walk it.

A walk goes level by level, not by a recursive query: a recursive query cannot leave out what it has
reached before by a shorter way, so in a graph with cycles and hubs it visits objects again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.selectable import CTE

from mirror.keys import GroupKind
from mirror.store.rows import EdgeRow
from mirror.store.statements import Lookup
from mirror.store.tables import cluster, edge, object_

__all__ = ["Look", "Near", "incoming", "neighbourhood", "outgoing", "referring", "target_kinds", "walks"]

_MOST_OBJECTS = 10_000
_FEW_RELATIONS = 3
_COLUMNS = tuple(edge.c[name] for name in EdgeRow._fields)
_OTHER_END = {"src": edge.c.dst, "dst": edge.c.src}


@lru_cache(maxsize=64)
def _at(end: str, relations: int | None) -> Lookup:
    """The edges at one end of which an object is. relations: of how many, which come after; None for all."""

    def build(wanted: CTE) -> sa.Select[Any]:
        here = wanted.join(edge, edge.c[end] == wanted.c[end])
        return sa.select(*_COLUMNS).select_from(here).where(*_among_relations(relations))

    return Lookup([edge.c[end]], build)


@lru_cache(maxsize=64)
def _beside(end: str, relations: int) -> Lookup:
    """(object, the one at the other end) for each of its edges; the relations come after."""

    def build(wanted: CTE) -> sa.Select[Any]:
        here = wanted.join(edge, edge.c[end] == wanted.c[end])
        query = sa.select(edge.c[end], _OTHER_END[end]).select_from(here)
        return query.where(*_among_relations(relations))

    return Lookup([edge.c[end]], build)


def _among_relations(number: int | None) -> list[sa.ColumnElement[bool]]:
    if number is None:
        return []
    relation: sa.ColumnElement[Any] = edge.c.relation
    if number > _FEW_RELATIONS:  # hidden from SQLite, which would look each of them up, for each object
        relation = sa.UnaryExpression(relation, operator=custom_op("+"), type_=sa.Text())
    return [relation.in_([sa.bindparam(f"relation_{each}", type_=sa.Text) for each in range(number)])]


Near = Mapping[int, Collection[int]]
"""By object, those one step from it."""

Look = Callable[[Sequence[int]], tuple[Near, Near]]
"""What lies one step from these objects: what a walk goes on from, and where it ends."""


def outgoing(
    connection: Connection, ids: Collection[int], relations: Collection[str] | None = None
) -> list[EdgeRow]:
    """The edges that begin at these objects: what they refer to. relations: only these; None for all."""
    return list(_edges(connection, "src", ids, relations))


def incoming(
    connection: Connection, ids: Collection[int], relations: Collection[str] | None = None
) -> list[EdgeRow]:
    """The edges that end at these objects: what refers to them. relations: only these; None for all."""
    return list(_edges(connection, "dst", ids, relations))


def referring(
    connection: Connection, ids: Collection[int], relations: Collection[str]
) -> Iterator[Sequence[int]]:
    """(object, one that refers to it) for each edge of these relations that ends at one of the objects.

    An index has both; the rest of an edge, which incoming() reads, is kept with where it begins.
    """
    return _pairs(connection, "dst", ids, relations)


def neighbourhood(
    connection: Connection,
    seeds: Collection[int],
    *,
    down: Collection[str],
    up: Collection[str],
    depth: int,
    limit: int,
) -> tuple[dict[int, int], list[EdgeRow]]:
    """What can be reached from the seeds: (steps to each object, edges).

    down: relations to follow from an object to what it refers to. up: relations to follow the other way.
    depth: the most steps from the nearest seed. limit: the most objects, seeds included; never more than
    10,000. Edges are all stored ones among the objects reached, whatever their relation.
    """

    def look(frontier: Sequence[int]) -> tuple[Near, Near]:
        return _neighbours(connection, frontier, down, up), {}

    (steps,) = walks([seeds], look, depth=depth, limit=limit)
    return steps, _among(connection, steps)


def walks(places: Iterable[Collection[int]], look: Look, *, depth: int, limit: int) -> list[dict[int, int]]:
    """The steps to each object, of walks that begin in several places; each has the limit for itself.

    A level of all walks is looked at at once, so many take hardly more statements than one. depth and limit:
    as of neighbourhood().
    """
    begun = [_Walk(seeds, min(limit, _MOST_OBJECTS)) for seeds in places]
    for _ in range(depth):
        going = [walk for walk in begun if walk.frontier]
        frontier = list(dict.fromkeys(chain.from_iterable(walk.frontier for walk in going)))
        if not frontier:
            break
        near, ends = look(frontier)
        for walk in going:
            walk.advance(near, ends)
    return [walk.steps for walk in begun]


def target_kinds(
    connection: Connection, cluster_name: str, relation: str, sources: Collection[GroupKind]
) -> list[GroupKind]:
    """The kinds that objects of these kinds name by such edges in one cluster, ordered by group and kind."""
    source, target = object_.alias("source"), object_.alias("target")
    query = (
        sa.select(target.c.group, target.c.kind)
        .select_from(source)
        .join(cluster, cluster.c.id == source.c.cluster_id)
        .join(edge, edge.c.src == source.c.id)
        .join(target, target.c.id == edge.c.dst)
        .where(
            cluster.c.name == cluster_name,
            edge.c.relation == relation,
            sa.tuple_(source.c.group, source.c.kind).in_([tuple(kind) for kind in sources]),
        )
    )
    return [
        GroupKind(*row)
        for row in connection.execute(query.distinct().order_by(target.c.group, target.c.kind))
    ]


class _Walk:
    """A walk from some seeds. steps: to each object that it has reached. frontier: those it goes on from."""

    def __init__(self, seeds: Collection[int], limit: int) -> None:
        self.frontier = list(dict.fromkeys(seeds))[:limit]
        self.steps = dict.fromkeys(self.frontier, 0)
        self._limit = limit

    def advance(self, near: Near, ends: Near) -> None:
        """One step further; what lies at the ends is reached and not gone on from."""
        room = self._limit - len(self.steps)
        distance = self.steps[self.frontier[0]] + 1
        reached = _beside_any(self.frontier, near).difference(self.steps)
        ending = _beside_any(self.frontier, ends).difference(self.steps, reached)
        self.frontier = sorted(reached)[:room]
        self.steps.update((row, distance) for row in [*self.frontier, *sorted(ending)][:room])


def _beside_any(rows: Iterable[int], near: Near) -> set[int]:
    return {other for row in rows for other in near.get(row, ())}


def _neighbours(
    connection: Connection, frontier: Collection[int], down: Collection[str], up: Collection[str]
) -> defaultdict[int, set[int]]:
    near: defaultdict[int, set[int]] = defaultdict(set)
    for end, relations in (("src", down), ("dst", up)):
        for row, other in _pairs(connection, end, frontier, relations) if relations else ():
            near[row].add(other)
    return near


def _pairs(
    connection: Connection, end: str, ids: Collection[int], relations: Collection[str]
) -> Iterator[Sequence[int]]:
    words = _words(relations)
    return _beside(end, len(words)).read(connection, [(row,) for row in ids], *words)


def _among(connection: Connection, ids: Collection[int]) -> list[EdgeRow]:
    inside = set(ids)
    return [edge for edge in _edges(connection, "src", ids, None) if edge.dst in inside]


def _edges(
    connection: Connection, end: str, ids: Collection[int], relations: Collection[str] | None
) -> Iterator[EdgeRow]:
    only = () if relations is None else _words(relations)
    lookup = _at(end, None if relations is None else len(only))
    for src, dst, relation, field, optional in lookup.read(
        connection, [(row,) for row in dict.fromkeys(ids)], *only
    ):
        yield EdgeRow(src, dst, relation, field, bool(optional))


def _words(relations: Collection[str]) -> tuple[str, ...]:
    """One is said twice: for a single one SQLite would make an index of all edges that have it."""
    words = tuple(sorted(relations))
    return words * 2 if len(words) == 1 else words

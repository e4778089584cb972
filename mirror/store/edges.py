"""The graph of references, as readers walk it.

A walk goes level by level, not by a recursive query: a recursive query cannot leave out what it has
reached before by a shorter way, so in a graph with cycles and hubs it visits objects again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.selectable import CTE

from mirror.keys import GroupKind
from mirror.store.rows import EdgeRow
from mirror.store.statements import Lookup
from mirror.store.tables import cluster, edge, object_

__all__ = ["Beyond", "incoming", "neighbourhood", "outgoing", "target_kinds"]

_MOST_OBJECTS = 10_000
_FEW_RELATIONS = 3
_COLUMNS = tuple(edge.c[name] for name in EdgeRow._fields)
_OTHER_END = {"src": edge.c.dst, "dst": edge.c.src}


@lru_cache(maxsize=64)
def _at(end: str, relations: int | None) -> Lookup:
    """The edges at one end of which an object is. relations: of how many, which come after; None for all."""

    def build(wanted: CTE) -> sa.Select[Any]:
        here = wanted.join(edge, edge.c[end] == wanted.c[end])
        return sa.select(*_COLUMNS).select_from(here).where(*_among_relations(end, relations))

    return Lookup([edge.c[end]], build)


@lru_cache(maxsize=64)
def _beside(end: str, relations: int) -> Lookup:
    """The objects at the other end, by id; after the relations come how many, and SQLite's offset."""

    def build(wanted: CTE) -> sa.Select[Any]:
        here, there = wanted.join(edge, edge.c[end] == wanted.c[end]), _OTHER_END[end]
        query = sa.select(there).select_from(here).where(*_among_relations(end, relations))
        return query.distinct().order_by(there).limit(sa.bindparam("most"))

    return Lookup([edge.c[end]], build)


def _among_relations(end: str, number: int | None) -> list[sa.ColumnElement[bool]]:
    if number is None:
        return []
    relation: sa.ColumnElement[Any] = edge.c.relation
    if end == "src" or number > _FEW_RELATIONS:
        # Hidden from SQLite, which would look each of them up, or make an index of all edges for them.
        relation = edge.c.relation + sa.literal_column("''", sa.Text)
    return [relation.in_([sa.bindparam(f"relation_{each}", type_=sa.Text) for each in range(number)])]


Beyond = Callable[[Sequence[int]], tuple[Collection[int], Collection[int]]]
"""What else lies one step from these objects: what the walk goes on from, and where it ends."""


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


def neighbourhood(
    connection: Connection,
    seeds: Collection[int],
    *,
    down: Collection[str],
    up: Collection[str],
    depth: int,
    limit: int,
    beyond: Beyond | None = None,
    linked: bool = True,
) -> tuple[dict[int, int], list[EdgeRow], bool]:
    """What can be reached from the seeds: (steps to each object, edges, whether something was left out).

    down: relations to follow from an object to what it refers to. up: relations to follow the other way.
    depth: the most steps from the nearest seed. limit: the most objects, seeds included; never more than
    10,000. beyond: neighbours that no stored edge leads to; asked for each step but the last one, which
    only finds out whether depth has kept something away. Edges are all stored ones among the objects reached,
    whatever their relation; none unless `linked`. Left out is what depth or limit has kept away,
    not what other relations lead to.
    """
    limit = min(limit, _MOST_OBJECTS)
    distinct = dict.fromkeys(seeds, 0)
    steps = dict(list(distinct.items())[:limit])
    cut = len(steps) < len(distinct)
    frontier = list(steps)
    for distance in range(1, depth + 2):
        room = 0 if distance > depth else limit - len(steps)
        reached = _neighbours(connection, frontier, down, up, steps, room + 1)
        further, ends = beyond(frontier) if beyond and distance <= depth else ((), ())
        reached = sorted({*reached, *further}.difference(steps)) if further else reached
        ending = sorted(set(ends).difference(steps, reached))
        cut = cut or len(reached) + len(ending) > room
        frontier = reached[:room]
        steps.update((row, distance) for row in [*frontier, *ending][:room])
        if not frontier:
            break
    return steps, _among(connection, steps) if linked else [], cut


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


def _neighbours(
    connection: Connection,
    frontier: Sequence[int],
    down: Collection[str],
    up: Collection[str],
    known: Collection[int],
    most: int,
) -> list[int]:
    """Rows one step away that are not known, by id; when there are more than `most`, at least so many."""
    reached: set[int] = set()
    for end, relations in (("src", down), ("dst", up)):
        if relations and frontier:
            words = _words(relations)
            beside = _beside(end, len(words))
            rest = (*words, most + len(known), 0)
            reached.update(row[0] for row in beside.read(connection, [(row,) for row in frontier], *rest))
    return sorted(reached.difference(known))


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

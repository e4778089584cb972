"""The graph of references, as readers walk it.

A walk goes level by level, not by a recursive query: a recursive query cannot leave out what it has
reached before by a shorter way, so in a graph with cycles and hubs it visits objects again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.keys import GroupKind
from mirror.store.rows import EdgeRow
from mirror.store.statements import chunks
from mirror.store.tables import cluster, edge, object_

__all__ = ["Beyond", "incoming", "neighbourhood", "outgoing", "target_kinds"]

_IDS_PER_QUERY = 500
_MOST_OBJECTS = 10_000
_EDGES = sa.select(*(edge.c[name] for name in EdgeRow._fields))
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_RELATIONS: sa.BindParameter[Any] = sa.bindparam("relations", expanding=True)
_AT = {end: _EDGES.where(edge.c[end].in_(_IDS)) for end in ("src", "dst")}
_AT_OF = {end: query.where(edge.c.relation.in_(_RELATIONS)) for end, query in _AT.items()}

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
    for here, there, relations in ((edge.c.src, edge.c.dst, down), (edge.c.dst, edge.c.src, up)):
        if not relations:
            continue
        query = sa.select(there).where(edge.c.relation.in_(sorted(relations))).distinct()
        query = query.order_by(there).limit(most + len(known))
        for part in chunks(frontier, _IDS_PER_QUERY):
            reached.update(connection.execute(query.where(here.in_(part))).scalars())
    return sorted(reached.difference(known))


def _among(connection: Connection, ids: Collection[int]) -> list[EdgeRow]:
    # `dst + 0`: the index on dst must not be used; source by source and target by target is squared work.
    inside = _EDGES.where((edge.c.dst + 0).in_(ids))
    return [
        EdgeRow(*row)
        for part in chunks(ids, _IDS_PER_QUERY)
        for row in connection.execute(inside.where(edge.c.src.in_(part)))
    ]


def _edges(
    connection: Connection, end: str, ids: Collection[int], relations: Collection[str] | None
) -> Iterator[EdgeRow]:
    query = _AT[end] if relations is None else _AT_OF[end]
    only = {} if relations is None else {"relations": sorted(relations)}
    for part in chunks(ids, _IDS_PER_QUERY):
        yield from map(EdgeRow._make, connection.execute(query, {"ids": part, **only}))

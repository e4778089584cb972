"""Walks over the graph: nearest first, bounded, and honest about what they leave out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest
from sqlalchemy import Connection

from mirror.records import Reference, Relation
from mirror.store import edges, objects
from tests.mirror.store.scene import Store, batch, key, record

pytestmark = pytest.mark.anyio

Walk = tuple[dict[str, int], set[tuple[str, str]]]


def to(name: str, relation: Relation) -> Reference:
    return Reference(relation, f"spec.{relation.value}[{name}]", key(name))


async def graph(store: Store, *links: tuple[str, Relation, str]) -> None:
    names = {link[0] for link in links}
    await store.writer.apply(
        batch(
            *(
                record(
                    name, references=[to(target, relation) for src, relation, target in links if src == name]
                )
                for name in names
            )
        )
    )


async def walk(
    store: Store,
    *seeds: str,
    down: Collection[str] = ("depends",),
    up: Collection[str] = (),
    depth: int = 9,
    limit: int = 99,
) -> Walk:
    def ask(connection: Connection) -> Walk:
        names = {row.id: row.name for row in objects.select(connection, present=None)}
        ids = {name: row for row, name in names.items()}
        steps, found = edges.neighbourhood(
            connection, [ids[seed] for seed in seeds], down=down, up=up, depth=depth, limit=limit
        )
        return (
            {names[row]: distance for row, distance in steps.items()},
            {(names[row.src], names[row.dst]) for row in found},
        )

    return await store.look(ask)


CHAIN = [("a", Relation.DEPENDS, "b"), ("b", Relation.DEPENDS, "c"), ("c", Relation.DEPENDS, "d")]


async def test_a_chain_is_walked_to_its_end(store: Store) -> None:
    await graph(store, *CHAIN)
    assert await walk(store, "a") == (
        {"a": 0, "b": 1, "c": 2, "d": 3},
        {("a", "b"), ("b", "c"), ("c", "d")},
    )


async def test_the_other_way_round(store: Store) -> None:
    await graph(store, *CHAIN)
    assert (await walk(store, "c", down=(), up=["depends"]))[0] == {"c": 0, "b": 1, "a": 2}
    assert (await walk(store, "c", up=["depends"]))[0] == {"c": 0, "b": 1, "d": 1, "a": 2}


@pytest.mark.parametrize(
    ("depth", "limit", "reached"),
    [(3, 4, "abcd"), (2, 99, "abc"), (0, 99, "a"), (9, 3, "abc"), (9, 1, "a"), (9, 0, "")],
)
async def test_a_walk_keeps_to_its_bounds(store: Store, depth: int, limit: int, reached: str) -> None:
    await graph(store, *CHAIN)
    steps, _ = await walk(store, "a", depth=depth, limit=limit)
    assert "".join(steps) == reached


async def test_other_relations_are_not_followed_but_shown(store: Store) -> None:
    await graph(
        store, *CHAIN, ("a", Relation.NOTIFY, "d"), ("a", Relation.NOTIFY, "far"), ("d", Relation.SOURCE, "a")
    )
    steps, found = await walk(store, "a")
    assert set(steps) == set("abcd")
    assert found >= {("a", "d"), ("d", "a")}
    assert ("a", "far") not in found


async def test_circles_end(store: Store) -> None:
    await graph(store, *CHAIN, ("d", Relation.DEPENDS, "a"), ("b", Relation.DEPENDS, "b"))
    steps, found = await walk(store, "b", up=["depends"])
    assert steps == {"b": 0, "a": 1, "c": 1, "d": 2}
    assert len(found) == 5


async def test_the_shortest_way_counts(store: Store) -> None:
    await graph(store, *CHAIN, ("a", Relation.DEPENDS, "d"))
    assert (await walk(store, "a"))[0] == {"a": 0, "b": 1, "d": 1, "c": 2}


async def test_several_seeds(store: Store) -> None:
    await graph(store, *CHAIN, ("x", Relation.DEPENDS, "c"))
    assert (await walk(store, "a", "x", "a"))[0] == {"a": 0, "x": 0, "b": 1, "c": 1, "d": 2}
    assert (await walk(store, "a", "x", limit=1))[0] == {"a": 0}
    assert await walk(store) == ({}, set())


async def test_walks_from_several_places_do_not_mix(store: Store) -> None:
    """Each has its own distances, its own bound, and its own share of what lies beyond."""
    await graph(store, *CHAIN, ("x", Relation.DEPENDS, "c"), ("far", Relation.NOTIFY, "a"))

    def ask(connection: Connection) -> list[dict[str, int]]:
        names = {row.id: row.name for row in objects.select(connection, present=None)}
        ids = {name: row for row, name in names.items()}

        def look(frontier: Sequence[int]) -> tuple[edges.Near, edges.Near]:
            found = edges.outgoing(connection, frontier, ["depends"])
            near = {row: {edge.dst for edge in found if edge.src == row} for row in frontier}
            return near | ({ids["c"]: near[ids["c"]] | {ids["far"]}} if ids["c"] in near else {}), {}

        places = [[ids["a"]], [ids["x"]], [ids["d"], ids["b"]], []]
        found = edges.walks(places, look, depth=9, limit=5)
        few = edges.walks(places, look, depth=9, limit=2)
        assert [len(steps) for steps in few] == [2, 2, 2, 0]
        return [{names[row]: distance for row, distance in steps.items()} for steps in found]

    assert await store.look(ask) == [
        {"a": 0, "b": 1, "c": 2, "d": 3, "far": 3},
        {"x": 0, "c": 1, "d": 2, "far": 2},
        {"d": 0, "b": 0, "c": 1, "far": 2},
        {},
    ]


async def test_a_hub_wider_than_one_query(store: Store) -> None:
    links = [("hub", Relation.MANAGES, f"n{n}") for n in range(1300)]
    await graph(store, *links)
    steps, found = await walk(store, "hub", down=["manages"], limit=5000)
    assert (len(steps), len(found)) == (1301, 1300)
    steps, found = await walk(store, "n1299", down=["manages"], up=["manages"], limit=100)
    assert (len(steps), len(found)) == (100, 99)


async def test_edges_of_objects(store: Store) -> None:
    await graph(store, *CHAIN)

    def ask(connection: Connection) -> tuple[list[str], list[str]]:
        ids = {row.name: row.id for row in objects.select(connection, present=None)}
        out = edges.outgoing(connection, [ids["a"], ids["c"], 4711])
        into = edges.incoming(connection, [ids["a"], ids["c"]])
        return sorted(row.field for row in out), sorted(row.field for row in into)

    assert await store.look(ask) == (["spec.depends[b]", "spec.depends[d]"], ["spec.depends[c]"])

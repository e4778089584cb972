"""What is asked of clusters that are copies of one another, before and after differences are planted."""

from __future__ import annotations

from typing import Any

import anyio

from tests.e2e.client import Server, Told, wait_for
from tests.e2e.copies import (
    CHART,
    FLAGS,
    NEWER,
    OBJECTS,
    PODINFOS,
    UPGRADED,
    VERSION,
    Copies,
    Differences,
)

__all__ = [
    "a_chart_is_found_everywhere",
    "all_is_identical",
    "exactly_what_was_planted_is_found",
    "several_at_once_are_told_the_same",
    "upgrades_are_found",
]

_A_FEW_LINES = 4


async def all_is_identical(server: Server, copies: Copies) -> None:
    """One call, a few lines, with the number of objects; whoever waits is told how far it has come."""
    told: list[Told] = []
    text, found = await server.said("compare_clusters", heard=told.append)
    assert found["clusters"] == copies.names
    assert (found["objects"], found["references"]) == ([], [])
    assert found["identical"] == OBJECTS, text
    first, *others = text.splitlines()
    assert f"{OBJECTS} objects identical" in first
    assert len(others) < _A_FEW_LINES, text
    done = [each.done for each in told]
    assert len(done) > 1
    assert done == sorted(set(done)), "each report goes on from the one before"
    assert done[-1] <= 1.0
    assert all(each.total == 1.0 and each.what for each in told)


async def a_chart_is_found_everywhere(server: Server, copies: Copies) -> None:
    """Which clusters run chart X at version Y: one call."""
    text, found = await server.said("search_fleet", query=f"chart:{CHART}@{VERSION}")
    (value,) = found["values"]
    assert (value["field"], value["value"]) == ("chart", f"{CHART} {VERSION}")
    assert value["clusters"] == copies.names
    assert value["count"] == PODINFOS * len(copies.names)
    assert (found["absent_in"], found["unknown_in"]) == ([], [])
    assert f"{len(copies.names)} clusters" in text


async def upgrades_are_found(server: Server, copies: Copies) -> None:
    """After `plant`: where the newer version runs, and where it does not."""
    found = await server.ask("search_fleet", query=f"chart:{CHART}@{NEWER}")
    (value,) = found["values"]
    assert (value["clusters"], value["count"]) == (copies.upgraded_in, len(copies.upgraded_in))
    assert {match["object"]["name"] for match in found["matches"]} == {UPGRADED}
    assert found["absent_in"] == [name for name in copies.names if name not in copies.upgraded_in]


async def exactly_what_was_planted_is_found(server: Server, copies: Copies) -> None:
    """After `plant`, once the mirror has seen it: none missing, none extra, and who is alike."""
    await _all_has_arrived(server, copies)
    found = await _until_answered(server, copies.differences(), **copies.QUESTION)
    assert found["identical"] > 0, "what it refers to is the same"
    for each in (*found["objects"], *found["references"]):
        groups = {tuple(group["clusters"]) for group in each["groups"]}
        assert groups == copies.groups(each["object_key"])
        assert each["outliers"] == copies.outliers(each["object_key"])
        assert each["missing_in"] == []
    await _everything_names_the_same(server, copies)
    await _a_baseline_makes_the_others_stand_out(server, copies)


async def several_at_once_are_told_the_same(server: Server, copies: Copies) -> None:
    """A host may send the next question before the last one is answered."""
    questions: list[tuple[str, dict[str, Any]]] = [
        ("compare_clusters", dict(copies.QUESTION)),
        ("compare_clusters", {}),
        ("search_fleet", {"query": f"chart:{CHART}"}),
        ("get_kubernetes_resources", {"kind": "hr", "name": UPGRADED}),
    ]
    alone = [_lasting(await server.ask(tool, **question)) for tool, question in questions]
    together: dict[int, Any] = {}

    async def ask(number: int) -> None:
        tool, question = questions[number]
        together[number] = _lasting(await server.ask(tool, **question))

    async with anyio.create_task_group() as calls:
        for number in range(len(questions)):
            calls.start_soon(ask, number)
    assert together == dict(enumerate(alone))


def _lasting(found: dict[str, Any]) -> dict[str, Any]:
    """Without the age of what it says."""
    return {key: value for key, value in found.items() if key != "freshness"}


async def _all_has_arrived(server: Server, copies: Copies) -> None:
    """The releases are as they were last written, also where that makes no difference."""
    question = {"kind": "hr", "namespace": "apps", "fields": ["metadata.generation"], "limit": 0}

    async def arrived() -> bool:
        found = await server.ask("get_kubernetes_resources", **question, max_tokens=100_000)
        generations = {
            (item["object"]["cluster"], item["object"]["name"]): item["fields"]["metadata.generation"]
            for item in found["items"]
        }
        return copies.generations.items() <= generations.items()

    await wait_for("the changed releases are seen", arrived)


async def _until_answered(server: Server, right: Differences, **question: Any) -> dict[str, Any]:
    seen: list[Differences] = []

    async def followed() -> dict[str, Any] | None:
        answer = await server.ask("compare_clusters", **question)
        seen.append(_differences(answer))
        return answer if seen[-1] == right else None

    found: dict[str, Any] = await wait_for(f"{question} has its answer", followed, lambda: f"{seen[-1]}")
    return found


async def _everything_names_the_same(server: Server, copies: Copies) -> None:
    """The same fields among all objects, the upgraded release and the object that one cluster lacks."""
    right = copies.all_differences()
    found = await _until_answered(server, right, max_tokens=100_000)
    missing = {each["object_key"]: each["missing_in"] for each in found["objects"] if each["missing_in"]}
    assert missing == {FLAGS: [copies.without_flags]}
    assert found["identical"] == OBJECTS - len(right)


async def _a_baseline_makes_the_others_stand_out(server: Server, copies: Copies) -> None:
    odd = copies.at(3)
    found = await server.ask("compare_clusters", **copies.QUESTION, baseline=odd)
    (release,) = found["objects"]
    assert release["outliers"] == [name for name in copies.names if name != odd]


def _differences(found: dict[str, Any]) -> Differences:
    """By object and path: what the answer says of each cluster."""
    return {
        each["object_key"]: {
            difference["path"]: {
                cluster: "(absent)" if value["absent"] else value["value"]
                for value in difference["values"]
                for cluster in value["clusters"]
            }
            for difference in each["differences"]
        }
        for each in (*found["objects"], *found["references"])
    }

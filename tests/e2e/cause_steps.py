"""What is asked when some of many clusters have broken down."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tests.e2e.breakdowns import LAST_WORDS, Breakdowns, Mend
from tests.e2e.client import Server, wait_for
from tests.e2e.fakes import Fakes

__all__ = ["every_breakdown_is_explained", "logs_are_read_when_asked_for"]


async def every_breakdown_is_explained(server: Server, breakdowns: Breakdowns) -> None:
    """Once the mirror has seen it: one call about everything names what to mend of each breakdown, and blames
    nothing else; so does one call about each symptom.
    """
    right = breakdowns.right()
    for scenario, question in breakdowns.symptoms().items():
        answer = await _until_blamed(server, [right[scenario]], **question)
        assert answer["causes"][0]["path"][0]["object"]["name"] == question["name"]
    everything = await _until_blamed(server, right.values())
    assert everything["healthy"] is False
    assert everything["omitted"]["count"] == 0
    assert [cause["rank"] for cause in everything["causes"]] == [*range(1, len(everything["causes"]) + 1)]


async def logs_are_read_when_asked_for(server: Server, fakes: Fakes) -> None:
    """With `include_logs` exactly those logs are read that the answer offers, and nothing else is."""
    before = fakes.requests_for_objects()
    offered = [cause["logs"] for cause in (await server.ask("find_root_cause"))["causes"] if cause["logs"]]
    assert offered
    assert fakes.requests_for_objects() == before
    text, found = await server.said("find_root_cause", include_logs=True)
    assert LAST_WORDS in text
    read = [each for cause in found["causes"] for each in cause["evidence"] if each["kind"] == "log"]
    assert len(read) == len(offered)
    asked = [
        (name, request.namespace, request.name, request.query["container"], request.query.get("previous"))
        for name, server in fakes.servers.items()
        for request in server.requests
        if request.subresource == "log"
    ]
    wanted = [call["arguments"] for call in offered]
    assert sorted(asked) == sorted(
        (each["cluster"], each["namespace"], each["name"], each["container"], "true") for each in wanted
    )
    assert len(fakes.requests_for_objects()) == len(before) + len(asked)


async def _until_blamed(server: Server, right: Collection[set[Mend]], **question: Any) -> dict[str, Any]:
    """The answer that blames one of each of these and nothing else."""
    seen: list[str] = []

    async def followed() -> dict[str, Any] | None:
        text, answer = await server.tried("find_root_cause", **question)
        seen.append(text)
        blamed = _blamed(answer) if answer else set()
        return answer if blamed <= set().union(*right) and all(blamed & each for each in right) else None

    found: dict[str, Any] = await wait_for(f"{question or 'all'} is explained", followed, lambda: seen[-1])
    return found


def _blamed(answer: dict[str, Any]) -> set[Mend]:
    return {
        Mend(
            cause["object"]["cluster"],
            cause["class"],
            cause["object"]["kind"],
            cause["object"]["namespace"] or "",
            cause["object"]["name"],
        )
        for cause in answer["causes"]
    }

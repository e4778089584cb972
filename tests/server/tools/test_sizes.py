"""On a fleet of many clusters: every answer keeps to its budget, and pages together are the whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from mcp import Client

from server.tools.fitting import size_of
from tests.query.stores import write_store
from tests.server.fleet import FileStore
from tests.server.planted import FLEET
from tests.server.tools.asking import ask, refusal, served_on
from tests.server.tools.test_canaries import CALLS

pytestmark = pytest.mark.anyio

CLUSTERS = [f"cluster-{number:02}" for number in range(50)]
DEFAULT_BYTES = 8_000
PICTURE = {"mermaid": 8_000, "svg": 70_000}
"""Bytes, as JSON, of a chart or drawing that was asked for: it comes besides."""
WITHOUT_LIMIT = {"get_flux_instance", "get_kubeconfig_contexts"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileStore]:
    contents = list(FLEET.values())
    fleet = {name: contents[number % 2] for number, name in enumerate(CLUSTERS)}
    with write_store(tmp_path_factory.mktemp("many") / "store.db", fleet) as reader:
        yield FileStore(reader)


@pytest.fixture
async def client(store: FileStore) -> AsyncIterator[Client]:
    async with Client(await served_on(store, *CLUSTERS)) as connected:
        yield connected


@pytest.mark.parametrize("tokens", [2_000, 600])
async def test_every_answer_of_every_tool_keeps_to_the_budget(client: Client, tokens: int) -> None:
    """At four bytes each; structured content has twice as many, and 2,000 tokens at least."""
    for tool, calls in CALLS.items():
        for arguments in (call for call in calls if call.get("name") != "staging"):
            text, found = await ask(client, tool, **arguments, max_tokens=tokens)
            assert len(text.encode()) <= tokens * 4, (tool, arguments)
            assert found["omitted"]["count"] >= 0
            besides = PICTURE.get(arguments.get("format", ""), 0)
            assert size_of(found) <= max(tokens * 8, DEFAULT_BYTES) + besides, (tool, arguments)


async def test_the_pages_of_the_status_are_all_clusters(client: Client) -> None:
    """The text tells of the whole fleet at once, the structured content of as many clusters as fit."""
    seen: list[str] = []
    failing = 0
    cursor: str | None = None
    for _ in CLUSTERS:
        text, found = await ask(client, "get_fleet_status", limit=0, cursor=cursor or "")
        assert size_of(found) <= 2 * DEFAULT_BYTES
        seen += [cluster["cluster"] for cluster in found["clusters"]]
        failing += sum(len(cluster["failing"]) for cluster in found["clusters"])
        assert found["omitted"].get("cut", {}).get("clusters", 0) == len(CLUSTERS) - len(seen)
        if cursor is None:
            assert f"in {len(CLUSTERS)} of {len(CLUSTERS)} clusters" in text.splitlines()[0]
            total = failing + found["omitted"]["count"]
        assert failing + found["omitted"]["count"] == total
        cursor = found["omitted"]["cursor"]
        if cursor is None:
            break
    assert sorted(seen) == CLUSTERS
    assert total


@pytest.mark.parametrize(
    ("tool", "question", "items"),
    [
        ("get_kubernetes_resources", {"kind": "Pod"}, "items"),
        ("get_kubernetes_resources", {"kind": "Event"}, "items"),
        ("get_kubernetes_events", {}, "events"),
        ("get_kubernetes_metrics", {}, "usage"),
        ("get_flux_instance", {}, "clusters"),
        ("get_kubernetes_api_versions", {"limit": 7}, "kinds"),
        ("search_flux_docs", {"query": "release", "limit": 2}, "matches"),
        ("search_fleet", {"query": "web", "limit": 5}, "matches"),
        ("find_root_cause", {"limit": 1, "max_tokens": 800}, "causes"),
        ("get_kubeconfig_contexts", {}, "contexts"),
    ],
)
async def test_the_pages_together_are_the_whole(
    client: Client, tool: str, question: dict[str, Any], items: str
) -> None:
    unlimited = {} if tool in WITHOUT_LIMIT else {"limit": 0}
    _, whole = await ask(client, tool, **{**question, **unlimited, "max_tokens": 100_000})
    seen: list[Any] = []
    cursor: str | None = None
    pages = 0
    for _ in range(100):
        pages += 1
        more = {"cursor": cursor} if cursor else {}
        _, found = await ask(client, tool, **{"max_tokens": 250, **question, **more})
        seen += found[items]
        beside = whole["omitted"]["count"]  # things that are counted and are no items
        assert found["omitted"]["count"] == len(whole[items]) - len(seen) + beside
        cursor = found["omitted"]["cursor"]
        if cursor is None:
            break
    assert seen == whole[items]
    assert pages > 1, "or nothing was cut"


async def test_a_cursor_does_not_serve_another_question(client: Client) -> None:
    _, found = await ask(client, "get_kubernetes_resources", kind="Pod", max_tokens=300)
    cursor = found["omitted"]["cursor"]
    refused = await refusal(client, "get_kubernetes_resources", kind="Secret", cursor=cursor)
    assert "the cursor belongs to another question" in refused
    assert "next: repeat the arguments" in refused

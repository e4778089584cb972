"""Every tool that has pages: together they are the whole answer; nothing twice, nothing lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from mcp import Client

from tests.query.stores import Content, write_store
from tests.server.fleet import FLEET, FileStore
from tests.server.planted import FLEET as PLANTED
from tests.server.tools.asking import ask, served_on

pytestmark = pytest.mark.anyio

ITEMS = {
    "get_kubernetes_resources": ("items",),
    "get_kubernetes_events": ("events",),
    "get_kubernetes_metrics": ("usage",),
    "get_kubernetes_api_versions": ("kinds",),
    "get_flux_instance": ("clusters",),
    "get_kubeconfig_contexts": ("contexts",),
    "search_fleet": ("matches",),
    "compare_clusters": ("objects", "references"),
    "find_root_cause": ("causes",),
    "trace_kubernetes_resource": ("traces",),
}
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("get_kubernetes_resources", {}),
    ("get_kubernetes_resources", {"kind": "hr", "fields": ["spec.chart", "history"]}),
    ("get_kubernetes_resources", {"kind": "hr", "name": "web"}),
    ("get_kubernetes_events", {}),
    ("get_kubernetes_metrics", {}),
    ("get_kubernetes_api_versions", {}),
    ("get_flux_instance", {}),
    ("get_kubeconfig_contexts", {}),
    ("search_fleet", {"query": "web"}),
    ("search_fleet", {"query": "image:*"}),
    ("compare_clusters", {}),
    ("compare_clusters", {"namespace": "apps"}),
    ("find_root_cause", {}),
    ("trace_kubernetes_resource", {"kind": "hr", "name": "web"}),
]
UNLIMITED = {"get_flux_instance", "get_kubeconfig_contexts", "trace_kubernetes_resource"}
"""Tools without `limit`: only the budget makes pages."""

WHOLE_TOKENS = 100_000
SMALL = {"max_tokens": 300}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileStore]:
    fleet: dict[str, Content] = {**FLEET, **{f"planted-{name}": item for name, item in PLANTED.items()}}
    with write_store(tmp_path_factory.mktemp("pages") / "store.db", fleet) as reader:
        yield FileStore(reader)


@pytest.fixture
async def client(store: FileStore) -> AsyncIterator[Client]:
    async with Client(await served_on(store, *FLEET)) as connected:
        yield connected


@pytest.mark.parametrize("page", [{"max_tokens": 300}, {"limit": 3}], ids=["size", "number"])
async def test_the_pages_are_the_whole(client: Client, page: dict[str, int]) -> None:
    for tool, asked in QUESTIONS:
        unlimited = tool in UNLIMITED
        everything = {} if unlimited else {"limit": 0}
        _, whole = await ask(client, tool, **asked, **everything, max_tokens=WHOLE_TOKENS)
        assert whole["omitted"] == {"count": 0, "cursor": None}
        every = _items(tool, whole)
        assert await _paged(client, tool, asked, SMALL if unlimited else page, len(every)) == every, tool


async def _paged(
    client: Client, tool: str, asked: dict[str, Any], page: dict[str, int], total: int
) -> list[Any]:
    """What all pages show, each of which fits and says how much is to come."""
    seen: list[Any] = []
    cursor: str | None = None
    while not seen or cursor:
        text, found = await ask(client, tool, **asked, **page, cursor=cursor or "")
        assert len(text.encode()) <= page.get("max_tokens", 2_000) * 4, tool
        seen += _items(tool, found)
        assert found["omitted"]["count"] == total - len(seen), tool
        cursor = found["omitted"]["cursor"]
    return seen


def _items(tool: str, found: dict[str, Any]) -> list[Any]:
    return [item for field in ITEMS[tool] for item in found[field]]

"""compare_clusters as a model meets it: a fleet in one call, its progress, what cannot be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.types import CallToolResult

from query.comparison.expected import Expected, ExpectedField
from server.app import create_server
from tests.query.manifests import (
    Document,
    config_map,
    helm_chart,
    helm_release,
    helm_repository,
    kustomization,
)
from tests.query.stores import Content, write_store
from tests.server.fleet import FileStore

pytestmark = pytest.mark.anyio

CLUSTERS = tuple(f"cluster-{number:02}" for number in range(10))
RELEASES = 30


def cluster(odd: bool = False) -> list[Document]:
    """A Kustomization that applies releases with their values."""
    names = [f"app-{number:02}" for number in range(RELEASES)]
    managed = [helm_repository()]
    for name in names:
        values = {"replicas": 2 if odd and name == "app-07" else 1}
        from_values = [{"kind": "ConfigMap", "name": f"{name}-values"}]
        managed += [
            helm_release(name, values=values, valuesFrom=from_values),
            config_map(f"{name}-values", {"values.yaml": "size: 1\n"}),
        ]
    apps = kustomization("apps")
    apps["status"]["inventory"] = {
        "entries": [
            {"id": f"apps_{each['metadata']['name']}_{each['apiVersion'].rpartition('/')[0]}_{each['kind']}"}
            for each in managed
        ]
    }
    return [*managed, apps, *map(helm_chart, names)]


@asynccontextmanager
async def connected(tmp_path: Path, *, odd: bool, expected: Expected | None = None) -> AsyncIterator[Client]:
    """A client of a server whose mirror has ten clusters; odd: one of them differs in one value."""

    def started() -> MCPServer[None]:
        fleet = {name: Content(objects=cluster(odd and name == "cluster-03")) for name in CLUSTERS}
        store = FileStore(write_store(tmp_path / "store.db", fleet))
        return create_server(lambda: nullcontext(store), lambda: (), expected=expected)

    async with Client(await anyio.to_thread.run_sync(started)) as client:
        yield client


def text_of(result: CallToolResult) -> str:
    return "".join(getattr(part, "text", "") for part in result.content)


async def test_ten_clusters_that_are_alike_take_a_few_lines_and_progress_is_told(tmp_path: Path) -> None:
    told: list[float] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        assert total == 1.0
        assert message
        told.append(progress)

    async with connected(tmp_path, odd=False) as client:
        result = await client.call_tool("compare_clusters", {}, progress_callback=heard)
    first, *others = text_of(result).splitlines()
    # 30 releases with their values and charts, the repository, the Kustomization.
    assert first.endswith("and 4 more: 92 objects identical")
    assert len(others) <= 3
    assert result.structured_content
    assert result.structured_content["identical"] == 92
    assert told
    assert told == sorted(told)
    assert told[-1] <= 1.0


async def test_the_one_field_that_differs_in_ten_clusters_is_found(tmp_path: Path) -> None:
    async with connected(tmp_path, odd=True) as client:
        said = text_of(await client.call_tool("compare_clusters", {}))
    assert said.startswith("HelmRelease/apps/app-07 differs between cluster-00, ")
    assert "odd one out: cluster-03\n" in said
    assert "spec.values.replicas: all but cluster-03 = 1; cluster-03 = 2\n" in said
    assert "91 more objects compared the same" in said


async def test_what_is_expected_is_only_counted(tmp_path: Path) -> None:
    rules = Expected(fields=(ExpectedField(path="spec.values.replicas"),))
    async with connected(tmp_path, odd=True, expected=rules) as client:
        result = await client.call_tool("compare_clusters", {})
    assert "92 objects identical but for 1 expected difference" in text_of(result).splitlines()[0]


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ({"clusters": ["cluster-99"]}, "no mirrored cluster matches `cluster-99`"),
        ({"clusters": ["prod-*"]}, "no mirrored cluster matches `prod-*`"),
        ({"kind": "hr", "selector": "a in (b"}, "does not parse at `a in (b`"),
        ({"kind": "hr", "name": "app-07", "baseline": "nobody"}, "no mirrored cluster matches `nobody`"),
        ({"revision": "0123456789"}, "no source holds the revision `0123456789`"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_question_that_cannot_be_asked(tmp_path: Path, question: dict[str, Any], says: str) -> None:
    async with connected(tmp_path, odd=False) as client:
        result = await client.call_tool("compare_clusters", question)
    assert result.is_error
    assert says in text_of(result)


async def test_a_selection_that_is_empty_says_what_was_looked_for(tmp_path: Path) -> None:
    async with connected(tmp_path, odd=False) as client:
        result = await client.call_tool("compare_clusters", {"kind": "deploy", "selector": "team=x"})
    assert ": no Deployment with the labels `team=x`" in text_of(result).splitlines()[0]

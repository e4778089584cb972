"""No secret in any answer of any tool: every tool is asked for what is planted, in every way it can be."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from mcp import Client

from tests.query.stores import write_store
from tests.server.fleet import FileStore
from tests.server.planted import CANARY, FLEET, KEY, fleet_under, planted, traces_of_canaries
from tests.server.tools.asking import ask, served_on

pytestmark = pytest.mark.anyio

_FINGERPRINT = re.compile(r"<masked:[0-9a-f]{12}>")
_RELEASE = {"kind": "HelmRelease", "name": "web", "namespace": "apps"}

CALLS: dict[str, list[dict[str, Any]]] = {
    "compare_clusters": [
        _RELEASE,
        {"namespace": "apps"},
        {"kind": "ConfigMap", "name": "web-config"},
    ],
    "find_root_cause": [{}, _RELEASE],
    "get_dependency_graph": [
        {"kind": "HelmRelease", "name": "web", "direction": "both"},
        {"kind": "HelmRelease", "name": "web", "format": "mermaid"},
        {"view": "delivery", "format": "svg"},
    ],
    "get_fleet_status": [{}, {"ownership": True}],
    "get_flux_instance": [{}],
    "get_kubeconfig_contexts": [{}],
    "get_kubernetes_api_versions": [{}],
    "get_kubernetes_events": [
        {},
        {"kind": "Deployment", "name": "web"},
        {"grep": CANARY[:-1]},  # the answer repeats what was asked
        {"grep": "pull"},
    ],
    "get_kubernetes_metrics": [{"pod_namespace": "apps"}],
    "get_kubernetes_resources": [
        {"kind": "Secret", "name": "web-auth"},
        {"kind": "Secret", "fields": ["data", "stringData", "metadata"]},
        {"kind": "ConfigMap", "name": "web-config"},
        {"kind": "Deployment", "name": "web"},
        {"kind": "Pod", "fields": ["spec.containers[*].env", "status"]},
        {"kind": "GitRepository", "name": "fleet"},
        {"kind": "Kustomization", "name": "apps"},
        {"kind": "HelmRelease", "name": "web"},
        {"kind": "FluxInstance", "name": "flux"},
        {"kind": "Event"},
        {},
    ],
    "read_flux_doc": [{"path": "HelmRelease.spec"}],
    "search_fleet": [
        {"query": CANARY[:-1]},  # the answer repeats what was asked
        {"query": "password"},
        {"query": "web"},
        {"query": "image:*"},
        {"query": "event:pull"},
        {"health": "Failed"},
    ],
    "search_flux_docs": [{"query": "interval"}, {"query": CANARY}],
    "set_kubeconfig_context": [{"name": "staging"}],
    "trace_kubernetes_resource": [_RELEASE, {"kind": "GitRepository", "name": "fleet"}],
}
"""What each tool is asked. A tool that is missing here fails the test: a new one shows that it keeps them."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileStore]:
    with write_store(tmp_path_factory.mktemp("planted") / "store.db", FLEET) as reader:
        yield FileStore(reader)


@pytest.fixture
async def client(store: FileStore) -> AsyncIterator[Client]:
    async with Client(await served_on(store, "production", "staging")) as connected:
        yield connected


async def test_every_tool_is_asked_and_none_tells(client: Client) -> None:
    tools = {tool.name for tool in (await client.list_tools()).tools}
    assert tools == CALLS.keys(), "each tool needs a call here"
    answers: list[str] = []
    for tool, calls in CALLS.items():
        for arguments in calls:
            text, structured = await ask(client, tool, **arguments)
            answer = f"{text}\n{json.dumps(structured)}"
            assert not traces_of_canaries(answer), (tool, arguments)
            answers.append(answer)
    everything = "\n".join(answers)
    assert "<masked" in everything, "or nothing secret was asked for"
    for name in ("web-auth", "web-config", "cannot pull https://", "failed to clone https://"):
        assert name in everything, f"{name} was not asked for"


async def test_an_answer_depends_on_the_key_in_its_fingerprints_only(client: Client, tmp_path: Path) -> None:
    """No digest of anything masked is in it, no order and no cursor that comes from one."""

    def written() -> FileStore:
        return FileStore(write_store(tmp_path / "store.db", fleet_under(b"quite another key")))

    other = await anyio.to_thread.run_sync(written)
    async with Client(await served_on(other, "production", "staging")) as under_other_key:
        for tool, calls in CALLS.items():
            for arguments in calls:
                one = await ask(client, tool, **arguments)
                two = await ask(under_other_key, tool, **arguments)
                assert _numbered(json.dumps(one)) == _numbered(json.dumps(two)), (tool, arguments)


def _numbered(text: str) -> str:
    """Fingerprints by the order in which they appear."""
    known: dict[str, str] = {}
    return _FINGERPRINT.sub(lambda found: known.setdefault(found[0], f"<masked {len(known)}>"), text)


async def test_a_secret_that_is_asked_for_by_its_value_is_not_confirmed(client: Client) -> None:
    """What is found must not depend on a value that nobody may read."""
    for fields in (["{.data[?(@.password)]}"], ["spec.values.auth.password"]):
        _, found = await ask(client, "get_kubernetes_resources", kind="hr", fields=fields)
        assert not traces_of_canaries(json.dumps(found))
    for words in (CANARY, f"{CANARY}-values", KEY.decode()):
        _, found = await ask(client, "search_fleet", query=words)
        assert found["matches"] == []


def test_the_search_would_find_a_canary() -> None:
    assert traces_of_canaries(json.dumps(planted("1.0.0")))
    assert traces_of_canaries(KEY.hex())
    assert traces_of_canaries(str(planted("1.0.0")[0]["data"])), "in base64"


async def test_no_secret_is_in_the_store(store: FileStore) -> None:
    path = store.reader.path
    for file in (path, path.with_name(f"{path.name}-wal")):
        content = await anyio.to_thread.run_sync(file.read_bytes)
        assert CANARY.encode() not in content

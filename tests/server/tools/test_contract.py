"""An agent that knows flux-operator-mcp calls our tools with the arguments it knows, and is understood.

The names of tools and arguments are facts of that server (0.58 and its successors); the answers are our own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from mcp import Client

from tests.query.stores import write_store
from tests.server.fleet import FileStore
from tests.server.planted import FLEET
from tests.server.tools.asking import ask, refusal, served_on

pytestmark = pytest.mark.anyio

_HELM = "helm.toolkit.fluxcd.io/v2"

KNOWN = {
    "get_flux_instance": set(),
    "get_kubernetes_api_versions": set(),
    "get_kubernetes_resources": {
        "apiVersion",
        "kind",
        "name",
        "namespace",
        "selector",
        "limit",
        "fields",
    },
    "get_kubernetes_metrics": {"pod_namespace", "pod_name", "pod_selector", "limit"},
    "get_kubernetes_events": {
        "apiVersion",
        "kind",
        "name",
        "namespace",
        "type",
        "since",
        "grep",
        "limit",
    },
    "trace_kubernetes_resource": {"apiVersion", "kind", "name", "namespace"},
    "search_flux_docs": {"query", "limit", "format", "path"},
    "read_flux_doc": {"path", "heading", "offset", "limit"},
    "get_kubeconfig_contexts": set(),
    "set_kubeconfig_context": {"name"},
}
"""The tools of that server that read what is mirrored, with the arguments of all its versions.

Two more read from the clusters themselves and are not offered here: get_kubernetes_logs and
diff_kubernetes_manifest.
"""

CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("get_flux_instance", {}, "Flux v2.9.4, managed by a FluxInstance"),
    ("get_kubernetes_api_versions", {}, "HelmRelease.helm.toolkit.fluxcd.io  v2"),
    ("get_kubernetes_resources", {"apiVersion": _HELM, "kind": "HelmRelease"}, "2 HelmReleases"),
    (
        "get_kubernetes_resources",
        {"apiVersion": _HELM, "kind": "HelmRelease", "name": "web", "namespace": "apps"},
        "interval: 10m",
    ),
    (
        "get_kubernetes_resources",
        {"apiVersion": "v1", "kind": "Pod", "selector": "app=web", "limit": 0},
        "web-7d4b9c6f5d-bcdfg",
    ),
    (
        "get_kubernetes_resources",
        {"apiVersion": "v1", "kind": "Pod", "selector": "app=web app=web", "limit": 10.0},
        "2 Pods",
    ),
    (
        "get_kubernetes_resources",
        {
            "apiVersion": _HELM,
            "kind": "HelmRelease",
            "fields": ["spec.interval", "{.status.conditions[?(@.type=='Ready')].reason}"],
        },
        "spec.interval: 10m",
    ),
    ("get_kubernetes_metrics", {"pod_namespace": "apps"}, "web-7d4b9c6f5d-bcdfg"),
    (
        "get_kubernetes_metrics",
        {
            "pod_namespace": "apps",
            "pod_name": "web-7d4b9c6f5d-bcdfg",
            "pod_selector": "app=web",
            "limit": 100,
        },
        "250m",
    ),
    ("get_kubernetes_events", {}, "2 events"),
    (
        "get_kubernetes_events",
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": "web",
            "namespace": "apps",
            "type": "Warning",
            "since": "1h",
            "grep": "pull|back-off",
            "limit": 100,
        },
        "Pod/apps/web-7d4b9c6f5d-bcdfg",
    ),
    (
        "trace_kubernetes_resource",
        {"apiVersion": _HELM, "kind": "HelmRelease", "name": "web", "namespace": "apps"},
        "HelmRelease/apps/web",
    ),
    (
        "search_flux_docs",
        {"query": "release interval", "limit": 1, "format": "concise"},
        "HelmRelease.spec.interval",
    ),
    ("search_flux_docs", {"query": "release interval", "path": "HelmRelease", "limit": 8}, "How often"),
    ("search_flux_docs", {"query": "release interval", "format": "complete"}, "3 fields of 1 Flux kind in"),
    ("get_kubernetes_events", {"kind": "deployment", "name": "web", "since": "1h30m"}, "2 events"),
    (
        "get_kubernetes_resources",
        {"apiVersion": _HELM, "kind": "HelmRelease", "fields": [".spec.valuesFrom[*].name"]},
        '["web-config","web-auth"]',
    ),
    (
        "read_flux_doc",
        {"path": "HelmRelease.spec", "heading": "interval", "offset": 1, "limit": 400},
        "How often",
    ),
    ("get_kubeconfig_contexts", {}, "staging"),
    ("set_kubeconfig_context", {"name": "staging"}, "are about staging from now on"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileStore]:
    with write_store(tmp_path_factory.mktemp("known") / "store.db", FLEET) as reader:
        yield FileStore(reader)


@pytest.fixture(params=["auto", "legacy"])
async def client(request: pytest.FixtureRequest, store: FileStore) -> AsyncIterator[Client]:
    async with Client(await served_on(store, "production", "staging"), mode=request.param) as connected:
        yield connected


async def test_the_calls_it_knows_get_sensible_answers(client: Client) -> None:
    for tool, arguments, words in CALLS:
        text, found = await ask(client, tool, **arguments)
        assert words in text, (tool, arguments, text)
        assert found["freshness"], tool


NARROWED: list[tuple[str, dict[str, Any], str]] = [
    (
        "get_kubernetes_resources",
        {"apiVersion": "v1", "kind": "Pod", "selector": "app=other"},
        "Nothing found: Pod with labels app=other",
    ),
    ("get_kubernetes_resources", {"apiVersion": "v1", "kind": "Pod", "limit": 1}, "1 object not shown"),
    ("get_kubernetes_events", {"type": "Normal"}, "No events about anything"),
    ("get_kubernetes_events", {"since": "1s"}, ", since 1s"),
    ("get_kubernetes_events", {"grep": "nobody"}, ", that fit the pattern"),
    ("get_kubernetes_metrics", {"pod_namespace": "apps", "pod_selector": "app=other"}, "No metrics: Pods"),
    ("get_kubernetes_metrics", {"pod_namespace": "apps", "pod_name": "other"}, "No metrics: Pods `other`"),
    ("search_flux_docs", {"query": "interval", "path": "Kustomization"}, "No field found: 0 fields"),
    ("read_flux_doc", {"path": "HelmRelease", "offset": 2}, "Fields:\nspec.interval"),
]
"""What each argument leaves out; an empty answer is an answer, and says what was looked for."""


async def test_every_argument_it_knows_does_what_it_says(client: Client) -> None:
    for tool, arguments, words in NARROWED:
        text, _ = await ask(client, tool, **arguments)
        assert words in text, (tool, arguments, text)


async def test_every_tool_and_every_argument_it_knows_is_called(client: Client) -> None:
    """Or the list above forgets one. The arguments are those that the tools declare, or more."""
    called: dict[str, set[str]] = {tool: set() for tool, _, _ in CALLS}
    for tool, arguments, _ in CALLS:
        called[tool] |= arguments.keys()
    assert called == KNOWN
    declared = {tool.name: set(tool.input_schema["properties"]) for tool in (await client.list_tools()).tools}
    assert {tool: arguments - declared[tool] for tool, arguments in KNOWN.items() if tool in declared} == {
        tool: set() for tool in KNOWN
    }


async def test_a_chosen_context_is_what_later_questions_mean(client: Client) -> None:
    """As the agent is used to; but only until a question names clusters itself."""
    await ask(client, "set_kubeconfig_context", name="staging")
    _, found = await ask(client, "get_kubernetes_resources", kind="hr")
    assert [item["object"]["cluster"] for item in found["items"]] == ["staging"]
    contexts, _ = await ask(client, "get_kubeconfig_contexts")
    assert "chosen in this session: staging" in contexts
    _, found = await ask(client, "get_kubernetes_resources", kind="hr", clusters=["*"])
    assert len(found["items"]) == 2
    _, found = await ask(client, "compare_clusters", kind="hr", name="web")
    assert found["clusters"] == ["production", "staging"]
    everything, _ = await ask(client, "set_kubeconfig_context", name="*")
    assert "all 2 clusters in sync" in everything
    _, found = await ask(client, "get_kubernetes_resources", kind="hr")
    assert len(found["items"]) == 2


async def test_a_context_that_cannot_be_chosen(client: Client) -> None:
    assert "did you mean `staging`?" in await refusal(client, "set_kubeconfig_context", name="stagin")
    _, found = await ask(client, "get_kubernetes_resources", kind="hr")
    assert len(found["items"]) == 2, "nothing is chosen"


async def test_a_choice_belongs_to_its_session(store: FileStore) -> None:
    server = await served_on(store, "production", "staging")
    async with Client(server, mode="legacy") as one, Client(server, mode="legacy") as other:
        await ask(one, "set_kubeconfig_context", name="staging")
        await ask(other, "set_kubeconfig_context", name="production")
        for client, cluster in ((one, "staging"), (other, "production")):
            _, found = await ask(client, "get_kubernetes_resources", kind="hr")
            assert [item["object"]["cluster"] for item in found["items"]] == [cluster]


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        (
            "get_kubernetes_resources",
            {"kind": "Pod", "selector": "app in web"},
            ("does not parse", "separated by"),
        ),
        ("get_kubernetes_resources", {"kind": "Pod", "fields": ["spec..x"]}, ("does not parse",)),
        ("get_kubernetes_events", {"since": "tomorrow"}, ("neither a span nor a time",)),
        ("get_kubernetes_events", {"grep": "("}, ("does not parse",)),
        ("get_kubernetes_events", {"type": "Fatal"}, ("Normal or Warning",)),
        ("get_kubernetes_metrics", {"kind": "Service"}, ("Pod or Node",)),
        ("get_kubernetes_api_versions", {"kind": "HelmReleese"}, ("did you mean `HelmRelease`",)),
        (
            "get_flux_instance",
            {"clusters": ["prod-*"]},
            ("no mirrored cluster matches", "did you mean `production`"),
        ),
        ("search_flux_docs", {"query": "??"}, ("looked for",)),
        ("read_flux_doc", {"path": "HelmRelease.spec.intervall"}, ("no field", "HelmRelease.spec.interval")),
        ("get_kubernetes_events", {"cursor": "junk"}, ("is no cursor",)),
        ("get_kubernetes_resources", {"nmespace": "x"}, ("`namespace` instead of `nmespace`",)),
        ("get_kubernetes_resources", {"limit": "many"}, ("`limit` should be a valid integer",)),
        ("trace_kubernetes_resource", {"kind": "hr"}, ("`name` is needed",)),
        ("get_kubernetes_events", {"context": "staging"}, ("no argument `context`", "`clusters` instead")),
    ],
)
async def test_bad_input_gets_an_error_that_helps(
    client: Client, tool: str, arguments: dict[str, Any], words: tuple[str, ...]
) -> None:
    text = await refusal(client, tool, **arguments)
    for word in words:
        assert word in text

"""The tools as a model meets them: over an MCP client, on a written store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.types import CallToolResult, TextContent

from mirror.errors import KubeconfigError
from query.results.answer import Context
from server.app import create_server
from server.kubecontexts import LoadContexts
from server.ports import Attach, ContainerLog, LogWanted, Store
from tests.server.fleet import CANARY, FileStore

pytestmark = pytest.mark.anyio

LIVE = {"find_root_cause"}
"""Tools that can be asked to read from the clusters themselves."""

CONTEXTS = (
    Context("staging", "https://staging.example.com", "default", True, False),
    Context("lab", "", "default", False, False, "", "names no cluster"),
)


async def served(attach: Attach, contexts: LoadContexts) -> MCPServer[None]:
    """Declaring the tools reads package files, so it is done beside the loop, as a process does before it."""
    return await anyio.to_thread.run_sync(create_server, attach, contexts)


@pytest.fixture(scope="module")
def server(store: FileStore) -> MCPServer[None]:
    """One for all clients: none of them here chooses a context, which is all that it keeps."""
    return create_server(lambda: nullcontext(store), lambda: CONTEXTS)


@pytest.fixture(params=["auto", "legacy"])
async def client(request: pytest.FixtureRequest, server: MCPServer[None]) -> AsyncIterator[Client]:
    async with Client(server, mode=request.param) as connected:
        yield connected


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def ask(client: Client, tool: str, /, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """(text, structured content) of an answer that is no error."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return text_of(result), json.loads(json.dumps(result.structured_content))


async def refusal(client: Client, tool: str, /, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return text_of(result)


async def test_the_tools_say_that_they_only_read(client: Client) -> None:
    tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == {
        "get_fleet_status",
        "compare_clusters",
        "find_root_cause",
        "get_dependency_graph",
        "trace_kubernetes_resource",
        "get_kubernetes_resources",
        "get_kubernetes_events",
        "get_kubernetes_metrics",
        "get_kubernetes_api_versions",
        "get_flux_instance",
        "search_flux_docs",
        "read_flux_doc",
        "get_kubeconfig_contexts",
        "set_kubeconfig_context",
        "search_fleet",
    }
    for tool in tools:
        assert tool.title
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.idempotent_hint is True
        assert tool.annotations.open_world_hint is (tool.name in LIVE)
        assert tool.output_schema is None


async def test_the_list_of_tools_is_small(client: Client) -> None:
    """Each conversation pays for it: at most 4,000 tokens, at four bytes each, for all tools together."""
    listed = await client.list_tools()
    whole = len(listed.model_dump_json(by_alias=True, exclude_none=True).encode())
    sizes = {tool.name: len(tool.model_dump_json(by_alias=True, exclude_none=True)) for tool in listed.tools}
    fattest = sorted(sizes.items(), key=lambda entry: -entry[1])[:5]
    assert whole / 4 <= 4_000, f"{whole / 4:.0f} tokens; the fattest, in bytes: {fattest}"
    assert fattest[0][1] <= 1_200, fattest


async def test_arguments_are_named_as_in_kubectl(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    arguments = tools["get_kubernetes_resources"].input_schema["properties"]
    assert set(arguments) == {
        "apiVersion",
        "clusters",
        "cursor",
        "fields",
        "kind",
        "limit",
        "max_age",
        "max_tokens",
        "name",
        "namespace",
        "selector",
    }
    assert arguments["clusters"]["type"] == "array"


async def test_the_server_introduces_itself(client: Client) -> None:
    assert "get_fleet_status" in (client.instructions or "")


async def test_fleet_status(client: Client) -> None:
    text, found = await ask(client, "get_fleet_status")
    assert text.startswith("1 object fails, in 1 of 3 clusters")
    assert "HelmRelease/apps/web in staging: ValuesError" in text
    assert [cluster["cluster"] for cluster in found["clusters"]] == [
        "staging",
        "production-eu",
        "production-us",
    ], "the worst first"
    assert [line["state"] for line in found["freshness"]] == ["synced"] * 3
    assert found["omitted"] == {"count": 0, "cursor": None}


async def test_clusters_are_narrowed_by_glob(client: Client) -> None:
    _, found = await ask(client, "get_fleet_status", clusters=["prod*"])
    assert [cluster["cluster"] for cluster in found["clusters"]] == ["production-eu", "production-us"]


@pytest.mark.parametrize("clusters", ["staging", '["staging"]', " staging , "])
async def test_one_cluster_may_come_without_a_list(client: Client, clusters: str) -> None:
    _, found = await ask(client, "get_fleet_status", clusters=clusters)
    assert [cluster["cluster"] for cluster in found["clusters"]] == ["staging"]


async def test_comparison_names_the_fields_that_differ(client: Client) -> None:
    text, found = await ask(client, "compare_clusters", kind="hr", name="web", namespace="apps")
    assert "spec.chart.spec.version: production-eu, production-us = 1.0.0; staging = 1.1.0" in text
    paths = [difference["path"] for difference in found["objects"][0]["differences"]]
    assert [path for path in paths if path.startswith("spec.")] == ["spec.chart.spec.version"]
    references = {reference["object_key"] for reference in found["references"]}
    assert "ConfigMap/apps/web-values" in references


async def test_root_cause_names_the_missing_object_and_the_way_to_it(client: Client) -> None:
    text, found = await ask(client, "find_root_cause", kind="HelmRelease", name="web", clusters=["staging"])
    assert text.startswith("Root cause: ConfigMap/apps/web-values in staging is missing")
    cause = found["causes"][0]
    assert cause["class"] == "Missing"
    assert [step["object"]["kind"] for step in cause["path"]] == ["HelmRelease", "ConfigMap"]
    assert cause["object"] == {
        "cluster": "staging",
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "namespace": "apps",
        "name": "web-values",
    }


async def test_root_cause_without_arguments_explains_everything(client: Client) -> None:
    _, found = await ask(client, "find_root_cause")
    assert [cause["object"]["name"] for cause in found["causes"]] == ["web-values"]
    assert found["healthy"] is False


async def test_dependency_graph_is_a_tree_of_text(client: Client) -> None:
    text, found = await ask(client, "get_dependency_graph", kind="hr", name="web", clusters=["staging"])
    assert "├─ reads ✗ ConfigMap/apps/web-values  Missing" in text
    assert found["picture"] == text
    missing = [node["object"]["name"] for node in found["nodes"] if node["health"] == "Missing"]
    assert missing == ["web-values"]


@pytest.mark.parametrize(
    ("form", "start"), [("mermaid", "flowchart LR\n"), ("svg", '<svg xmlns="http://www.w3.org/2000/svg"')]
)
async def test_the_graph_can_be_a_picture(client: Client, form: str, start: str) -> None:
    text, found = await ask(
        client, "get_dependency_graph", kind="hr", name="web", clusters=["staging"], format=form
    )
    assert found["picture"].startswith(start)
    assert "web-values" in found["picture"]
    assert (found["picture"] in text) is (form == "mermaid")
    assert text.startswith("HelmRelease/apps/web in staging needs 3 objects")


async def test_the_delivery_needs_no_object(client: Client) -> None:
    text, found = await ask(client, "get_dependency_graph", view="delivery")
    assert text.startswith("Delivery in production-eu, production-us, staging")
    assert "feeds ✓ HelmChart" in text
    assert {node["object"]["kind"] for node in found["nodes"]} >= {"GitRepository", "HelmRelease"}
    assert "kind and name are needed" in await refusal(client, "get_dependency_graph")


async def test_trace_goes_up_to_the_source(client: Client) -> None:
    text, found = await ask(
        client,
        "trace_kubernetes_resource",
        apiVersion="helm.toolkit.fluxcd.io/v2",
        kind="HelmRelease",
        name="web",
    )
    assert len(found["traces"]) == 3
    assert "from ✓ HelmChart" in text
    assert {trace["object"]["object"]["cluster"] for trace in found["traces"]} == {
        "production-eu",
        "production-us",
        "staging",
    }


async def test_logs_are_read_only_when_asked_for(store: FileStore) -> None:
    made: list[str] = []

    class Nobody:
        def read_logs(self, wanted: Sequence[LogWanted]) -> list[ContainerLog]:
            made.append("read")
            return [ContainerLog() for _ in wanted]

    def logs() -> Nobody:
        made.append("made")
        return Nobody()

    server = await anyio.to_thread.run_sync(
        lambda: create_server(lambda: nullcontext(store), tuple, logs=logs)
    )
    async with Client(server) as client:
        await ask(client, "find_root_cause")
        assert made == []
        await ask(client, "find_root_cause", include_logs=True)
        assert made == ["made", "read"]


async def test_where_no_logs_can_be_read_that_is_said(client: Client) -> None:
    assert "without include_logs" in await refusal(client, "find_root_cause", include_logs=True)


async def test_resources_are_a_table_and_a_name_gives_the_manifest(client: Client) -> None:
    text, found = await ask(client, "get_kubernetes_resources", kind="helmreleases")
    assert text.startswith("3 HelmReleases in 3 clusters: 1 Failed, 2 Ready")
    assert len(found["items"]) == 3
    text, found = await ask(
        client, "get_kubernetes_resources", kind="cm", name="notes", clusters="production-eu"
    )
    assert CANARY in text
    assert found["items"][0]["manifest"]["data"] == {"text": CANARY}


async def test_fields_are_projected(client: Client) -> None:
    text, found = await ask(
        client, "get_kubernetes_resources", kind="hr", clusters="staging", fields=["spec.chart.spec.version"]
    )
    assert "spec.chart.spec.version: 1.1.0" in text
    assert found["items"][0]["fields"] == {"spec.chart.spec.version": "1.1.0"}


async def test_nothing_found_is_an_answer(client: Client) -> None:
    text, found = await ask(client, "get_kubernetes_resources", kind="pods")
    assert text.startswith("Nothing found: Pod")
    assert "staging" in text
    assert found["items"] == []


async def test_contexts_say_what_is_mirrored(client: Client) -> None:
    _, found = await ask(client, "get_kubeconfig_contexts")
    mirrored = {context["name"]: context["mirrored"] for context in found["contexts"]}
    assert mirrored == {"staging": True, "lab": False, "production-eu": True, "production-us": True}


async def test_blank_arguments_count_as_not_said(client: Client) -> None:
    _, found = await ask(client, "get_kubernetes_resources", kind="hr", name="", namespace="", selector="")
    assert len(found["items"]) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"clusters": ["stagin"]}, ("stagin", "did you mean `staging`")),
        ({"kind": "HelmReleese"}, ("HelmReleese", "HelmRelease")),
        ({"kind": "hr", "name": "wep"}, ("wep", "web")),
        ({"max_age": 0.5}, ("staging", "older")),
    ],
)
async def test_errors_say_what_to_do(
    client: Client, arguments: dict[str, Any], words: tuple[str, ...]
) -> None:
    text = await refusal(client, "find_root_cause", **arguments)
    assert "error: " in text
    for word in words:
        assert word in text


async def test_an_invented_argument_is_refused_not_ignored(client: Client) -> None:
    text = await refusal(client, "get_fleet_status", cluster="staging")
    assert "cluster" in text
    assert "`clusters` instead of `cluster`" in text


@pytest.mark.parametrize("clusters", [{}, {"name": "staging"}, 0, False, [["staging"]]])
async def test_what_is_no_list_of_clusters_does_not_mean_all(client: Client, clusters: object) -> None:
    assert "clusters" in await refusal(client, "get_fleet_status", clusters=clusters)


async def test_a_wrong_limit_is_refused(client: Client) -> None:
    assert "limit" in await refusal(client, "get_kubernetes_resources", limit=-1)


async def test_a_failed_start_is_reported_by_the_call_and_mended_by_the_next(store: FileStore) -> None:
    mended: list[bool] = []

    def attach() -> AbstractContextManager[Store]:
        if not mended:
            raise KubeconfigError("no kubeconfig found", hint="set KUBECONFIG")
        return nullcontext(store)

    async with Client(await served(attach, tuple)) as client:
        assert "next: set KUBECONFIG" in await refusal(client, "get_fleet_status")
        mended.append(True)
        await ask(client, "get_fleet_status")


async def test_a_defect_of_ours_is_not_shown_to_the_model() -> None:
    def attach() -> AbstractContextManager[Store]:
        raise KubeconfigError("later")

    def contexts() -> tuple[Context, ...]:
        raise ZeroDivisionError("planted-detail")

    async with Client(await served(attach, contexts)) as client:
        assert "planted-detail" not in await refusal(client, "get_kubeconfig_contexts")


async def test_the_store_is_left_when_the_server_ends(store: FileStore) -> None:
    left: list[str] = []

    class Attachment(nullcontext[Store]):
        def __exit__(self, *_: object) -> None:
            left.append("left")

    async with Client(await served(lambda: Attachment(store), tuple)) as client:
        await ask(client, "get_fleet_status")
        assert left == []
    assert left == ["left"]


async def test_which_clusters_run_a_chart_is_one_call(client: Client) -> None:
    text, found = await ask(client, "search_fleet", query="chart:web")
    places = {value["value"]: value["clusters"] for value in found["values"]}
    assert places == {"web 1.0.0": ["production-eu", "production-us"], "web": ["staging"]}
    assert "web 1.0.0  2 releases  2 clusters: production-eu, production-us" in text


async def test_search_finds_what_is_said_in_any_cluster(client: Client) -> None:
    text, found = await ask(client, "search_fleet", query="could not resolve", kind="hr")
    assert [match["object"]["cluster"] for match in found["matches"]] == ["staging"]
    assert text.startswith("1 match in staging\n")


async def test_an_empty_search_is_refused_with_a_hint(client: Client) -> None:
    assert "the query is empty" in await refusal(client, "search_fleet", query=" ")


async def test_status_tells_who_owns_what_when_asked(client: Client) -> None:
    _, plain = await ask(client, "get_fleet_status")
    text, found = await ask(client, "get_fleet_status", ownership=True)
    assert plain["ownership"] is None
    assert found["ownership"]["claimed_twice"] == 0
    assert "wnership" in text

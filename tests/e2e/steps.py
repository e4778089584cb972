"""What a person asks of two clusters, and what the right answers are. Runs on fake and on real servers."""

from __future__ import annotations

import base64
import os
import signal
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from mirror.store.lease import mirror_pid
from mirror.store.paths import StorePaths
from tests.controlplane.api import Api, Object
from tests.controlplane.fleet import PRODUCTION, SECRET_VALUE, STAGING, Fault, fleet
from tests.controlplane.workloads import config_map
from tests.e2e.client import Server, wait_for

__all__ = [
    "NEWS",
    "a_handful_of_texts",
    "a_kind_nobody_mirrors_is_had_by_asking",
    "all_synced",
    "ask_everything",
    "changes_are_followed",
    "comparison_names_the_planted_differences",
    "goes_stale",
    "kill_mirror",
    "news_is_seen",
    "no_secret_in",
    "production_objects",
    "root_causes_are_right",
    "staging_objects",
]

_PLANTED = {
    "spec.chart.spec.version",
    "spec.values.ingress.host",
    "spec.values.replicaCount",
    "spec.values.resources.limits.memory",
}
"""The fields in which the two podinfo releases differ."""

_CANARY = "planted-canary"
_ENCODED_CANARY = base64.b64encode(_CANARY.encode())[:-4].decode()


def staging_objects() -> list[Object]:
    """Everything is healthy."""
    return fleet(STAGING)


def production_objects() -> list[Object]:
    """Differs from staging as environments do, and has three independent faults."""
    return fleet(PRODUCTION, list(Fault))


async def all_synced(server: Server, names: Collection[str] = ("staging", "production")) -> dict[str, Any]:
    """The fleet's status once all clusters of these names, and no others, are complete."""

    async def synced() -> dict[str, Any] | None:
        status = await server.ask("get_fleet_status", max_tokens=100_000)  # a line for each cluster
        states = {
            entry["cluster"]: "cannot see all" if entry["not_visible"] else entry["state"]
            for entry in status["freshness"]
        }
        seen.append(str(status["freshness"]))
        return status if states == dict.fromkeys(names, "synced") else None

    seen: list[str] = []
    found: dict[str, Any] = await wait_for("all clusters are synced", synced, lambda: seen[-1])
    return found


async def a_kind_nobody_mirrors_is_had_by_asking(server: Server, api: Api) -> None:
    """The first question about it is answered with what is there, not with an empty list."""
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    }
    await api.create(budget)
    found = await server.ask("get_kubernetes_resources", kind="pdb", namespace="apps")
    assert [item["object"]["name"] for item in found["items"]] == ["web"]


async def comparison_names_the_planted_differences(server: Server) -> None:
    """Exactly the fields that differ: none missing, none extra."""
    found = await server.ask("compare_clusters", kind="HelmRelease", name="podinfo", namespace="apps")
    assert found["clusters"] == ["production", "staging"]
    (release,) = found["objects"]
    assert release["object_key"] == "HelmRelease/apps/podinfo"
    differences = {entry["path"]: entry["values"] for entry in release["differences"]}
    assert {path for path in differences if path.startswith("spec.")} == _PLANTED
    replicas = {tuple(entry["clusters"]): entry["value"] for entry in differences["spec.values.replicaCount"]}
    assert replicas == {("staging",): 1, ("production",): 3}
    referenced = {entry["object_key"] for entry in found["references"]}
    assert "ConfigMap/apps/podinfo-values" in referenced
    assert "HelmRepository/apps/charts" not in referenced

    whole = await server.ask("compare_clusters", namespace="apps")
    keys = {entry["object_key"] for entry in whole["objects"]}
    assert {"HelmRelease/apps/podinfo", "HelmRelease/apps/shop", "HelmRepository/apps/retired"} <= keys
    assert not keys & {"HelmRelease/apps/backend", "HelmRepository/apps/charts", "Deployment/apps/backend"}
    missing = {entry["object_key"]: entry["missing_in"] for entry in whole["objects"]}
    assert missing["HelmRelease/apps/shop"] == ["staging"]

    images = {
        tuple(group["clusters"]): [image.partition("@")[0] for image in group["images"]]
        for group in found["running"][0]["groups"]
    }
    assert images == {
        ("production",): ["ghcr.io/stefanprodan/podinfo:6.7.1"],
        ("staging",): ["ghcr.io/stefanprodan/podinfo:6.8.0"],
    }
    everything = await server.ask("compare_clusters", max_tokens=20_000)
    managed = {entry["object_key"] for entry in everything["objects"]}
    assert {"HelmRelease/apps/podinfo", "Kustomization/flux-system/apps"} <= managed
    assert "HelmRelease/apps/backend" not in managed
    source = await server.ask("compare_clusters", kind="GitRepository", name="flux-system")
    assert {state["cluster"] for state in source["revisions"]} == {"production", "staging"}


async def root_causes_are_right(server: Server) -> None:
    """Three faults, three objects, each with the path that leads to it."""
    shop = await _first_cause(server, kind="HelmRelease", name="shop")
    assert _named(shop["object"]) == ("production", "HelmRepository", "apps", "retired")
    kinds = [step["object"]["kind"] for step in shop["path"]]
    assert kinds == ["HelmRelease", "HelmChart", "HelmRepository"]

    apps = await _first_cause(server, kind="Kustomization", name="apps", clusters=["production"])
    assert _named(apps["object"]) == ("production", "Kustomization", "flux-system", "infra-controllers")
    names = [step["object"]["name"] for step in apps["path"]]
    assert names == ["apps", "infra-configs", "infra-controllers"]
    assert [step["relation"] for step in apps["path"][1:]] == ["depends", "depends"]

    checkout = await _first_cause(server, kind="hr", name="checkout")
    assert _named(checkout["object"]) == ("production", "ConfigMap", "apps", "checkout-values")
    assert checkout["class"] == "Missing"
    assert checkout["path"][-1]["field"].startswith("spec.valuesFrom")
    assert checkout["next_step"]

    healthy = await server.ask("find_root_cause", kind="HelmRelease", name="backend")
    assert healthy["healthy"] is True
    assert healthy["causes"] == []
    staging = await server.ask("find_root_cause", clusters=["staging"])
    assert staging["healthy"] is True


async def ask_everything(server: Server) -> None:
    """One call of each tool."""
    status = await server.ask("get_fleet_status")
    failing = {
        (cluster["cluster"], item["object"]["kind"], item["object"]["name"])
        for cluster in status["clusters"]
        for item in cluster["failing"]
    }
    assert ("production", "HelmRepository", "retired") in failing
    assert not [entry for entry in failing if entry[0] == "staging"]
    releases = await server.ask("get_kubernetes_resources", kind="helmreleases", namespace="apps")
    assert {(item["object"]["cluster"], item["object"]["name"]) for item in releases["items"]} == {
        ("staging", "podinfo"),
        ("staging", "backend"),
        ("production", "podinfo"),
        ("production", "backend"),
        ("production", "shop"),
        ("production", "checkout"),
    }
    contexts = await server.ask("get_kubeconfig_contexts")
    assert {entry["name"] for entry in contexts["contexts"]} == {"staging", "production"}
    graph = await server.ask("get_dependency_graph", kind="HelmRelease", name="checkout")
    assert any(node["object"]["name"] == "checkout-values" for node in graph["nodes"])
    (traced,) = (await server.ask("trace_kubernetes_resource", kind="hr", name="checkout"))["traces"]
    assert [step["object"]["name"] for step in traced["managed_by"]] == ["apps", "flux-system"]
    events = await server.ask("get_kubernetes_events", clusters=["production"], limit=0)
    assert {event["object"]["cluster"] for event in events["events"]} <= {"production"}
    versions = await server.ask("get_kubernetes_api_versions", kind="hr")
    assert [kind["skew"] for kind in versions["kinds"]] == [False]
    installed = await server.ask("get_flux_instance")
    assert [entry["cluster"] for entry in installed["clusters"]]
    assert "HelmRelez" in await server.refused("get_kubernetes_resources", kind="HelmRelez")
    assert "podinfo" in await server.refused("find_root_cause", kind="HelmRelease", name="podinfu")
    await comparison_names_the_planted_differences(server)
    await root_causes_are_right(server)


async def a_handful_of_texts(server: Server) -> dict[str, str]:
    """What a person reads who asks about the fleet; without the line that says how old it is."""
    release = {"kind": "HelmRelease", "name": "podinfo", "namespace": "apps"}
    questions: list[tuple[str, dict[str, Any]]] = [
        ("find_root_cause", {}),
        ("find_root_cause", {"kind": "Kustomization", "name": "apps", "clusters": ["production"]}),
        ("compare_clusters", release),
        ("compare_clusters", {}),
        ("get_fleet_status", {}),
        ("get_kubernetes_resources", {"kind": "hr", "fields": ["spec.chart.spec.version", "spec.values"]}),
        ("get_kubernetes_events", {"type": "Warning", "grep": "not ready|404|dry-run"}),
        ("get_dependency_graph", {**release, "clusters": ["staging"]}),
        ("trace_kubernetes_resource", {"kind": "Deployment", "name": "backend"}),
        ("search_fleet", {"query": "chart:podinfo"}),
        ("search_fleet", {"query": "image:backend"}),
    ]
    texts = {}
    for tool, question in questions:
        text, _ = await server.said(tool, **question)
        texts[f"{tool} {question}"] = text.partition("\n\nData: ")[0]
    return texts


async def changes_are_followed(server: Server, staging: Api, production: Api) -> None:
    """What is changed, created and deleted on the servers shows in the answers."""
    release = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "podinfo", "namespace": "apps"},
    }
    await staging.patch(release, {"spec": {"values": {"replicaCount": 3}}})

    async def equal_now() -> bool:
        found = await server.ask("compare_clusters", kind="HelmRelease", name="podinfo", namespace="apps")
        return "spec.values.replicaCount" not in {
            entry["path"] for entry in found["objects"][0]["differences"]
        }

    await wait_for("the change of staging's podinfo is seen", equal_now)
    values = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "checkout-values", "namespace": "apps"},
    }
    await production.create(values | {"data": {"values.yaml": "limits: {}\n"}})

    async def found_values(number: int) -> bool:
        found = await server.ask("get_kubernetes_resources", kind="ConfigMap", name="checkout-values")
        return len(found["items"]) == number

    await wait_for("the new ConfigMap is seen", partial(found_values, 1))
    await production.delete(values)

    async def missing_again() -> bool:
        found = await server.ask("find_root_cause", kind="HelmRelease", name="checkout")
        return bool(found["causes"]) and found["causes"][0]["object"]["name"] == "checkout-values"

    await wait_for("the deletion of the ConfigMap is seen", missing_again)


NEWS = config_map("made-while-away", "apps", {})
"""Created on production while the mirror cannot see it."""


async def goes_stale(server: Server, cluster: str) -> None:
    """The cluster is marked stale with its age and the reason; the others stay synced."""

    async def is_stale() -> dict[str, Any] | None:
        found = await server.ask("get_fleet_status")
        states = {entry["cluster"]: entry for entry in found["freshness"]}
        return states if states[cluster]["state"] == "stale" else None

    states = await wait_for(f"{cluster} is stale", is_stale)
    assert states[cluster]["age_s"] is not None
    assert states[cluster]["error"]
    assert [name for name, entry in states.items() if entry["state"] != "synced"] == [cluster]


async def news_is_seen(server: Server) -> None:
    """What was created while production was away arrives: a watch that is open may be a moment behind."""

    async def seen() -> bool:
        found = await server.ask("get_kubernetes_resources", kind="ConfigMap", name=NEWS["metadata"]["name"])
        return [item["object"]["cluster"] for item in found["items"]] == ["production"]

    await wait_for("what was created meanwhile is seen", seen)


async def kill_mirror(server: Server, store: Path) -> None:
    """kill -9; the next question starts another mirror."""
    first = await anyio.to_thread.run_sync(mirror_pid, StorePaths(store))
    assert first is not None
    os.kill(first, signal.SIGKILL)

    async def another() -> bool:
        await server.ask("get_fleet_status")
        pid = await anyio.to_thread.run_sync(mirror_pid, StorePaths(store))
        return pid not in (None, first)

    await wait_for("another mirror runs", another)


def no_secret_in(server: Server, folder: Path) -> None:
    """The planted values are in no file of the store's folder and in no answer. Blocks (files)."""
    for text in server.texts:
        assert _CANARY not in text
        assert _ENCODED_CANARY not in text
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name.endswith(".db") for path in files)
    for path in files:
        content = path.read_bytes()
        assert _CANARY.encode() not in content, path
        assert _ENCODED_CANARY.encode() not in content, path
    assert SECRET_VALUE.startswith(_CANARY), "or this test looks for nothing"


async def _first_cause(server: Server, **question: Any) -> dict[str, Any]:
    found = await server.ask("find_root_cause", **question)
    assert found["healthy"] is False
    cause: dict[str, Any] = found["causes"][0]
    assert cause["rank"] == 1
    return cause


def _named(ref: dict[str, Any]) -> tuple[str, str, str, str]:
    return ref["cluster"], ref["kind"], ref["namespace"], ref["name"]

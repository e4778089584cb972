"""Discovery, version and health as clients of real API servers know them."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.keys import ObjectKey, Resource
from mirror.testing import Behaviour, FakeAPIServer, FakeCluster, crd
from tests.mirror.testing.api import WIDGETS, Api

pytestmark = pytest.mark.anyio

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
ACCEPT = {"Accept": f"{AGGREGATED},application/json"}


def groups(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["metadata"].get("name", ""): item for item in document["items"]}


def resources(group: dict[str, Any], version: int = 0) -> dict[str, dict[str, Any]]:
    return {entry["resource"]: entry for entry in group["versions"][version]["resources"]}


async def test_two_requests_describe_everything(api: Api) -> None:
    core = await api.get("/api", ACCEPT)
    assert core.headers["Content-Type"] == AGGREGATED
    pods = resources(groups(core.json)[""])["pods"]
    assert pods["responseKind"] == {"group": "", "version": "v1", "kind": "Pod"}
    assert (pods["scope"], pods["singularResource"], pods["shortNames"]) == ("Namespaced", "pod", ["po"])
    assert {"get", "list", "watch"} <= set(pods["verbs"])
    assert pods["subresources"][0]["subresource"] == "status"
    named = groups((await api.get("/apis", ACCEPT)).json)
    assert "deployments" in resources(named["apps"])
    assert resources(named["apiextensions.k8s.io"])["customresourcedefinitions"]["scope"] == "Cluster"
    assert "" not in named


async def test_an_etag_saves_the_second_transfer(cluster: FakeCluster, api: Api) -> None:
    first = await api.get("/apis", ACCEPT)
    same = await api.get("/apis", {**ACCEPT, "If-None-Match": first.headers["ETag"]})
    assert (same.status, same.raw) == (304, b"")
    cluster.create(crd("lab.example.com", "Widget", "widgets"))
    other = await api.get("/apis", {**ACCEPT, "If-None-Match": first.headers["ETag"]})
    assert other.status == 200
    assert other.headers["ETag"] != first.headers["ETag"]


async def test_a_client_that_asks_for_plain_json_gets_the_old_form(api: Api) -> None:
    assert (await api.get("/api")).json["versions"] == ["v1"]
    listed = (await api.get("/apis", {"Accept": "application/json"})).json
    assert listed["kind"] == "APIGroupList"
    apps = next(group for group in listed["groups"] if group["name"] == "apps")
    assert apps["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert (await api.get("/apis/apps")).json["kind"] == "APIGroup"


async def test_an_old_server_knows_only_the_old_form(behaviour: Behaviour, api: Api) -> None:
    behaviour.legacy_discovery = True
    answer = await api.get("/apis", ACCEPT)
    assert (answer.json["kind"], answer.headers["Content-Type"]) == ("APIGroupList", "application/json")
    assert (await api.get("/apis", {"Accept": AGGREGATED})).status == 406


async def test_the_old_form_has_one_document_per_version(api: Api) -> None:
    listed = (await api.get("/apis/apps/v1")).json
    assert (listed["kind"], listed["groupVersion"]) == ("APIResourceList", "apps/v1")
    names = {entry["name"]: entry for entry in listed["resources"]}
    assert names["deployments"]["namespaced"] is True
    assert names["deployments/status"]["verbs"] == ["get", "patch", "update"]
    assert (await api.get("/api/v1")).json["groupVersion"] == "v1"
    assert (await api.get("/apis/nothing.example.com")).status == 404
    assert (await api.get("/apis/apps/v9")).status == 404


async def test_a_crd_is_discovered_while_it_exists(cluster: FakeCluster, api: Api) -> None:
    cluster.create(
        crd("lab.example.com", "Widget", "widgets", versions=("v1beta1", "v1"), short_names=["wd"])
    )
    found = groups((await api.get("/apis", ACCEPT)).json)["lab.example.com"]
    assert [version["version"] for version in found["versions"]] == ["v1", "v1beta1"]
    assert resources(found)["widgets"]["shortNames"] == ["wd"]
    cluster.delete(
        ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.lab.example.com")
    )
    assert "lab.example.com" not in groups((await api.get("/apis", ACCEPT)).json)


async def test_a_crd_is_served_only_once_established(cluster: FakeCluster, api: Api) -> None:
    cluster.registry.auto_establish = False
    cluster.create(crd("lab.example.com", "Widget", "widgets"))
    assert (await api.get(WIDGETS)).status == 404
    cluster.establish("widgets.lab.example.com")
    assert (await api.get(WIDGETS)).status == 200


async def test_a_dropped_version_is_404_and_its_objects_stay(cluster: FakeCluster, api: Api) -> None:
    cluster.create(crd("lab.example.com", "Widget", "widgets", versions=("v1", "v1beta1")))
    cluster.create(
        {
            "apiVersion": "lab.example.com/v1beta1",
            "kind": "Widget",
            "metadata": {"name": "w", "namespace": "default"},
        }
    )
    assert (
        (await api.get(WIDGETS.replace("v1/", "v1beta1/"))).json["items"][0]["apiVersion"].endswith("v1beta1")
    )
    cluster.apply(crd("lab.example.com", "Widget", "widgets", versions=("v1",)))
    assert (await api.get(WIDGETS.replace("v1/", "v1beta1/"))).status == 404
    assert (await api.get(WIDGETS)).names == ["w"]


async def test_a_hidden_group_is_missing_from_every_form(server: FakeAPIServer, api: Api) -> None:
    server.faults.hide_group("apps")
    assert "apps" not in groups((await api.get("/apis", ACCEPT)).json)
    assert (await api.get("/apis/apps/v1")).status == 404
    server.faults.clear()
    assert "apps" in groups((await api.get("/apis", ACCEPT)).json)


async def test_a_stale_group_fails_alone(cluster: FakeCluster, server: FakeAPIServer, api: Api) -> None:
    cluster.register(Resource("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", True), custom=False)
    server.faults.make_group_stale("metrics.k8s.io")
    found = groups((await api.get("/apis", ACCEPT)).json)
    assert found["metrics.k8s.io"]["versions"][0] == {
        "version": "v1beta1",
        "resources": [],
        "freshness": "Stale",
    }
    assert found["apps"]["versions"][0]["freshness"] == "Current"
    assert (await api.get("/apis/metrics.k8s.io/v1beta1")).status == 503
    assert (await api.get("/apis/metrics.k8s.io/v1beta1/pods")).json["reason"] == "ServiceUnavailable"
    assert (await api.get("/apis/apps/v1")).status == 200


async def test_version_and_health(behaviour: Behaviour, api: Api) -> None:
    behaviour.git_version = "v1.33.1-eks-1"
    version = (await api.get("/version")).json
    assert (version["major"], version["minor"], version["gitVersion"]) == ("1", "33", "v1.33.1-eks-1")
    for path in ("/livez", "/readyz"):
        assert (await api.get(path)).raw == b"ok"
    assert (await api.get("/nothing/here")).status == 404

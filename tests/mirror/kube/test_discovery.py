"""What a server serves, asked in the new way and in the old one; what cannot be read is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from mirror.errors import ForbiddenError, NotFoundError, ProtocolError, UnauthorizedError
from mirror.keys import GroupKind, Resource
from mirror.kube.discovery import Discovery, discover, server_version
from tests.mirror.kube.wire import answer, serve_and_connect, status

pytestmark = pytest.mark.anyio

FLUX = "source.toolkit.fluxcd.io"
WATCHED = ["delete", "get", "list", "patch", "watch"]


def aggregated(plural: str, kind: str, scope: str = "Namespaced", **more: Any) -> dict[str, Any]:
    kinds = {"group": "", "version": "", "kind": kind}
    return {"resource": plural, "responseKind": kinds, "scope": scope, "verbs": WATCHED} | more


def group(name: str, **versions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "creationTimestamp": None},
        "versions": [
            {"version": version, "resources": resources, "freshness": "Current"}
            for version, resources in versions.items()
        ],
    }


def aggregation(*groups: dict[str, Any], version: str = "v2") -> dict[str, Any]:
    return {"kind": "APIGroupDiscoveryList", "apiVersion": f"apidiscovery.k8s.io/{version}", "items": groups}


def plain(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": WATCHED} | more


def resources(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "APIResourceList", "apiVersion": "v1", "resources": entries}


def groups(**versions: list[str]) -> dict[str, Any]:
    """An APIGroupList; underscores in names stand for dots, the first version is the preferred one."""
    return {
        "kind": "APIGroupList",
        "groups": [
            {
                "name": name.replace("_", "."),
                "versions": [{"groupVersion": f"{name.replace('_', '.')}/{v}"} for v in sorted(served)],
                "preferredVersion": {"groupVersion": f"{name.replace('_', '.')}/{served[0]}"},
            }
            for name, served in versions.items()
        ],
    }


API_VERSIONS = {"kind": "APIVersions", "versions": ["v1"]}
PODS = plain("pods", "Pod", singularName="pod", shortNames=["po"])


@asynccontextmanager
async def serving(pages: dict[str, Any]) -> AsyncIterator[tuple[Any, Any]]:
    """A server with these documents; a Status is sent with its code, what is missing is 404."""

    async def handler(request: web.Request) -> web.StreamResponse:
        document = pages.get(request.path)
        if document is None:
            return web.Response(status=404, text="404 page not found")
        return answer(document, document.get("code", 200))

    async with serve_and_connect(handler) as (server, client):
        yield server, client


async def discovered(pages: dict[str, Any]) -> Discovery:
    async with serving(pages) as (_, client):
        return await discover(client)


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
async def test_aggregated_discovery_takes_two_requests(version: str) -> None:
    bucket = aggregated("buckets", "Bucket", singularResource="bucket", shortNames=["bk"])
    pages = {
        "/api": aggregation(
            group("", v1=[aggregated("namespaces", "Namespace", "Cluster")]), version=version
        ),
        "/apis": aggregation(group(FLUX, v1=[bucket]), version=version),
    }
    async with serving(pages) as (server, client):
        found = await discover(client)
        assert client.requests_total == 2
    assert found.resources == (
        Resource("", "v1", "Namespace", "namespaces", False, verbs=frozenset(WATCHED)),
        Resource(FLUX, "v1", "Bucket", "buckets", True, "bucket", ("bk",), frozenset(WATCHED)),
    )
    assert found.errors == {}
    assert server.requests[0].headers["Accept"] == (
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
    )


async def test_one_resource_per_kind_in_the_version_the_server_prefers() -> None:
    chart = aggregated("helmcharts", "HelmChart")
    pages = {
        "/api": aggregation(),
        "/apis": aggregation(group(FLUX, v1=[chart], v1beta2=[chart, aggregated("olds", "Old")])),
    }
    found = await discovered(pages)
    assert [(r.kind, r.version) for r in found.resources] == [("HelmChart", "v1"), ("Old", "v1beta2")]
    assert found.versions == {
        GroupKind(FLUX, "HelmChart"): ("v1", "v1beta2"),
        GroupKind(FLUX, "Old"): ("v1beta2",),
    }
    assert found.find(FLUX, "HelmChart") == found.resources[0]
    assert found.find("", "HelmChart") is None


async def test_what_cannot_be_listed_and_watched_is_left_out() -> None:
    entries = [
        aggregated("reviews", "Review", verbs=["create"]),
        aggregated("metrics", "Metric", verbs=["get", "list"]),
        aggregated("nothings", "", subresources=[{"subresource": "status"}]),
        aggregated("nulls", "Null", responseKind=None),
    ]
    found = await discovered({"/api": aggregation(group("", v1=entries)), "/apis": aggregation()})
    assert found.resources == ()
    assert found.versions == {}


async def test_a_stale_group_version_is_named_and_not_believed() -> None:
    stale = group("metrics.example.org", v1=[aggregated("things", "Thing")])
    stale["versions"][0]["freshness"] = "Stale"
    current = group("metrics.example.org", v1beta1=[aggregated("things", "Thing")])
    stale["versions"] += current["versions"]
    found = await discovered({"/api": aggregation(), "/apis": aggregation(stale)})
    assert [(r.kind, r.version) for r in found.resources] == [("Thing", "v1beta1")]
    assert list(found.errors) == ["metrics.example.org/v1"]
    assert found.stale_groups == {"metrics.example.org"}


async def test_an_old_server_is_asked_group_by_group() -> None:
    found = await discovered(
        {
            "/api": API_VERSIONS,
            "/api/v1": resources(
                PODS, plain("pods/status", "Pod"), plain("bindings", "Binding", verbs=["create"])
            ),
            "/apis": groups(apps=["v1", "v1beta1"]),
            "/apis/apps/v1": resources(plain("deployments", "Deployment")),
            "/apis/apps/v1beta1": resources(
                plain("deployments", "Deployment"), plain("olds", "Old", verbs=None)
            ),
        }
    )
    assert [(r.api_version, r.kind) for r in found.resources] == [("v1", "Pod"), ("apps/v1", "Deployment")]
    assert found.resources[0] == Resource("", "v1", "Pod", "pods", True, "pod", ("po",), frozenset(WATCHED))
    assert found.versions[GroupKind("apps", "Deployment")] == ("v1", "v1beta1")


async def test_the_preferred_version_need_not_be_the_first_in_the_list() -> None:
    things = resources(plain("things", "Thing"))
    pages = {
        "/api": API_VERSIONS,
        "/apis": groups(x=["v2", "v1"]),
        "/apis/x/v1": things,
        "/apis/x/v2": things,
    }
    found = await discovered(pages | {"/api/v1": resources()})
    assert [r.version for r in found.resources] == ["v2"]


@pytest.mark.parametrize(
    "broken",
    [
        status(503, "ServiceUnavailable"),
        status(403, "Forbidden"),
        {"kind": "Table"},
        {"kind": "APIResourceList", "resources": 5},
    ],
    ids=["unavailable", "forbidden", "another kind", "junk"],
)
async def test_one_broken_group_does_not_spoil_the_rest(broken: dict[str, Any]) -> None:
    """[TestServerGroupsWithBrokenServer]"""
    found = await discovered(
        {
            "/api": API_VERSIONS,
            "/api/v1": resources(PODS),
            "/apis": groups(apps=["v1"], metrics_k8s_io=["v1beta1"]),
            "/apis/apps/v1": resources(plain("deployments", "Deployment")),
            "/apis/metrics.k8s.io/v1beta1": broken,
        }
    )
    assert [r.kind for r in found.resources] == ["Pod", "Deployment"]
    assert list(found.errors) == ["metrics.k8s.io/v1beta1"]
    assert found.stale_groups == {"metrics.k8s.io"}


async def test_a_broken_core_group_is_named_by_its_empty_name() -> None:
    found = await discovered({"/api": API_VERSIONS, "/api/v1": status(500), "/apis": groups()})
    assert found.stale_groups == {""}


async def test_credentials_that_are_refused_midway_spoil_everything() -> None:
    pages = {"/api": API_VERSIONS, "/api/v1": status(401, "Unauthorized"), "/apis": groups()}
    with pytest.raises(UnauthorizedError):
        await discovered(pages)


async def test_a_server_without_the_core_group_is_a_server() -> None:
    found = await discovered({"/apis": aggregation(group(FLUX, v1=[aggregated("buckets", "Bucket")]))})
    assert [r.kind for r in found.resources] == ["Bucket"]


@pytest.mark.parametrize(
    ("pages", "error"),
    [
        ({}, NotFoundError),
        ({"/api": status(403, "Forbidden")}, ForbiddenError),
        ({"/api": {"kind": "PodList"}, "/apis": aggregation()}, ProtocolError),
        ({"/api": {"kind": "APIGroupDiscoveryList", "items": 5}, "/apis": aggregation()}, ProtocolError),
    ],
)
async def test_a_server_that_cannot_be_read_at_all(pages: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        await discovered(pages)


async def test_the_servers_version() -> None:
    async with serving({"/version": {"major": "1", "gitVersion": "v1.35.4"}}) as (_, client):
        assert await server_version(client) == "v1.35.4"
    async with serving({"/version": {"major": "1"}}) as (_, client):
        with pytest.raises(ProtocolError, match="no gitVersion"):
            await server_version(client)

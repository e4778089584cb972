"""Authentication, impersonation, authorization, TLS, and the log of requests."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import NamedTuple

import aiohttp
import pytest
import trustme
from aiohttp import web

from mirror.testing import FakeAPIServer, FakeCluster, RequestInfo, User
from tests.mirror.testing.api import CONFIGMAPS, PODS, Api, configmap

pytestmark = pytest.mark.anyio

ALICE = {"Authorization": "Bearer alice-token"}


@pytest.fixture
async def guarded(cluster: FakeCluster) -> AsyncIterator[FakeAPIServer]:
    async with FakeAPIServer(cluster, tokens={"alice-token": "alice", "bob-token": User("bob")}) as running:
        yield running


@pytest.fixture
def near(guarded: FakeAPIServer, api: Api) -> Api:
    return Api(api.session, guarded.url)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
async def test_no_valid_token_is_401(near: Api, guarded: FakeAPIServer, headers: dict[str, str]) -> None:
    answer = await near.get(PODS, headers)
    assert (answer.status, answer.json["reason"], answer.json["message"]) == (
        401,
        "Unauthorized",
        "Unauthorized",
    )
    assert guarded.requests[-1].status == 401


async def test_a_token_names_its_user_and_can_be_revoked(near: Api, guarded: FakeAPIServer) -> None:
    assert (await near.get(PODS, ALICE)).status == 200
    assert guarded.requests[-1].user == "alice"
    assert guarded.access.tokens is not None
    del guarded.access.tokens["alice-token"]
    assert (await near.get(PODS, ALICE)).status == 401


async def test_a_watch_outlives_its_token(near: Api, guarded: FakeAPIServer, cluster: FakeCluster) -> None:
    async with near.watch(CONFIGMAPS, ALICE, resourceVersion=str(cluster.rv)) as watch:
        assert guarded.access.tokens is not None
        guarded.access.tokens.clear()
        cluster.create(configmap("a"))
        assert (await watch.short()).startswith("ADDED a")


async def test_anonymous_requests_may_be_let_in_to_read_the_version_only(api: Api) -> None:
    async with FakeAPIServer(tokens={}, anonymous=True) as server:
        near = Api(api.session, server.url)
        assert (await near.get("/version")).status == 200
        refused = await near.get(PODS)
        assert refused.status == 403
        assert 'User "system:anonymous" cannot list resource "pods"' in refused.json["message"]


async def test_403_in_the_words_of_a_real_server(server: FakeAPIServer, api: Api) -> None:
    server.deny("list", "", "pods")
    everywhere = await api.get(PODS)
    assert (everywhere.status, everywhere.json["reason"]) == (403, "Forbidden")
    assert everywhere.json["message"] == (
        'pods is forbidden: User "kubernetes-admin" cannot list resource "pods" in API group "" '
        "at the cluster scope"
    )
    assert everywhere.json["details"] == {"kind": "pods"}
    server.deny("get", "apps", "deployments")
    one = await api.get("/apis/apps/v1/namespaces/shop/deployments/web")
    assert one.json["message"] == (
        'deployments.apps "web" is forbidden: User "kubernetes-admin" cannot get resource "deployments" '
        'in API group "apps" in the namespace "shop"'
    )
    assert (await api.get(PODS, watch="1", resourceVersion="bad")).status == 400  # watch is another verb


async def test_rights_in_one_namespace_only(server: FakeAPIServer, api: Api) -> None:
    server.deny("*", "", "configmaps")
    server.allow("*", "", "configmaps", namespace="team-a")
    assert (await api.get(CONFIGMAPS)).status == 403
    assert (await api.get("/api/v1/namespaces/team-b/configmaps")).status == 403
    assert (await api.get("/api/v1/namespaces/team-a/configmaps")).status == 200
    server.access.allow_everything()
    assert (await api.get(CONFIGMAPS)).status == 200


async def test_rules_for_one_user(near: Api, guarded: FakeAPIServer) -> None:
    guarded.deny("list", "", "pods", user="bob")
    assert (await near.get(PODS, ALICE)).status == 200
    assert (await near.get(PODS, {"Authorization": "Bearer bob-token"})).status == 403


async def test_impersonation_is_recorded_and_decides(near: Api, guarded: FakeAPIServer) -> None:
    headers = {**ALICE, "Impersonate-User": "reader", "Impersonate-Group": "team", "Impersonate-Uid": "7"}
    assert (await near.get(PODS, headers)).status == 200
    seen = guarded.requests[-1]
    assert (seen.user, seen.impersonated, seen.impersonated_groups, seen.impersonated_uid) == (
        "alice",
        "reader",
        ("team",),
        "7",
    )
    guarded.deny("list", "", "pods", user="reader")
    refused = await near.get(PODS, headers)
    assert 'User "reader" cannot list' in refused.json["message"]


async def test_impersonation_itself_can_be_denied(near: Api, guarded: FakeAPIServer) -> None:
    guarded.deny("impersonate", "", "users", user="alice")
    refused = await near.get(PODS, {**ALICE, "Impersonate-User": "reader"})
    assert refused.json["message"] == (
        'users "reader" is forbidden: User "alice" cannot impersonate resource "users" in API group "" '
        "at the cluster scope"
    )
    groups_only = await near.get(PODS, {**ALICE, "Impersonate-Group": "team"})
    assert groups_only.status == 500


class Contexts(NamedTuple):
    server: ssl.SSLContext
    stranger: ssl.SSLContext
    carol: ssl.SSLContext


@pytest.fixture
def contexts() -> Contexts:
    ca = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(serving)
    ca.configure_trust(serving)
    serving.verify_mode = ssl.CERT_OPTIONAL
    stranger = ssl.create_default_context(cadata=ca.cert_pem.bytes().decode())
    carol = ssl.create_default_context(cadata=ca.cert_pem.bytes().decode())
    ca.issue_cert("carol@example.com", common_name="carol", organization_name="team").configure_cert(carol)
    return Contexts(serving, stranger, carol)


async def test_https_with_client_certificates(cluster: FakeCluster, contexts: Contexts) -> None:
    async with FakeAPIServer(cluster, ssl_context=contexts.server, tokens={}) as server:
        assert server.url.startswith("https://127.0.0.1:")
        for context, status in ((contexts.stranger, 401), (contexts.carol, 200)):
            connector = aiohttp.TCPConnector(ssl=context)
            async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
                assert (await Api(session, server.url).get(PODS)).status == status
        assert server.requests[-1].user == "carol"


async def test_every_request_is_logged_and_counted(server: FakeAPIServer, api: Api) -> None:
    await api.get(PODS, limit="3")
    await api.get("/apis/apps/v1/namespaces/shop/deployments/web")
    async with api.watch(PODS, resourceVersion="1"):
        assert server.requests.count("watch") == 1
    listed = server.requests[0]
    assert (listed.method, listed.path, dict(listed.query), listed.status) == (
        "GET",
        PODS,
        {"limit": "3"},
        200,
    )
    assert (listed.verb, listed.plural, listed.user) == ("list", "pods", "kubernetes-admin")
    one = server.requests.matching("get deployments")[0]
    assert (one.namespace, one.name, one.status) == ("shop", "web", 404)
    assert (server.requests.total, server.requests.count("pods"), server.requests.count("/apis")) == (3, 2, 1)
    server.requests.clear()
    assert (server.requests.total, len(server.requests)) == (0, 0)


async def test_rights_to_a_subresource_are_its_own(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    async def log(info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=f"{info.name}: {request.query['tailLines']} lines")

    server.subresources["pods", "log"] = log
    path = "/api/v1/namespaces/shop/pods/web/log"
    assert (await api.get(path, tailLines="3")).raw == b"web: 3 lines"
    server.deny("get", "", "pods/log")
    refused = await api.get(path)
    assert 'cannot get resource "pods/log" in API group "" in the namespace "shop"' in refused.json["message"]


async def test_reviews_say_what_the_rules_allow(near: Api, guarded: FakeAPIServer) -> None:
    guarded.deny("*", "", "*", user="alice")
    guarded.allow("list", "", "pods", namespace="team-a", user="alice")
    path = f"{guarded.url}/apis/authorization.k8s.io/v1/"
    asked = {"spec": {"namespace": "team-a"}}
    async with near.session.post(f"{path}selfsubjectrulesreviews", json=asked, headers=ALICE) as response:
        told = (await response.json())["status"]
    core = [rule for rule in told["resourceRules"] if rule["apiGroups"] == [""]]
    assert core == [{"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}]
    attributes = {"verb": "watch", "group": "", "resource": "pods", "namespace": "team-a"}
    question = {"spec": {"resourceAttributes": attributes}}
    async with near.session.post(f"{path}selfsubjectaccessreviews", json=question, headers=ALICE) as response:
        assert (response.status, (await response.json())["status"]) == (201, {"allowed": False})

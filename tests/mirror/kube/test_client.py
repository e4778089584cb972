"""What goes over the wire, and what comes back of it."""

from __future__ import annotations

import gzip
import json
import socket
from pathlib import Path

import anyio
import pytest
from aiohttp import web
from kubernetes.aio.client.configuration import Configuration

from mirror.errors import ApiError, TransportError
from mirror.kube.access import Impersonation, User
from mirror.kube.transport import _keepalive_socket
from tests.mirror.kube.wire import access_to, answer, connect, serve, serve_and_connect, status

pytestmark = pytest.mark.anyio

OBJECT = {"kind": "Pod"}
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"


async def ok(request: web.Request) -> web.StreamResponse:
    return answer(OBJECT)


async def test_a_get_and_its_counters() -> None:
    async with serve_and_connect(ok) as (server, client):
        response = await client.get("/api/v1/pods", {"limit": "1"})
        assert (response.status, json.loads(response.body)) == (200, OBJECT)
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert (client.requests_total, client.bytes_total) == (1, len(response.body))
    (request,) = server.requests
    assert (request.method, request.path_qs) == ("GET", "/api/v1/pods?limit=1")
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"] == "flux-mirror"
    assert "Authorization" not in request.headers
    assert "Cookie" not in request.headers


async def test_query_values_arrive_as_they_were() -> None:
    query = {"continue": "ab+/=&%41 ü", "labelSelector": "a in (b,c),d!=e", "fieldSelector": "x#y?z"}
    async with serve_and_connect(ok) as (server, client):
        await client.get("/api", query)
    assert dict(server.requests[0].query) == query


async def test_the_servers_own_path_comes_first() -> None:
    async with serve(ok) as server, connect(access_to(f"{server.url}/k8s/clusters/c-1")) as client:
        await client.get("/version")
    assert server.requests[0].path == "/k8s/clusters/c-1/version"


async def test_impersonation_groups_are_repeated_headers() -> None:
    user = User(
        token="t", impersonation=Impersonation("alice", ("dev", "ops"), "7", (("scope", ("a", "b")),))
    )
    async with serve(ok) as server, connect(access_to(server, user=user)) as client:
        await client.get("/api")
    headers = server.requests[0].headers
    assert headers.getall("Impersonate-Group") == ["dev", "ops"]
    assert headers.getall("Impersonate-Extra-scope") == ["a", "b"]
    assert (headers["Impersonate-User"], headers["Impersonate-Uid"]) == ("alice", "7")
    assert headers["Authorization"] == "Bearer t"


async def test_metadata_only_is_asked_for() -> None:
    async with serve_and_connect(ok) as (server, client):
        await client.get_page("/api/v1/secrets", {}, metadata_only=True)
        await client.get_page("/api/v1/secrets", {})
        async with client.watch("/api/v1/secrets", {}, metadata_only=True):
            pass
    assert [request.headers["Accept"] for request in server.requests] == [
        PARTIAL_LIST,
        "application/json",
        PARTIAL,
    ]


@pytest.mark.parametrize("code", [406, 415])
async def test_a_server_without_metadata_only_is_asked_for_whole_objects(code: int) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if "as=Partial" in request.headers["Accept"]:
            return answer(status(code, "NotAcceptable"), code)
        return answer(OBJECT)

    async with serve_and_connect(handler) as (server, client):
        assert json.loads(await client.get_page("/x", {}, metadata_only=True)) == OBJECT
        async with client.watch("/x", {}, metadata_only=True) as chunks:
            assert b"".join([chunk async for chunk in chunks])
    assert len(server.requests) == 4


async def test_not_acceptable_is_an_error_where_plain_json_was_asked_for() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return answer(status(406, "NotAcceptable"), 406)

    async with serve_and_connect(handler) as (server, client):
        for metadata_only in (False, True):
            with pytest.raises(ApiError):
                await client.get_page("/x", {}, metadata_only=metadata_only)
    assert len(server.requests) == 3


async def test_lists_are_compressed_from_afar_but_not_on_loopback_and_watches_never() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        body = json.dumps(OBJECT).encode()
        headers = {"Content-Type": "application/json"}
        if "gzip" in request.headers["Accept-Encoding"]:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        return web.Response(body=body, headers=headers)

    async with serve_and_connect(handler) as (server, client):
        await client.get("/a")
        client._encoding = "gzip"
        assert json.loads((await client.get("/b")).body) == OBJECT
        async with client.watch("/c", {}) as chunks:
            assert [chunk async for chunk in chunks] == [json.dumps(OBJECT).encode()]
    sent = [request.headers["Accept-Encoding"] for request in server.requests]
    assert sent == ["identity", "gzip", "identity"]
    async with connect(access_to("https://api.example.org")) as far:
        assert far._encoding == "gzip"


async def test_other_content_can_be_asked_for() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text="a log line")

    async with serve_and_connect(handler) as (server, client):
        assert (await client.get("/log", accept="text/plain")).body == b"a log line"
    assert server.requests[0].headers["Accept"] == "text/plain"


async def test_cookies_are_not_kept() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response(OBJECT, headers={"Set-Cookie": "session=1"})

    # aiohttp's own jar keeps none from an address, only from a name.
    async with serve(handler) as server, connect(access_to(f"http://localhost:{server.port}")) as client:
        await client.get("/a")
        await client.get("/b")
    assert "Cookie" not in server.requests[1].headers


async def test_environment_netrc_and_the_packages_defaults_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = anyio.Path(tmp_path / "netrc")
    await netrc.write_text("default login planted password canary\n")
    await netrc.chmod(0o600)
    for name, value in {
        "NETRC": str(netrc),
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    async with serve_and_connect(ok) as (server, client):
        await client.get("/a")
    assert "Authorization" not in server.requests[0].headers
    assert Configuration._default is None


async def test_a_proxy_is_used() -> None:
    async with serve(ok) as proxy:
        user = User(impersonation=Impersonation("a"))
        access = access_to("http://api.example.org:8080", proxy_url=proxy.url, user=user)
        async with connect(access) as client:
            await client.get("/version")
    assert str(proxy.requests[0].url) == "http://api.example.org:8080/version"


async def test_short_requests_share_their_connections_and_watches_do_not_count() -> None:
    busy, most, both_busy, over = 0, 0, anyio.Event(), anyio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal busy, most
        if "watch" in request.query:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            await over.wait()
            return response
        busy += 1
        most = max(most, busy)
        if busy == 2:
            both_busy.set()
        await both_busy.wait()
        busy -= 1
        return answer(OBJECT)

    async with (
        serve_and_connect(handler, spare_connections=2) as (_, client),
        anyio.create_task_group() as tasks,
    ):

        async def watch(*, task_status: anyio.abc.TaskStatus[None]) -> None:
            async with client.watch("/w", {"watch": "1"}) as chunks:
                task_status.started()
                assert [chunk async for chunk in chunks] == []

        with anyio.fail_after(5):
            for _ in range(5):
                await tasks.start(watch)
            async with anyio.create_task_group() as gets:
                for _ in range(8):
                    gets.start_soon(client.get, "/x")
        over.set()
    assert most == 2
    assert client.requests_total == 13


async def test_many_watches_are_open_at_once() -> None:
    """More than aiohttp's default of 100 connections."""
    count, all_open, opened = 120, anyio.Event(), 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal opened
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        opened += 1
        if opened == count:
            all_open.set()
        await all_open.wait()
        return response

    async with serve_and_connect(handler) as (_, client):

        async def watch() -> None:
            async with client.watch("/w", {}) as chunks:
                assert [chunk async for chunk in chunks] == []

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(watch)


async def test_a_closed_client_says_so() -> None:
    async with serve_and_connect(ok) as (_, client):
        await client.get("/a")
        await client.close()
        with pytest.raises(TransportError, match="has been closed"):
            await client.get("/a")
        await client.close()


def test_sockets_notice_dead_peers() -> None:
    opened = _keepalive_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1)))
    with opened:
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
            assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


async def test_the_end_of_a_text() -> None:
    async def log(request: web.Request) -> web.StreamResponse:
        return web.Response(text="a" * 5_000 + "the end")

    async with serve_and_connect(log) as (server, client):
        cut = await client.tail("/log", {"tailLines": "5"}, keep=10, most=100_000)
        assert (cut.text, cut.whole) == (b"aaathe end", False)
        whole = await client.tail("/log", {}, keep=10_000, most=100_000)
        assert (len(whole.text), whole.whole) == (5_007, True)
        assert (await client.tail("/log", {}, keep=10_000, most=1_000)).whole is False
    assert server.requests[0].headers["Accept"] == "*/*"
    assert server.requests[0].path_qs == "/log?tailLines=5"

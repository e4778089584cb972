"""Every failure of a request is a typed error with a place and a hint, and carries no secrets."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web

from mirror.errors import (
    ApiError,
    CredentialsError,
    ExpiredError,
    ForbiddenError,
    MirrorError,
    NotFoundError,
    ProtocolError,
    ThrottledError,
    TransportError,
    UnauthorizedError,
)
from mirror.kube.access import User
from tests.mirror.kube.plugins import credential, plugin, printing, runs
from tests.mirror.kube.wire import access_to, always, answer, connect, serve, serve_and_connect, status

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (401, "Unauthorized", UnauthorizedError),
        (403, "Forbidden", ForbiddenError),
        (404, "NotFound", NotFoundError),
        (410, "Expired", ExpiredError),
        (429, "TooManyRequests", ThrottledError),
        (500, "InternalError", ApiError),
        (503, "ServiceUnavailable", ApiError),
    ],
)
async def test_statuses(code: int, reason: str, error: type[ApiError]) -> None:
    async with serve_and_connect(always(status(code, reason, "because"), code)) as (
        _,
        client,
    ):
        with pytest.raises(error) as caught:
            await client.get("/apis/x", {"secret": "planted"})
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.reason, caught.value.what) == (code, reason, "because")
    assert caught.value.where == "context test, GET /apis/x"


@pytest.mark.parametrize(
    ("header", "wait"), [("7", 7.0), ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0), ("soon", None), (None, None)]
)
async def test_throttling_says_how_long(header: str | None, wait: float | None) -> None:
    headers = {"Retry-After": header} if header else {}
    async with serve_and_connect(always(status(429), 429, headers=headers)) as (_, client):
        with pytest.raises(ThrottledError) as caught:
            await client.get("/x")
    assert caught.value.retry_after_s == wait


async def test_a_long_status_in_many_packets_is_understood() -> None:
    document = status(504, "Timeout", "x" * 20_000, causes=[{"reason": "ResourceVersionTooLarge"}])

    async def handler(request: web.Request) -> web.StreamResponse:
        body = answer(document).body
        assert isinstance(body, bytes)
        response = web.StreamResponse(status=504, headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for start in range(0, len(body), 1000):
            await response.write(body[start : start + 1000])
            await anyio.lowlevel.checkpoint()
        return response

    async with serve_and_connect(handler) as (_, client):
        with pytest.raises(ExpiredError) as caught:
            await client.get("/x")
    assert caught.value.ahead
    assert len(str(caught.value)) < 400


async def test_an_error_page_is_not_quoted() -> None:
    page = "<html><title>502</title>" + "x" * 100_000
    async with serve_and_connect(always(status=502, text=page, content_type="text/html")) as (_, client):
        with pytest.raises(ApiError, match=r"HTTP 502 Bad Gateway$"):
            await client.get("/x")


@pytest.mark.parametrize(
    "reply",
    [
        {"text": "<html>please log in</html>", "content_type": "text/html"},
        {"text": "<html>please log in</html>", "content_type": "application/json"},
        {"body": b"", "content_type": "application/json"},
        {"body": b"[]", "content_type": "application/json"},
        {"status": 204},
    ],
)
async def test_a_success_that_is_no_json_object_is_no_success(reply: dict[str, Any]) -> None:
    async with serve_and_connect(always(**reply)) as (_, client):
        with pytest.raises(ProtocolError, match="login page") as caught:
            await client.get("/api")
    assert caught.value.where == "context test, GET /api"


async def test_redirects_are_not_followed() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("http://user:planted@127.0.0.1:1/login?token=planted")

    async with serve_and_connect(handler) as (server, client):
        with pytest.raises(ProtocolError, match="redirect to http://") as caught:
            await client.get("/x")
    assert "planted" not in str(caught.value)
    assert len(server.requests) == 1


# Credentials


async def test_a_refused_token_is_read_anew_and_tried_once_more(tmp_path: Path) -> None:
    token = anyio.Path(tmp_path / "token")
    await token.write_text("old")

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.headers["Authorization"] != "Bearer new":
            await token.write_text("new")
            return answer(status(401), 401)
        return answer({"kind": "Pod"})

    user = User(token_file=Path(token))
    async with serve(handler) as server, connect(access_to(server, user=user)) as client:
        await client.get("/x")
        assert client.requests_total == 2


@pytest.mark.parametrize(("kind", "requests"), [("token", 1), ("file", 2), ("none", 1)])
async def test_401_is_final_after_at_most_one_more_try(tmp_path: Path, kind: str, requests: int) -> None:
    await anyio.Path(tmp_path / "token").write_text("t")
    user = {"token": User(token="t"), "file": User(token_file=tmp_path / "token"), "none": User()}[kind]
    refuse = serve(always(status(401), 401))
    async with refuse as server, connect(access_to(server, user=user)) as client:
        with pytest.raises(UnauthorizedError, match="log in again"):
            await client.get("/x")
        with pytest.raises(UnauthorizedError):
            async with client.watch("/x", {}):
                pass
    assert len(server.requests) == 2 * requests


async def test_a_server_that_refuses_everything_does_not_set_the_plugin_spinning(tmp_path: Path) -> None:
    user = User(exec=await printing(tmp_path, credential(token="t")))
    refuse = serve(always(status(401), 401))
    async with refuse as server, connect(access_to(server, user=user)) as client:
        for _ in range(5):
            with pytest.raises(UnauthorizedError):
                await client.get("/x")
    assert len(server.requests) == 5
    assert await runs(tmp_path) == 1


async def test_nothing_is_sent_without_the_credentials_that_were_configured(tmp_path: Path) -> None:
    broken: list[User] = [
        User(exec=await plugin(tmp_path, "sys.exit(1)")),
        User(token_file=tmp_path / "missing"),
        User(certificate_file=tmp_path / "missing", key_file=tmp_path / "missing"),
    ]
    async with serve(always({"kind": "Pod"})) as server:
        for user in broken:
            async with connect(access_to(server, user=user)) as client:
                with pytest.raises(CredentialsError):
                    await client.get("/x")
                with pytest.raises(CredentialsError):
                    async with client.watch("/x", {}):
                        pass
    assert server.requests == []


# The network


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def failing(url: str, **access: Any) -> MirrorError:
    async with connect(access_to(url, **access)) as client:
        with pytest.raises(TransportError) as caught:
            await client.get("/x")
        with pytest.raises(TransportError) as again:
            async with client.watch("/x", {}):
                pass
    assert str(again.value) == str(caught.value)
    assert caught.value.where == "context test"
    return caught.value


async def test_nobody_listens() -> None:
    port = unused_port()
    error = await failing(f"http://127.0.0.1:{port}")
    assert str(error) == (
        f"context test: cannot connect to 127.0.0.1:{port}: Connection refused (is the API server running?)"
    )
    assert error.retryable


async def test_a_name_that_does_not_exist() -> None:
    error = await failing("http://name.invalid:1")
    assert error.what == "no address found for name.invalid:1"


async def test_a_proxy_that_is_not_there() -> None:
    error = await failing("http://api.example.org", proxy_url=f"http://me:planted@127.0.0.1:{unused_port()}")
    assert error.what.startswith("cannot connect to the proxy http://[masked]@127.0.0.1:")


async def test_an_answer_that_takes_too_long() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        await anyio.sleep_forever()
        raise AssertionError

    async with serve_and_connect(handler, request_timeout_s=0.5) as (server, client):
        with pytest.raises(TransportError, match=f"127.0.0.1:{server.port} did not answer in time"):
            await client.get("/x")


async def test_a_body_that_breaks_off() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"kind": "PodList", "items": []')
        assert request.transport is not None
        request.transport.abort()
        return response

    async with serve_and_connect(handler) as (_, client):
        with pytest.raises(TransportError, match="broke off"):
            await client.get("/x")


async def test_a_server_that_does_not_speak_http() -> None:
    async def talk(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"SSH-2.0-OpenSSH_9.2\r\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, talk)
        async with connect(access_to(f"http://127.0.0.1:{port}")) as client:
            with pytest.raises(ProtocolError, match="does not speak HTTP"):
                await client.get("/x")
        tasks.cancel_scope.cancel()

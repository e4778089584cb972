"""Watches: bytes as they come, ends told apart from breaks, connections closed when they are left."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from aiohttp import web

from mirror.errors import ExpiredError, MirrorError, ProtocolError, TransportError
from tests.mirror.kube.wire import access_to, always, connect, frame, serve_and_connect, status

pytestmark = pytest.mark.anyio


async def start(request: web.Request, **headers: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"} | headers)
    await response.prepare(request)
    return response


async def test_bytes_come_as_they_are_sent_until_a_proper_end() -> None:
    more = anyio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start(request)
        await response.write(b"first")
        await more.wait()
        await response.write(b"second")
        return response

    async with serve_and_connect(handler) as (server, client):
        got = []
        async with client.watch("/api/v1/pods", {"watch": "true"}) as chunks:
            async for chunk in chunks:
                got.append(chunk)
                more.set()
        assert got == [b"first", b"second"]
        assert client.bytes_total == 11
    assert server.requests[0].path_qs == "/api/v1/pods?watch=true"


async def test_a_connection_that_breaks_is_no_proper_end() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start(request)
        await response.write(frame("ADDED", "1"))
        assert request.transport is not None
        request.transport.abort()
        return response

    async with serve_and_connect(handler) as (_, client), client.watch("/w", {}) as chunks:
        with pytest.raises(TransportError, match="broke off"):
            async for _ in chunks:
                pass


async def test_leaving_the_context_closes_the_connection() -> None:
    closed = anyio.Event()

    async def talk(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\nx")
            with pytest.raises(anyio.EndOfStream):
                await stream.receive()
            closed.set()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, talk)
        async with connect(access_to(f"http://127.0.0.1:{port}")) as client:
            async with client.watch("/w", {}) as chunks:
                assert await anext(aiter(chunks)) == b"x"
            with anyio.fail_after(5):
                await closed.wait()
        tasks.cancel_scope.cancel()


async def test_a_blocked_read_can_be_cancelled_at_once() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        await start(request)
        await anyio.sleep_forever()
        raise AssertionError

    async with serve_and_connect(handler) as (_, client):
        with anyio.fail_after(1):
            async with anyio.create_task_group() as tasks:

                async def watch(*, task_status: anyio.abc.TaskStatus[None]) -> None:
                    async with client.watch("/w", {}) as chunks:
                        task_status.started()
                        async for _ in chunks:
                            pass

                await tasks.start(watch)
                tasks.cancel_scope.cancel()


async def test_closing_the_client_ends_its_watches() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start(request)
        await response.write(b"x")
        await anyio.sleep_forever()
        return response

    async with serve_and_connect(handler) as (_, client), client.watch("/w", {}) as chunks:
        assert await anext(aiter(chunks)) == b"x"
        await client.close()
        with pytest.raises(TransportError):
            await anext(aiter(chunks))


async def test_a_watch_that_does_not_begin_is_given_up() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        await anyio.sleep_forever()
        raise AssertionError

    async with serve_and_connect(handler, request_timeout_s=0.5) as (server, client):
        with pytest.raises(TransportError, match=r"did not begin to answer a watch in 0.5 s") as caught:
            async with client.watch("/w", {}):
                pass
    assert caught.value.retryable
    assert len(server.requests) == 1


async def test_the_open_stream_has_no_time_limit() -> None:
    """Longer silence than every timeout of the client."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = await start(request)
        with anyio.move_on_after(0.7):
            await anyio.sleep_forever()
        await response.write(b"late")
        return response

    both = serve_and_connect(handler, request_timeout_s=0.5, connect_timeout_s=0.5)
    async with both as (_, client), client.watch("/w", {}) as chunks:
        assert [chunk async for chunk in chunks] == [b"late"]


@pytest.mark.parametrize(
    ("reply", "error", "what"),
    [
        ({"document": status(410, "Expired", "too old"), "status": 410}, ExpiredError, "too old"),
        (
            {"text": "<html>"},
            ProtocolError,
            "answered 200 with text/plain; charset=utf-8 instead of a JSON object",
        ),
        (
            {
                "body": b"\x1f\x8b",
                "headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            },
            ProtocolError,
            "a watch was compressed, unasked",
        ),
        (
            {"status": 302, "headers": {"Location": "/login?x=y"}},
            ProtocolError,
            "answered 302, a redirect to /login",
        ),
    ],
)
async def test_what_is_no_watch_fails_when_it_is_opened(
    reply: dict[str, Any], error: type[MirrorError], what: str
) -> None:
    async with serve_and_connect(always(**reply)) as (_, client):
        with pytest.raises(error) as caught:
            async with client.watch("/w", {}):
                pass
    assert caught.value.what == what

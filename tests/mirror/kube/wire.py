"""What the tests of mirror.kube talk to: an HTTP server on loopback, a clock that is set, small values."""

from __future__ import annotations

import json
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import trustme
from aiohttp import web

from mirror.keys import Resource
from mirror.kube.access import ClusterAccess
from mirror.kube.client import Client
from mirror.kube.credentials import Credentials
from mirror.kube.exec_sources import ExecSources
from mirror.kube.listwatch import ListRequest, ListWatch, ProbeRequest, WatchRequest
from mirror.settings import ClientSettings, WatchSettings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POD = Resource("", "v1", "Pod", "pods", True)

CA = trustme.CA()
PEM = CA.cert_pem.bytes()

SETTINGS = ClientSettings(connect_timeout_s=2, request_timeout_s=2, exec_timeout_s=5)


class FakeClock:
    """Both clocks, moved by hand."""

    def __init__(self, wall: float = 1_700_000_000.0) -> None:
        self._wall = wall
        self._monotonic = 1000.0

    def wall(self) -> float:
        return self._wall

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing in mirror.kube waits by the clock")

    def advance(self, seconds: float) -> None:
        self._wall += seconds
        self._monotonic += seconds


@dataclass
class Server:
    """A running server: where it is, and the requests that reached it."""

    url: str = ""
    requests: list[web.Request] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@asynccontextmanager
async def serve(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Answers every request with `handler` until the context is left."""
    server = Server()

    async def record(request: web.Request) -> web.StreamResponse:
        server.requests.append(request)
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", record)
    runner = web.AppRunner(
        app, handle_signals=False, handler_cancellation=True, access_log=None, shutdown_timeout=0.01
    )
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()


def access_to(server: Server | str, **more: Any) -> ClusterAccess:
    """How to reach a server. Naming an authority spares loading the system's, 50 ms for each client."""
    url = server if isinstance(server, str) else server.url
    return ClusterAccess("test", url, **({"ca_data": PEM} | more))


@asynccontextmanager
async def connect(access: ClusterAccess, **settings: Any) -> AsyncIterator[Client]:
    """A client with its own clock and no environment; closed at the end."""
    used = replace(SETTINGS, **settings)
    clock = FakeClock()
    client = Client(access, Credentials(access, used, clock, ExecSources(used, clock, {})), used, clock)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def serve_and_connect(handler: Handler, **settings: Any) -> AsyncIterator[tuple[Server, Client]]:
    """A plain HTTP server and an anonymous client of it."""
    async with serve(handler) as server, connect(access_to(server), **settings) as client:
        yield server, client


def answer(document: Any, status: int = 200, **headers: str) -> web.Response:
    """A JSON answer."""
    return web.json_response(document, status=status, headers=headers)


def always(document: Any = None, status: int = 200, **reply: Any) -> Handler:
    """A handler that answers everything alike: with a JSON document, or with the given body."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if document is None:
            return web.Response(status=status, **reply)
        return web.json_response(document, status=status, **reply)

    return handler


def status(code: int, reason: str = "", message: str = "no", **details: Any) -> dict[str, Any]:
    """A metav1.Status failure."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
        "details": details,
    }


def pod(name: str = "a", version: str = "5") -> dict[str, Any]:
    """A Pod of that name and resourceVersion."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "resourceVersion": version}}


def page(version: str = "100", token: str = "", *items: dict[str, Any]) -> bytes:
    """A page of Pods at that resourceVersion; `token` leads to the next one."""
    metadata = {"resourceVersion": version, "continue": token}
    return json.dumps({"apiVersion": "v1", "kind": "PodList", "metadata": metadata, "items": items}).encode()


def frame(kind: str, version: str = "", body: dict[str, Any] | None = None) -> bytes:
    """A line of a watch on Pods."""
    return json.dumps({"type": kind, "object": body or pod(version=version)}).encode() + b"\n"


def listwatch(**changes: Any) -> ListWatch:
    defaults: dict[str, Any] = {"settings": WatchSettings(), "rng": random.Random(1)}
    return ListWatch(POD, **(defaults | changes))


def watching(**changes: Any) -> ListWatch:
    """One that has listed at 100 and opened its watch."""
    made = listwatch(**changes)
    made.next_request()
    made.page(page("100"))
    assert isinstance(made.next_request(), WatchRequest)
    return made


def listed(made: ListWatch) -> dict[str, str]:
    request = made.next_request()
    assert isinstance(request, ListRequest)
    return request.query


def resumed(at: str = "77") -> ListWatch:
    """One that goes on from a stored version and has found its server ahead of it."""
    made = listwatch(resource_version=at)
    assert made.next_request() == ProbeRequest({"limit": "1"})
    assert made.probed(page("500", "more", pod("a")))
    return made

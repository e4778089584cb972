"""The HTTP front of a simulated cluster: what a client of a Kubernetes API server can see."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from mirror.testing.access import Access, User
from mirror.testing.behaviour import Behaviour
from mirror.testing.cluster import FakeCluster
from mirror.testing.failures import StatusError
from mirror.testing.faults import Faults
from mirror.testing.frontend import Frontend
from mirror.testing.listener import Listener
from mirror.testing.pod_logs import PodLogs
from mirror.testing.requests import RequestInfo, RequestLog, describe
from mirror.testing.reviews import GROUP as REVIEWS
from mirror.testing.reviews import answer_review
from mirror.testing.stream import WatchStream
from mirror.testing.wire import status_response

__all__ = ["FakeAPIServer"]


class FakeAPIServer:
    """A Kubernetes API server on 127.0.0.1 for one FakeCluster; use with `async with`.

    cluster: the state; its methods may be called at any time, open watches follow.
    requests: log of all requests. logs: what containers have written. faults: misbehaviour on command.
    access: who may do what.
    tokens: see Access. ssl_context: serve HTTPS; client certificates are users when it verifies them.
    ca_pem: the CA clients should trust, only for `write_kubeconfig`.

    Not promised: admission, schema validation, defaulting, controllers, server-side apply, protobuf, Tables.
    """

    def __init__(
        self,
        cluster: FakeCluster | None = None,
        *,
        behaviour: Behaviour | None = None,
        tokens: Mapping[str, User | str] | None = None,
        anonymous: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        ca_pem: bytes = b"",
    ) -> None:
        self.cluster = cluster or FakeCluster()
        self.behaviour = behaviour or Behaviour()
        self.access = Access(tokens, anonymous=anonymous)
        self.ca_pem = ca_pem
        self.requests = RequestLog()
        self.watches: set[WatchStream] = set()
        self._listener = Listener(ssl_context)
        self.faults = Faults(self.cluster, self._listener, self.watches, self.behaviour.stream)
        self._frontend = Frontend(self.cluster, self.behaviour, self.faults, self.watches)
        self.subresources = self._frontend.subresources
        self.logs = PodLogs(self.cluster)
        self.subresources["pods", "log"] = self.logs.serve

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, or https with an ssl_context."""
        return self._listener.url

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._listener.connections

    async def __aenter__(self) -> Self:
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        await self._listener.open(server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.clear()
        for stream in tuple(self.watches):
            stream.close()
        await self._listener.close()

    def deny(
        self, verb: str, group: str, plural: str, *, namespace: str | None = None, user: str | None = None
    ) -> None:
        """See Access.deny."""
        self.access.deny(verb, group, plural, namespace=namespace, user=user)

    def allow(
        self, verb: str, group: str, plural: str, *, namespace: str | None = None, user: str | None = None
    ) -> None:
        """See Access.allow."""
        self.access.allow(verb, group, plural, namespace=namespace, user=user)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        info = describe(request.method, request.path, dict(request.query), request.headers)
        info.impersonated_groups = tuple(request.headers.getall("Impersonate-Group", ()))
        info.impersonated_uid = request.headers.get("Impersonate-Uid", "")
        self.requests.add(info)
        try:
            response = await self.faults.around(info, request, lambda: self._serve(info, request))
        except StatusError as error:
            response = status_response(error)
        info.status = response.status
        return response

    async def _serve(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        transport = request.transport
        self.access.check(info, transport.get_extra_info("peercert") if transport is not None else None)
        if info.group == REVIEWS and info.verb == "create":
            kinds = [collection.kind for collection in self.cluster.etcd.collections.values()]
            incomplete = self.behaviour.incomplete_reviews
            return await answer_review(self.access, kinds, info, request, incomplete=incomplete)
        return await self._frontend.serve(info, request)

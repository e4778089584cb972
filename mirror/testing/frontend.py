"""What answers a request: discovery documents, objects, lists, watches, writes."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from mirror.testing.behaviour import Behaviour
from mirror.testing.cluster import FakeCluster
from mirror.testing.discovery import AGGREGATED_TYPE, Discovery, wants_aggregated
from mirror.testing.etcd import Collection
from mirror.testing.failures import StatusError, method_not_allowed, not_found, not_served, unavailable
from mirror.testing.faults import Faults
from mirror.testing.listing import list_page
from mirror.testing.rendering import Rendering, dumps, metadata_only
from mirror.testing.requests import RequestInfo
from mirror.testing.selectors import parse_selector
from mirror.testing.stream import WatchStream
from mirror.testing.watching import error_event, validate_watch
from mirror.testing.wire import json_response, list_response, plain_response
from mirror.testing.writing import write

__all__ = ["Frontend", "SubresourceHandler"]

SubresourceHandler = Callable[[RequestInfo, web.BaseRequest], Awaitable[web.StreamResponse]]
"""Answers a subresource that this package has none of (`pods/log`); raises StatusError to fail."""


class Frontend:
    """Serves requests that have passed authentication. Everything it knows is the cluster's and the server's.

    watches: the open streams, kept up to date here. subresources: (plural, subresource) → handler.
    """

    def __init__(
        self, cluster: FakeCluster, behaviour: Behaviour, faults: Faults, watches: set[WatchStream]
    ) -> None:
        self.subresources: dict[tuple[str, str], SubresourceHandler] = {}
        self._cluster = cluster
        self._behaviour = behaviour
        self._faults = faults
        self._watches = watches

    async def serve(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        """Raises StatusError for what is to be answered as a failure."""
        if not info.plural:
            return self._document(info, request)
        collection = self._cluster.etcd.collections.get((info.group, info.plural))
        if info.group in self._faults.stale_groups:
            raise unavailable()
        if (
            collection is None
            or info.version not in collection.kind.versions
            or (info.namespace and not collection.kind.namespaced)
        ):
            return self._missing_resource(info)
        handler = self.subresources.get((info.plural, info.subresource))
        if handler is not None:
            return await handler(info, request)
        if info.verb not in collection.kind.verbs:
            raise method_not_allowed()
        return await self._object(collection, info, request)

    async def _object(
        self, collection: Collection, info: RequestInfo, request: web.BaseRequest
    ) -> web.StreamResponse:
        if info.verb == "list":
            return await self._list(collection, info)
        if info.verb == "watch":
            return await self._watch(collection, info, request)
        if info.verb == "get":
            return self._get(collection, info)
        code, answer = write(self._cluster, collection, info, await request.read())
        return json_response(dumps(answer) + b"\n", status=code)

    def _missing_resource(self, info: RequestInfo) -> web.Response:
        built_in = any(
            c.kind.group == info.group and info.version in c.kind.versions and not c.kind.custom
            for c in self._cluster.etcd.collections.values()
        )
        if built_in:
            raise not_served()
        return plain_response("404 page not found\n", status=404)

    def _document(self, info: RequestInfo, request: web.BaseRequest) -> web.Response:
        if info.method != "GET":
            raise method_not_allowed()
        path = info.path.rstrip("/")
        if path in ("/livez", "/readyz", "/healthz"):
            return plain_response("ok")
        if path == "/version":
            return json_response(dumps(self._version()) + b"\n")
        return self._discovery(path, info, request)

    def _discovery(self, path: str, info: RequestInfo, request: web.BaseRequest) -> web.Response:
        kinds = [c.kind for c in self._cluster.etcd.collections.values()]
        faults = self._faults
        documents = Discovery(kinds, hidden=faults.hidden_groups, stale=faults.stale_groups)
        modern = not self._behaviour.legacy_discovery and path in ("/api", "/apis")
        if modern and wants_aggregated(info.accept):
            body = dumps(documents.aggregated(core=path == "/api")) + b"\n"
            etag = f'"{hashlib.sha256(body).hexdigest().upper()}"'
            headers = {"ETag": etag, "Vary": "Accept"}
            if request.headers.get("If-None-Match") == etag:
                return web.Response(status=304, headers=headers)
            return json_response(body, content_type=AGGREGATED_TYPE, headers=headers)
        document = documents.document(path, request.host)
        if document is None:
            return plain_response("404 page not found\n", status=404)
        metadata_only(info.accept, is_list=False)
        return json_response(dumps(document) + b"\n")

    def _version(self) -> dict[str, str]:
        major, minor = self._behaviour.git_version.removeprefix("v").split(".")[:2]
        return {
            "major": major,
            "minor": minor,
            "gitVersion": self._behaviour.git_version,
            "platform": "linux/amd64",
        }

    def _get(self, collection: Collection, info: RequestInfo) -> web.Response:
        kind = collection.kind
        stored = collection.objects.get(kind.key(info.namespace, info.name))
        unknown = info.subresource not in ("", "status") or (info.subresource and not kind.status)
        if stored is None or unknown:
            raise not_found(kind.group, kind.plural, info.name)
        partial = metadata_only(info.accept, is_list=False)
        rendering = Rendering(kind, info.version, metadata_only=partial)
        return json_response(rendering.one(stored) + b"\n")

    async def _list(self, collection: Collection, info: RequestInfo) -> web.Response:
        kind, query = collection.kind, info.query
        partial = metadata_only(info.accept, is_list=True)
        body = list_page(
            collection,
            self._cluster.etcd,
            query,
            Rendering(kind, info.version, metadata_only=partial),
            namespace=info.namespace,
            selector=parse_selector(kind, query.get("labelSelector", ""), query.get("fieldSelector", "")),
            watch_cache=self._behaviour.watch_cache,
        )
        return await list_response(body, info.headers.get("Accept-Encoding", ""))

    async def _watch(
        self, collection: Collection, info: RequestInfo, request: web.BaseRequest
    ) -> web.StreamResponse:
        kind, query = collection.kind, info.query
        wanted = validate_watch(query, watch_list=self._behaviour.watch_list)
        partial = metadata_only(info.accept, is_list=False)
        stream = WatchStream(
            info,
            collection,
            self._cluster.etcd,
            Rendering(kind, info.version, metadata_only=partial),
            parse_selector(kind, query.get("labelSelector", ""), query.get("fieldSelector", "")),
            self._cluster.clock,
            self._behaviour.stream,
        )
        try:
            first = stream.start(wanted)
        except StatusError as error:
            if self._behaviour.expired_watch == "http":
                raise
            first = error_event(error)
            stream.close()
        info.status = 200
        response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"}
        )
        self._watches.add(stream)
        try:
            await response.prepare(request)
            await stream.run(first, response.write, lambda: _abort(request))
        except ConnectionError:
            pass  # the client is gone, which is how most watches end
        finally:
            self._watches.discard(stream)
        return response


def _abort(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()

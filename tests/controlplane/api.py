"""A small Kubernetes client for tests that play a person or a controller.

Independent of mirror.kube on purpose: what is under test must not also set up the test.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

__all__ = ["Api", "Object", "RefusedError", "open_api"]

Object = dict[str, Any]
"""A Kubernetes object, a patch or a list, as JSON gives it."""

_MANAGER = "flux-mirror-tests"
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class RefusedError(Exception):
    """The API server refused. status: HTTP status; reason: `Status.reason`, or empty."""

    def __init__(self, method: str, path: str, status: int, reason: str, message: str) -> None:
        super().__init__(f"{method} {path}: {status} {reason}: {message}")
        self.status = status
        self.reason = reason


@asynccontextmanager
async def open_api(
    server: str, tls: ssl.SSLContext, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Api]:
    """A client for one API server. server: its URL; headers: sent with each request (credentials)."""
    connector = aiohttp.TCPConnector(ssl=tls)
    async with aiohttp.ClientSession(
        server, connector=connector, headers=headers, timeout=_TIMEOUT
    ) as session:
        yield Api(session)


class Api:
    """Reads and writes objects of any kind that the server knows. Methods raise RefusedError."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self._resources: dict[str, dict[str, Object]] = {}

    async def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
        """One object."""
        return await self.request("GET", await self.path(api_version, kind, name, namespace))

    async def list_all(self, api_version: str, kind: str, namespace: str | None = None) -> list[Object]:
        """All objects of a kind, of one namespace or of all of them."""
        found = await self.request("GET", await self.path(api_version, kind, None, namespace))
        items: list[Object] = found["items"]
        return items

    async def create(self, obj: Object) -> Object:
        """POST as it stands. A status is dropped by the server for kinds with that subresource."""
        meta = obj["metadata"]
        path = await self.path(obj["apiVersion"], obj["kind"], None, meta.get("namespace"))
        return await self.request("POST", path, obj, params={"fieldValidation": "Strict"})

    async def apply(self, obj: Object) -> Object:
        """Create or change (server-side apply). A status is dropped for kinds with that subresource.

        Fields that an earlier apply has set and this one leaves out are removed.
        """
        params = {"fieldManager": _MANAGER, "force": "true", "fieldValidation": "Strict"}
        return await self.request(
            "PATCH", await self.path_of(obj), obj, params=params, content_type="application/apply-patch+yaml"
        )

    async def patch(self, obj: Object, patch: Object) -> Object:
        """Merge-patch the object that `obj` names; its other fields are not looked at."""
        return await self._merge(await self.path_of(obj), patch)

    async def patch_status(self, obj: Object, status: Object) -> Object:
        """Merge-patch the status subresource, as a controller does. Lists are replaced as a whole."""
        return await self._merge(f"{await self.path_of(obj)}/status", {"status": status})

    async def replace_status(self, obj: Object) -> Object:
        """PUT the status of an object that was read or applied just before (its resourceVersion counts)."""
        path = f"{await self.path_of(obj)}/status"
        return await self.request("PUT", path, obj, params={"fieldValidation": "Strict"})

    async def delete(self, obj: Object) -> None:
        """Delete. No garbage collector and no namespace controller run: nothing else disappears with it."""
        await self.request("DELETE", await self.path_of(obj))

    async def path_of(self, obj: Object) -> str:
        """The path of an object that says what it is (apiVersion, kind, metadata)."""
        meta = obj["metadata"]
        return await self.path(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace"))

    async def path(self, api_version: str, kind: str, name: str | None, namespace: str | None) -> str:
        """Path of an object, or of the collection when `name` is None; the plural is asked for once."""
        root = _root(api_version)
        if not await self.serves(api_version, kind):
            raise RefusedError("GET", root, 404, "NotFound", f"no kind {kind} is served in {api_version}")
        resource = self._resources[root][kind]
        scope = f"/namespaces/{namespace}" if namespace and resource["namespaced"] else ""
        return f"{root}{scope}/{resource['name']}" + (f"/{name}" if name else "")

    async def serves(self, api_version: str, kind: str) -> bool:
        """Whether discovery shows the kind; a no is not remembered."""
        root = _root(api_version)
        if kind not in self._resources.get(root, {}):
            try:
                found = await self.request("GET", root)
            except RefusedError as failure:
                if failure.status == 404:
                    return False
                raise
            self._resources[root] = {r["kind"]: r for r in found["resources"] if "/" not in r["name"]}
        return kind in self._resources[root]

    async def request(
        self,
        method: str,
        path: str,
        body: Object | bytes | None = None,
        *,
        params: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        content_type: str = "application/json",
    ) -> Object:
        """Any request; the decoded answer. A body of bytes is sent as it is."""
        data = body if isinstance(body, bytes | None) else msgspec.json.encode(body)
        headers = {"Content-Type": content_type} if data is not None else {}
        async with self.session.request(method, path, data=data, params=params, headers=headers) as response:
            content = await response.read()
            if response.status >= 400:
                raise _failure(method, path, response.status, content)
        answer: Object = msgspec.json.decode(content)
        return answer

    async def _merge(self, path: str, patch: Object) -> Object:
        params = {"fieldManager": _MANAGER, "fieldValidation": "Strict"}
        return await self.request(
            "PATCH", path, patch, params=params, content_type="application/merge-patch+json"
        )


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _failure(method: str, path: str, status: int, content: bytes) -> RefusedError:
    """The server's own words; a body that is no Status (a health check, a proxy) is quoted."""
    try:
        answer = msgspec.json.decode(content)
    except msgspec.DecodeError:
        answer = None
    if isinstance(answer, dict):
        return RefusedError(
            method, path, status, str(answer.get("reason", "")), str(answer.get("message", ""))
        )
    return RefusedError(method, path, status, "", content[:300].decode("utf-8", errors="replace"))

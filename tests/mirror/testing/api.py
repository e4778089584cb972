"""A plain HTTP client for the contract tests: no Kubernetes library between the test and the wire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import anyio

PODS = "/api/v1/pods"
CONFIGMAPS = "/api/v1/configmaps"
WIDGETS = "/apis/lab.example.com/v1/widgets"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.raw)
        return body

    @property
    def names(self) -> list[str]:
        return [item["metadata"]["name"] for item in self.json["items"]]

    @property
    def rv(self) -> str:
        return str(self.json["metadata"]["resourceVersion"])


class Watch:
    """The lines of an open watch."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def line(self) -> bytes:
        """The next line; empty at the end of the stream."""
        with anyio.fail_after(5):
            return await self.response.content.readline()

    async def next(self) -> tuple[str, dict[str, Any]]:
        event = json.loads(await self.line())
        return event["type"], event["object"]

    async def short(self) -> str:
        """`ADDED a 1007`: type, name, resourceVersion of the next event."""
        kind, obj = await self.next()
        return f"{kind} {obj['metadata'].get('name', '-')} {obj['metadata']['resourceVersion']}"


class Api:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        /,
        **query: str,
    ) -> Answer:
        given = {"Content-Type": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        with anyio.fail_after(5):
            async with self.session.request(
                method, self.url + path, params=query, data=data, headers=given
            ) as response:
                return Answer(response.status, response.headers.copy(), await response.read())

    async def get(self, path: str, headers: Mapping[str, str] | None = None, /, **query: str) -> Answer:
        return await self.request("GET", path, headers, **query)

    async def merge(self, path: str, changes: Mapping[str, Any], **query: str) -> Answer:
        headers = {"Content-Type": "application/merge-patch+json"}
        return await self.request("PATCH", path, headers, changes, **query)

    @asynccontextmanager
    async def watch(
        self, path: str, headers: Mapping[str, str] | None = None, /, **query: str
    ) -> AsyncIterator[Watch]:
        with anyio.fail_after(5):
            response = await self.session.get(
                self.url + path, params={"watch": "1", **query}, headers=headers
            )
        try:
            yield Watch(response)
        finally:
            response.close()


def configmap(name: str, namespace: str = "default", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def pod(name: str, namespace: str = "default", **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running"},
    }


def widget(name: str, namespace: str = "default", version: str = "v1", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"lab.example.com/{version}",
        "kind": "Widget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }

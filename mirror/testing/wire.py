"""Answers as HTTP: headers, status bodies, compression."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import anyio.to_thread
from aiohttp import web

from mirror.testing.failures import StatusError
from mirror.testing.rendering import dumps

__all__ = ["json_response", "list_response", "plain_response", "status_response"]

_GZIP_FROM_BYTES = 128 * 1024
_GZIP = 31
_COMMON = {"Cache-Control": "no-cache, private"}


def json_response(
    body: bytes,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    given = {**_COMMON, "Content-Type": content_type, **(headers or {})}
    return web.Response(body=body, status=status, headers=given)


def status_response(error: StatusError) -> web.Response:
    """The failure as its Status object; Retry-After when its details name one."""
    seconds = error.details.get("retryAfterSeconds")
    headers = {"Retry-After": str(seconds)} if seconds else None
    return json_response(dumps(error.body()) + b"\n", status=error.status, headers=headers)


def plain_response(text: str, *, status: int = 200) -> web.Response:
    headers = {**_COMMON, "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return web.Response(text=text, status=status, headers=headers)


async def list_response(body: bytes, accept_encoding: str) -> web.Response:
    """A list, compressed as real servers do: gzip level 1 above 128 KiB when the client accepts it."""
    if len(body) <= _GZIP_FROM_BYTES or "gzip" not in accept_encoding:
        return json_response(body)
    packed = await anyio.to_thread.run_sync(_gzip, body)
    return json_response(packed, headers={"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()

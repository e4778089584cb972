"""Which connections are used again."""

from __future__ import annotations

import anyio
import pytest
from aiohttp import web

from mirror.errors import TransportError
from tests.mirror.kube.wire import answer, serve_and_connect

pytestmark = pytest.mark.anyio


async def test_a_connection_with_an_answer_given_up_is_not_used_again() -> None:
    """Its late answer would be taken for that of the next request."""
    transports: list[object] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        transports.append(request.transport)
        if request.path == "/slow":
            await anyio.sleep_forever()
        return answer({"kind": "X"})

    async with serve_and_connect(handler, request_timeout_s=0.3) as (_, client):
        await client.get("/fast")
        with pytest.raises(TransportError, match="in time"):
            await client.get("/slow")
        await client.get("/fast")
    assert transports[0] is transports[1]
    assert transports[2] is not transports[1]

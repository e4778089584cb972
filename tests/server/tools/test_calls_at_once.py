"""Several calls at once: a long one holds up no other, one that nobody waits for any more is let go."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager

import anyio
import anyio.to_thread
import pytest
from mcp import Client

from query.view import View
from tests.server.fleet import FileStore
from tests.server.tools.asking import ask, served_on

pytestmark = pytest.mark.anyio

PATIENCE_S = 5.0


class SlowForOne(FileStore):
    """A question about staging alone is held up until `release`."""

    def __init__(self, store: FileStore) -> None:
        super().__init__(store.reader)
        self.entered, self.release = threading.Event(), threading.Event()

    def open_view(
        self, clusters: Sequence[str] | None = None, max_age: float | None = None
    ) -> AbstractContextManager[View]:
        if clusters == ["staging"]:
            self.entered.set()
            assert self.release.wait(PATIENCE_S)
        return super().open_view(clusters, max_age)


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_call_that_takes_long_holds_up_no_other(store: FileStore, mode: str) -> None:
    slow = SlowForOne(store)
    said: list[list[str]] = []

    async def of_staging() -> None:
        _, found = await ask(client, "get_fleet_status", clusters=["staging"])
        said.append([each["cluster"] for each in found["clusters"]])

    async with Client(await served_on(slow), mode=mode) as client, anyio.create_task_group() as calls:
        calls.start_soon(of_staging)
        assert await anyio.to_thread.run_sync(slow.entered.wait, PATIENCE_S)
        _, found = await ask(client, "get_fleet_status", clusters=["prod*"])
        said.append([each["cluster"] for each in found["clusters"]])
        slow.release.set()
    assert said == [["production-eu", "production-us"], ["staging"]]


async def test_a_call_that_is_cancelled_leaves_the_server_as_it_was(store: FileStore) -> None:
    slow = SlowForOne(store)
    async with Client(await served_on(slow), mode="legacy") as client:
        async with anyio.create_task_group() as calls:
            calls.start_soon(client.call_tool, "get_fleet_status", {"clusters": ["staging"]})
            assert await anyio.to_thread.run_sync(slow.entered.wait, PATIENCE_S)
            calls.cancel_scope.cancel()
        _, found = await ask(client, "get_fleet_status", clusters=["prod*"])
        assert len(found["clusters"]) == 2
        slow.release.set()
        text, found = await ask(client, "get_fleet_status", clusters=["staging"])
        assert [each["cluster"] for each in found["clusters"]] == ["staging"], text

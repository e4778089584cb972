"""Long lists: the next page comes while one is transformed, none twice, none lost."""

from __future__ import annotations

import anyio
import pytest

from mirror.errors import ProtocolError, TransportError
from mirror.informers.meanwhile import meanwhile
from mirror.settings import MirrorSettings, WatchSettings, WriterSettings
from tests.mirror.informers.conftest import Bench, config_map

pytestmark = pytest.mark.anyio

SMALL_PAGES = MirrorSettings(watch=WatchSettings(page_size=4), writer=WriterSettings(gather_s=0.0))
NAMES = {f"m{n:02}" for n in range(30)}


async def stored(bench: Bench) -> set[str]:
    return {key.name for key in await bench.see(lambda: bench.keys("one", "ConfigMap"))} & NAMES


async def test_a_list_of_many_pages_is_whole(bench: Bench) -> None:
    """[TestReflectorWatchListPageSize]"""
    server = await bench.serve("one")
    for name in NAMES:
        server.cluster.create(config_map(name))
    async with bench.mirroring(SMALL_PAGES):
        await bench.until_state("one", "synced")
        assert await stored(bench) == NAMES
        asked = server.requests.matching("list configmaps")
        tokens = [request.query.get("continue", "") for request in asked]
        assert len(tokens) == len(set(tokens)) >= 8, "each page once"
        assert (await bench.see(lambda: bench.scope("one", "configmaps"))).lists == 1


@pytest.mark.parametrize("streams", [False, True])
async def test_a_token_that_expires_on_a_later_page_means_one_list_without_pages(
    bench: Bench, streams: bool
) -> None:
    """[TestReflectorFullListIfExpired] A stream, where the server offers one: it costs it much less."""
    server = await bench.serve("one")
    server.behaviour.watch_list = streams
    for name in NAMES:
        server.cluster.create(config_map(name))
    hold = server.faults.hold(matching=lambda r: r.plural == "configmaps" and "continue" in r.query, times=1)
    async with bench.mirroring(SMALL_PAGES):
        await hold.arrived()
        server.faults.expire_continue_tokens()
        hold.release()
        await bench.until_state("one", "synced")
        assert await stored(bench) == NAMES
        queries = [request.query for request in server.requests.matching("list configmaps")]
        asked = [("limit" in query, "continue" in query) for query in queries]
        assert asked == [(True, False), (True, True), (False, False)][: 2 if streams else 3]
        streamed = [r.status for r in server.requests.matching("watch") if "sendInitialEvents" in r.query]
        assert streamed == [200 if streams else 422]


async def test_a_page_that_fails_lets_the_list_begin_anew(bench: Bench) -> None:
    server = await bench.serve("one")
    for name in NAMES:
        server.cluster.create(config_map(name))
    server.faults.answer(500, matching=lambda r: r.plural == "configmaps" and "continue" in r.query)
    async with bench.mirroring(SMALL_PAGES):
        await bench.until_state("one", "synced")
        assert await stored(bench) == NAMES
        assert (await bench.see(lambda: bench.scope("one", "configmaps"))).failures == 1


async def test_what_is_fetched_ahead_fails_after_the_work() -> None:
    done = []

    async def fetch() -> bytes:
        raise TransportError("gone")

    async def work() -> None:
        await anyio.lowlevel.checkpoint()
        done.append(1)

    with pytest.raises(TransportError, match="gone"):
        await meanwhile(fetch, work)
    assert done == [1]


async def test_fetching_ahead_ends_with_whoever_waits_for_it() -> None:
    ended = []

    async def fetch() -> bytes:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(1)
        return b""

    async def work() -> None:
        return

    with anyio.move_on_after(0.01):
        await meanwhile(fetch, work)
    assert ended == [1]


async def test_work_that_fails_ends_the_fetching() -> None:
    async def work() -> None:
        raise ProtocolError("an object that cannot be read")

    with anyio.fail_after(5), pytest.raises(ProtocolError, match="cannot be read"):
        await meanwhile(anyio.sleep_forever, work)

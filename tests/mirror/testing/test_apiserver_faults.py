"""Every fault that can be switched on, seen from the client."""

from __future__ import annotations

import json
import math

import aiohttp
import anyio
import pytest

from mirror.keys import ObjectKey
from mirror.testing import FakeAPIServer, FakeCluster
from tests.mirror.testing.api import CONFIGMAPS, PODS, Answer, Api, configmap

pytestmark = pytest.mark.anyio

A = ObjectKey("", "ConfigMap", "default", "a")


async def test_answer_n_matching_requests(server: FakeAPIServer, api: Api) -> None:
    server.faults.answer(500, times=2, matching="list pods")
    assert (await api.get(CONFIGMAPS)).status == 200
    statuses = [(await api.get(PODS)).status for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert [info.status for info in server.requests.matching("pods")] == [500, 500, 200]


async def test_answers_can_be_chosen_by_a_function_and_have_any_body(server: FakeAPIServer, api: Api) -> None:
    server.faults.answer(
        404, body=b"404 page not found", matching=lambda info: info.query.get("limit") == "7"
    )
    assert (await api.get(PODS)).status == 200
    assert (await api.get(PODS, limit="7")).raw == b"404 page not found"


async def test_the_status_of_a_made_up_failure_is_a_status(server: FakeAPIServer, api: Api) -> None:
    server.faults.answer(410, message="gone for good", reason="Gone")
    body = (await api.get(PODS)).json
    assert (body["kind"], body["code"], body["reason"], body["message"]) == (
        "Status",
        410,
        "Gone",
        "gone for good",
    )


@pytest.mark.parametrize("header", ["3", "Wed, 21 Oct 2026 07:28:00 GMT", None])
async def test_throttling(server: FakeAPIServer, api: Api, header: str | None) -> None:
    server.faults.throttle(retry_after=header)
    answer = await api.get(PODS)
    assert (answer.status, answer.headers.get("Retry-After")) == (429, header)
    assert answer.json["reason"] == "TooManyRequests"


async def test_a_login_page_instead_of_json(server: FakeAPIServer, api: Api) -> None:
    server.faults.login_page()
    answer = await api.get(PODS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.raw.startswith(b"<!DOCTYPE html>")


async def test_truncated_json(cluster: FakeCluster, server: FakeAPIServer, api: Api) -> None:
    cluster.create(configmap("a"))
    whole = (await api.get(CONFIGMAPS)).raw
    server.faults.truncate()
    answer = await api.get(CONFIGMAPS)
    assert answer.status == 200
    assert whole.startswith(answer.raw)
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


async def test_a_broken_connection_instead_of_an_answer(server: FakeAPIServer, api: Api) -> None:
    server.faults.reset(times=math.inf)
    with pytest.raises(aiohttp.ClientError):
        await api.get(PODS)
    server.faults.clear()
    assert (await api.get(PODS)).status == 200


async def test_a_held_request_is_served_when_released(server: FakeAPIServer, api: Api) -> None:
    hold = server.faults.hold(matching="list pods")
    answers: list[Answer] = []

    async def ask() -> None:
        answers.append(await api.get(PODS))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await hold.arrived()
            assert (await api.get(CONFIGMAPS)).status == 200
            assert (hold.held, answers) == (1, [])
            hold.release()
    assert answers[0].status == 200


async def test_refused_connections_come_back_on_the_same_port(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    url = server.url
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        await server.faults.refuse_connections()
        with pytest.raises(aiohttp.ClientError):
            await watch.line()
    with pytest.raises(aiohttp.ClientConnectorError):
        await api.get(PODS)
    await server.faults.accept_connections()
    assert server.url == url
    assert (await api.get(PODS)).status == 200


async def test_a_watch_is_cut_in_the_middle_of_a_line(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        cluster.create(configmap("a"))
        assert (await watch.short()).startswith("ADDED a")
        assert server.faults.cut_watches() == 1
        with anyio.fail_after(5):
            half = await watch.response.content.readany()
            with pytest.raises(aiohttp.ClientPayloadError):
                await watch.response.content.readany()
    assert half.startswith(b'{"type":"MODIFIED"')
    assert not half.endswith(b"\n")


async def test_a_frozen_watch_says_nothing_and_loses_nothing(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        hold = server.faults.freeze_watches("configmaps")
        with anyio.fail_after(5):
            await hold.arrived()
        cluster.create(configmap("a"))
        async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv - 1)) as other:
            assert (await other.short()).startswith("ADDED a")  # the loop has turned, the frozen one is mute
        assert watch.response.content.total_bytes == 0
        hold.release()
        assert (await watch.short()).startswith("ADDED a")


@pytest.mark.parametrize("code", [410, 429, 500])
async def test_an_error_event_ends_the_stream(
    cluster: FakeCluster, server: FakeAPIServer, api: Api, code: int
) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        server.faults.send_error(code)
        kind, status = await watch.next()
        assert (kind, status["kind"], status["code"]) == ("ERROR", "Status", code)
        assert await watch.line() == b""


async def test_ended_watches_end_cleanly(cluster: FakeCluster, server: FakeAPIServer, api: Api) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        cluster.create(configmap("a"))
        server.faults.end_watches()
        assert (await watch.short()).startswith("ADDED a")
        assert await watch.line() == b""


async def test_duplicates(cluster: FakeCluster, server: FakeAPIServer, api: Api) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        cluster.create(configmap("a"))
        first = await watch.line()
        server.faults.send_duplicates()
        assert await watch.line() == first


async def test_any_bytes(cluster: FakeCluster, server: FakeAPIServer, api: Api) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        server.faults.send_raw(b"\n\x00junk\n")
        assert [await watch.line(), await watch.line()] == [b"\n", b"\x00junk\n"]


async def test_bookmarks_can_be_omitted_even_at_the_end_of_initial_events(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    server.faults.omit_bookmarks()
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    async with api.watch(CONFIGMAPS, allowWatchBookmarks="true", **query) as watch:
        server.faults.send_bookmarks()
        cluster.create(configmap("a"))
        assert (await watch.short()).startswith("ADDED a")


async def test_chunks_split_characters(cluster: FakeCluster, server: FakeAPIServer, api: Api) -> None:
    text = "ü€\U0001f6a2"
    server.faults.split_chunks(1)
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        cluster.create(configmap("a", text=text))
        chunks: list[bytes] = []
        with anyio.fail_after(5):
            while not chunks or chunks[-1] != b"\n":
                chunks.append((await watch.response.content.readchunk())[0])
    assert {len(chunk) for chunk in chunks} == {1}
    assert json.loads(b"".join(chunks))["object"]["data"]["text"] == text


async def test_a_rebuilt_cluster_has_another_identity_and_starts_over(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    uid = cluster.uid
    for name in "abcdefgh":
        cluster.create(configmap(name))
    rv = cluster.rv
    async with api.watch(CONFIGMAPS, resourceVersion=str(rv)) as watch:
        server.faults.rebuild()
        with pytest.raises(aiohttp.ClientError):
            await watch.line()
    again = await api.get(CONFIGMAPS)
    assert again.json["items"] == []
    assert int(again.rv) < rv
    assert cluster.uid != uid
    assert (await api.get(CONFIGMAPS, resourceVersion=str(rv))).status == 504


async def test_a_restored_backup_goes_back_with_the_same_identity(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    uid = cluster.uid
    cluster.create(configmap("a", key="old"))
    backup = cluster.rv
    cluster.apply(configmap("a", key="new"))
    cluster.create(configmap("b"))
    server.faults.restore(backup)
    answer = await api.get(CONFIGMAPS)
    assert (answer.names, answer.rv) == (["a"], str(backup))
    assert answer.json["items"][0]["data"] == {"key": "old"}
    assert cluster.uid == uid
    cluster.delete(A)
    assert cluster.rv == backup + 1


async def test_clear_ends_all_faults(server: FakeAPIServer, api: Api) -> None:
    server.faults.answer(500, times=math.inf)
    server.faults.hide_group("apps")
    server.faults.split_chunks(3)
    server.faults.clear()
    assert (await api.get(PODS)).status == 200
    assert (await api.get("/apis/apps/v1")).status == 200
    assert server.behaviour.stream.chunk_bytes == 0


async def test_a_server_with_held_requests_and_frozen_watches_stops_at_once(
    cluster: FakeCluster, api: Api
) -> None:
    with anyio.fail_after(5):
        async with FakeAPIServer(cluster) as server:
            near = Api(api.session, server.url)
            async with near.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)):
                hold = server.faults.freeze_watches()
                await hold.arrived()


async def test_fifty_servers_in_one_process(api: Api) -> None:
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(_serve_one, api, number)


async def _serve_one(api: Api, number: int) -> None:
    cluster = FakeCluster(f"cluster-{number}")
    cluster.create(configmap(f"only-{number}"))
    async with FakeAPIServer(cluster) as server:
        assert (await Api(api.session, server.url).get(CONFIGMAPS)).names == [f"only-{number}"]

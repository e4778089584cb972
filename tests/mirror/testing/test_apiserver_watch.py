"""WATCH as clients of real API servers know it."""

from __future__ import annotations

import pytest

from mirror.keys import ObjectKey, Resource
from mirror.testing import Behaviour, FakeAPIServer, FakeCluster, ManualClock, crd
from tests.mirror.testing.api import CONFIGMAPS, PODS, WIDGETS, Api, configmap, pod, widget

pytestmark = pytest.mark.anyio

A = ObjectKey("", "ConfigMap", "default", "a")
INITIAL = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}


async def test_every_event_after_the_resource_version_arrives_in_order(
    cluster: FakeCluster, api: Api
) -> None:
    cluster.create(configmap("a"))
    rv = cluster.rv
    cluster.create(configmap("b"))
    async with api.watch(CONFIGMAPS, resourceVersion=str(rv)) as watch:
        assert await watch.short() == f"ADDED b {rv + 1}"
        cluster.apply(configmap("a", key="1"))
        cluster.apply(configmap("a", key="2"))
        cluster.delete(A)
        assert await watch.short() == f"MODIFIED a {rv + 2}"
        assert await watch.short() == f"MODIFIED a {rv + 3}"
        kind, last = await watch.next()
    assert (kind, last["metadata"]["resourceVersion"]) == ("DELETED", str(rv + 4))
    assert (last["kind"], last["apiVersion"], last["data"]) == ("ConfigMap", "v1", {"key": "2"})


async def test_a_write_that_changes_nothing_is_no_event(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a", key="1"))
    rv = cluster.rv
    async with api.watch(CONFIGMAPS, resourceVersion=str(rv)) as watch:
        cluster.apply(configmap("a", key="1"))
        cluster.create(configmap("b"))
        assert await watch.short() == f"ADDED b {rv + 1}"


async def test_list_then_watch_loses_nothing(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a"))
    listed = await api.get(CONFIGMAPS)
    cluster.create(configmap("b"))
    async with api.watch(CONFIGMAPS, resourceVersion=listed.rv) as watch:
        assert (await watch.short()).startswith("ADDED b")


async def test_other_kinds_and_namespaces_are_not_seen(cluster: FakeCluster, api: Api) -> None:
    async with api.watch("/api/v1/namespaces/apps/configmaps", resourceVersion=str(cluster.rv)) as watch:
        cluster.create(pod("p", "apps"))
        cluster.create(configmap("a"))
        cluster.create(configmap("b", "apps"))
        assert (await watch.short()).startswith("ADDED b")


async def test_without_a_resource_version_the_present_comes_first(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("b"))
    cluster.create(configmap("a"))
    async with api.watch(CONFIGMAPS) as watch:
        assert [(await watch.short()).split()[:2] for _ in "ab"] == [["ADDED", "a"], ["ADDED", "b"]]
        cluster.delete(A)
        assert (await watch.short()).startswith("DELETED a")


@pytest.mark.parametrize("answer", ["event", "http"])
async def test_a_forgotten_resource_version_is_410(
    cluster: FakeCluster, server: FakeAPIServer, behaviour: Behaviour, api: Api, answer: str
) -> None:
    rv = str(cluster.rv)
    server.faults.compact()
    behaviour.expired_watch = "http" if answer == "http" else "event"
    if answer == "http":
        refused = await api.get(CONFIGMAPS, watch="1", resourceVersion=rv)
        assert (refused.status, refused.json["reason"]) == (410, "Expired")
        return
    async with api.watch(CONFIGMAPS, resourceVersion=rv) as watch:
        assert watch.response.status == 200
        kind, status = await watch.next()
        assert (kind, status["kind"], status["code"], status["reason"]) == ("ERROR", "Status", 410, "Expired")
        assert await watch.line() == b""


async def test_the_history_of_a_kind_is_bounded(api: Api) -> None:
    cluster = FakeCluster("short", history=2)
    async with FakeAPIServer(cluster, behaviour=Behaviour(expired_watch="http")) as server:
        near = Api(api.session, server.url)
        cluster.create(configmap("a"))
        rv = cluster.rv
        for value in "12":
            cluster.apply(configmap("a", key=value))
        assert (await near.get(CONFIGMAPS, watch="1", resourceVersion=str(rv - 1))).status == 410
        async with near.watch(CONFIGMAPS, resourceVersion=str(rv)) as watch:
            assert (await watch.short()) == f"MODIFIED a {rv + 1}"


async def test_an_open_watch_survives_compaction(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        cluster.create(configmap("a"))
        await watch.line()
        server.faults.compact()
        cluster.create(configmap("b"))
        assert (await watch.short()).startswith("ADDED b")


async def test_a_watch_that_falls_behind_the_history_is_cut(api: Api) -> None:
    cluster = FakeCluster("short", history=4)
    async with FakeAPIServer(cluster) as server:
        near = Api(api.session, server.url)
        async with near.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
            for value in range(5):  # one burst, before the stream gets to run
                cluster.apply(configmap("a", key=str(value)))
            assert await watch.line() == b""
            assert (await near.get(CONFIGMAPS)).names == ["a"]


async def test_a_future_resource_version_is_silent(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    rv = cluster.rv
    async with api.watch(CONFIGMAPS, resourceVersion=str(rv + 2), allowWatchBookmarks="true") as watch:
        assert server.faults.send_bookmarks() == 1
        for name in "abc":
            cluster.create(configmap(name))
        assert await watch.short() == f"ADDED c {rv + 3}"


async def test_bookmarks_carry_only_the_resource_version_of_the_whole_server(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv), allowWatchBookmarks="true") as watch:
        cluster.create(pod("p"))
        server.faults.send_bookmarks("configmaps")
        kind, obj = await watch.next()
    assert (kind, obj["kind"], obj["apiVersion"]) == ("BOOKMARK", "ConfigMap", "v1")
    assert obj["metadata"] == {"resourceVersion": str(cluster.rv), "creationTimestamp": None}


async def test_bookmarks_come_at_their_interval_and_before_the_end(
    clock: ManualClock, cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    rv = str(cluster.rv)
    async with api.watch(
        CONFIGMAPS, resourceVersion=rv, allowWatchBookmarks="true", timeoutSeconds="100"
    ) as watch:
        for seconds in (60.0, 38.0):
            clock.advance(seconds)
            assert await watch.short() == f"BOOKMARK - {rv}"
        clock.advance(2.0)
        assert await watch.line() == b""


async def test_no_bookmarks_unless_asked(
    clock: ManualClock, cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        clock.advance(61.0)
        server.faults.send_bookmarks()
        cluster.create(configmap("a"))
        assert (await watch.short()).startswith("ADDED a")


async def test_the_deadline_ends_a_watch_cleanly_in_real_time_too(api: Api) -> None:
    running = FakeCluster("running")
    async with FakeAPIServer(running) as server:
        near = Api(api.session, server.url)
        async with near.watch(CONFIGMAPS, resourceVersion=str(running.rv), timeoutSeconds="1") as watch:
            assert await watch.line() == b""
            assert server.requests.count("watch") == 1


async def test_a_list_by_stream_ends_with_an_annotated_bookmark(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a"))
    async with api.watch(CONFIGMAPS, **INITIAL) as watch:
        assert (await watch.short()).startswith("ADDED a")
        kind, obj = await watch.next()
        assert kind == "BOOKMARK"
        assert obj["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert obj["metadata"]["resourceVersion"] == str(cluster.rv)
        cluster.create(configmap("b"))
        assert (await watch.short()).startswith("ADDED b")


async def test_a_list_by_stream_from_the_future_is_an_error_event(cluster: FakeCluster, api: Api) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv + 9), **INITIAL) as watch:
        kind, status = await watch.next()
    assert (kind, status["code"]) == ("ERROR", 504)


async def test_servers_without_watch_list_refuse_it(behaviour: Behaviour, api: Api) -> None:
    behaviour.watch_list = False
    answer = await api.get(CONFIGMAPS, watch="1", **INITIAL)
    assert answer.status == 422
    assert (
        "sendInitialEvents is forbidden for watch unless the WatchList feature gate" in answer.json["message"]
    )


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (
            {"resourceVersion": "1", "resourceVersionMatch": "NotOlderThan"},
            "unless sendInitialEvents is provided",
        ),
        ({"sendInitialEvents": "true"}, "requires setting resourceVersionMatch to NotOlderThan"),
    ],
)
async def test_forbidden_combinations_are_422(api: Api, query: dict[str, str], text: str) -> None:
    answer = await api.get(CONFIGMAPS, watch="1", **query)
    assert (answer.status, answer.json["reason"]) == (422, "Invalid")
    assert text in answer.json["message"]


async def test_leaving_and_entering_a_selector_is_deleted_and_added(cluster: FakeCluster, api: Api) -> None:
    cluster.create(pod("p", app="web", v="1"))
    rv = cluster.rv
    async with api.watch(PODS, resourceVersion=str(rv), labelSelector="app=web") as watch:
        cluster.create(pod("other", app="db"))
        cluster.apply(pod("p", app="web", v="2"))
        cluster.apply(pod("p", app="db", v="3"))
        cluster.apply(pod("p", app="web", v="4"))
        cluster.delete(ObjectKey("", "Pod", "default", "p"))
        assert await watch.short() == f"MODIFIED p {rv + 2}"
        kind, old = await watch.next()
        assert (kind, old["metadata"]["labels"]["v"]) == ("DELETED", "2")
        assert old["metadata"]["resourceVersion"] == str(rv + 3)
        assert await watch.short() == f"ADDED p {rv + 4}"
        assert await watch.short() == f"DELETED p {rv + 5}"


async def test_one_object_can_be_watched_by_name(cluster: FakeCluster, api: Api) -> None:
    async with api.watch(
        CONFIGMAPS, resourceVersion=str(cluster.rv), fieldSelector="metadata.name=b"
    ) as watch:
        cluster.create(configmap("a"))
        cluster.create(configmap("b"))
        assert (await watch.short()).startswith("ADDED b")


async def test_metadata_only_events_and_bookmarks(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    accept = {"Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"}
    rv = str(cluster.rv)
    async with api.watch(CONFIGMAPS, accept, resourceVersion=rv, allowWatchBookmarks="true") as watch:
        cluster.create(configmap("a", secret="no"))
        kind, obj = await watch.next()
        assert (kind, sorted(obj)) == ("ADDED", ["apiVersion", "kind", "metadata"])
        assert obj["kind"] == "PartialObjectMetadata"
        server.faults.send_bookmarks()
        kind, obj = await watch.next()
        assert (kind, obj["kind"]) == ("BOOKMARK", "PartialObjectMetadata")


async def test_a_recreated_object_has_another_uid(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a"))
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        cluster.delete(A)
        cluster.create(configmap("a"))
        _, gone = await watch.next()
        _, back = await watch.next()
    assert gone["metadata"]["uid"] != back["metadata"]["uid"]


async def test_a_deleted_crd_deletes_its_objects_then_ends_the_watch_then_404(
    cluster: FakeCluster, api: Api
) -> None:
    cluster.create(crd("lab.example.com", "Widget", "widgets"))
    cluster.create(widget("w"))
    async with api.watch(WIDGETS, resourceVersion=str(cluster.rv)) as watch:
        cluster.delete(
            ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.lab.example.com")
        )
        assert (await watch.short()).startswith("DELETED w")
        assert await watch.line() == b""
    assert (await api.get(WIDGETS)).status == 404


async def test_a_changed_crd_ends_watches_and_forgets_the_past(
    cluster: FakeCluster, behaviour: Behaviour, api: Api
) -> None:
    behaviour.expired_watch = "http"
    cluster.create(crd("lab.example.com", "Widget", "widgets"))
    cluster.create(widget("w"))
    rv = str(cluster.rv)
    async with api.watch(WIDGETS, resourceVersion=rv) as watch:
        cluster.apply(crd("lab.example.com", "Widget", "widgets", versions=("v1", "v2")))
        assert await watch.line() == b""
    assert (await api.get(WIDGETS, watch="1", resourceVersion=rv)).status == 410
    both = await api.get(WIDGETS.replace("v1", "v2"))
    assert both.json["items"][0]["apiVersion"] == "lab.example.com/v2"


async def test_a_kind_that_cannot_be_watched_is_405(cluster: FakeCluster, api: Api) -> None:
    verbs = frozenset({"get", "list"})
    cluster.register(
        Resource("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", True, verbs=verbs), custom=False
    )
    path = "/apis/metrics.k8s.io/v1beta1/pods"
    assert (await api.get(path)).json["kind"] == "PodMetricsList"
    answer = await api.get(path, watch="1")
    assert (answer.status, answer.json["reason"]) == (405, "MethodNotAllowed")


async def test_a_watch_ends_when_the_client_leaves(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)):
        assert len(server.watches) == 1
    await api.get(CONFIGMAPS)  # the server's loop has turned since
    assert not server.watches


async def test_initial_events_can_be_declined(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a"))
    query = {"sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan"}
    async with api.watch(CONFIGMAPS, **query) as watch:
        cluster.create(configmap("b"))
        assert (await watch.short()).startswith("ADDED b")


@pytest.mark.parametrize("seconds", ["-1", "soon"])
async def test_an_unusable_timeout_is_400(api: Api, seconds: str) -> None:
    assert (await api.get(CONFIGMAPS, watch="1", timeoutSeconds=seconds)).status == 400

"""Users who may not read everything (informers.md 5 and 11.12): namespace by namespace, exactly."""

from __future__ import annotations

import math

import pytest

from mirror.informers.namespaces import candidates
from mirror.keys import ObjectKey
from mirror.testing.apiserver import FakeAPIServer
from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio

TEAM_A, TEAM_B, OTHER = (config_map_key("settings", name) for name in ("team-a", "team-b", "other"))


def confine(server: FakeAPIServer, *namespaces: str, listing: bool = True) -> None:
    """Only what is in these namespaces may be read. listing: the names of all Namespaces may."""
    server.deny("*", "*", "*")
    server.allow("create", "authorization.k8s.io", "*")
    for namespace in namespaces:
        server.allow("*", "*", "*", namespace=namespace)
    if listing:
        server.allow("*", "", "namespaces", namespace="")


async def confined(bench: Bench, *namespaces: str, listing: bool = True) -> FakeAPIServer:
    server = await bench.serve("one")
    for key in (TEAM_A, TEAM_B, OTHER):
        server.cluster.create(config_map(key.name, key.namespace))
    confine(server, *namespaces, listing=listing)
    return server


async def test_what_may_be_read_in_some_namespaces_is_mirrored_there(bench: Bench) -> None:
    server = await confined(bench, "team-a", "team-b")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await bench.has("one", TEAM_A, TEAM_B)
        assert await bench.see(lambda: bench.states("one", "configmaps")) == {
            "": "forbidden",
            "team-a": "watching",
            "team-b": "watching",
        }
        server.cluster.create(config_map("more", "team-a"))
        await bench.has("one", config_map_key("more", "team-a"))
        assert OTHER not in await bench.see(lambda: bench.keys("one", "ConfigMap"))
    tried = {r.namespace for r in server.requests.matching("list configmaps")}
    assert tried == {"", "team-a", "team-b"}, "the review says where a list is allowed"


async def test_without_a_list_of_namespaces_the_one_of_the_context_is_tried(bench: Bench) -> None:
    await confined(bench, "default", listing=False)
    key = config_map_key("settings", "default")
    bench.servers["one"].cluster.create(config_map(key.name, key.namespace))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await bench.has("one", key)
        assert set(await bench.see(lambda: bench.states("one", "configmaps"))) == {"", "default"}


async def test_where_the_server_cannot_say_what_it_allows_lists_are_tried_once(bench: Bench) -> None:
    server = await confined(bench, "team-a")
    server.behaviour.incomplete_reviews = True
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await bench.has("one", TEAM_A)
        assert set(await bench.see(lambda: bench.states("one", "configmaps"))) == {"", "team-a"}
        looks = server.requests.count("/apis")
        await bench.until(lambda: server.requests.count("/apis") >= looks + 2)
    tried = [r.namespace for r in server.requests.matching("list configmaps")]
    assert tried.count("team-b") == 1


async def test_a_user_who_may_read_nothing_is_a_forbidden_cluster(bench: Bench) -> None:
    await confined(bench, listing=False)
    async with bench.mirroring():
        await bench.until_state("one", "forbidden")


async def test_namespaces_that_come_and_go_are_followed(bench: Bench) -> None:
    server = await confined(bench, "team-a", "team-c")
    late = config_map_key("settings", "team-c")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        began = bench.clock.monotonic()
        server.cluster.create(config_map(late.name, late.namespace))
        await bench.has("one", late)
        assert bench.clock.monotonic() - began < 20.0
        server.cluster.delete(ObjectKey("", "Namespace", "", "team-c"))
        await bench.lacks("one", late)
        await bench.until(lambda: "team-c" not in bench.states("one", "configmaps"))


async def test_the_right_to_read_everything_takes_over_without_losing_a_row(bench: Bench) -> None:
    server = await confined(bench, "team-a")
    async with bench.mirroring():
        await bench.has("one", TEAM_A)
        row = await bench.see(lambda: bench.row("one", TEAM_A))
        server.access.allow_everything()

        def taken_over() -> bool:
            assert bench.row("one", TEAM_A).id == row.id
            return bench.states("one", "configmaps") == {"": "watching"}

        bench.clock.advance(60)
        await bench.until(taken_over)
        await bench.has("one", TEAM_A, TEAM_B, OTHER)
        server.cluster.delete(TEAM_A)
        await bench.lacks("one", TEAM_A)
        await bench.until_state("one", "synced")


async def test_a_list_of_a_namespace_that_comes_late_takes_nothing_from_the_whole(bench: Bench) -> None:
    server = await confined(bench, "team-a", "team-b")
    late = server.faults.hold(
        matching=lambda request: (request.plural, request.namespace) == ("configmaps", "team-b")
    )
    async with bench.mirroring():
        await bench.has("one", TEAM_A)
        looks = server.faults.hold(matching=lambda request: request.path in ("/api", "/apis"))
        server.access.allow_everything()
        await bench.has("one", OTHER)
        late.release()
        await bench.until(lambda: bench.states("one", "configmaps").get("team-b") == "watching")
        looks.release()
        await bench.until(lambda: bench.states("one", "configmaps") == {"": "watching"})
        assert {TEAM_A, TEAM_B, OTHER} <= await bench.see(lambda: bench.keys("one", "ConfigMap"))
        server.cluster.delete(TEAM_B)
        await bench.lacks("one", TEAM_B)


async def test_rights_that_shrink_to_some_namespaces_take_no_row_away(bench: Bench) -> None:
    server = await confined(bench, "team-a")
    server.access.allow_everything()
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        confine(server, "team-a")
        server.faults.answer(503, times=math.inf, matching="configmaps")  # nobody looks meanwhile
        server.faults.end_watches("configmaps")
        server.cluster.create(config_map("later", "team-a"))
        server.cluster.delete(TEAM_A)
        server.faults.clear()
        await bench.has("one", config_map_key("later", "team-a"))
        await bench.until(lambda: bench.states("one", "configmaps").get("") == "forbidden")
        stored = await bench.see(lambda: bench.keys("one", "ConfigMap"))
        assert {TEAM_B, OTHER} <= stored, "no longer refreshed, but kept"
        assert TEAM_A not in stored, "it went while nobody looked, in a namespace that is seen"


async def test_a_server_that_refuses_everything_for_a_moment_is_not_looked_through_by_namespaces(
    bench: Bench,
) -> None:
    """An API server that starts knows no roles yet."""
    server = await bench.serve("one")
    server.cluster.create(config_map(TEAM_A.name, TEAM_A.namespace))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.deny("*", "*", "*")
        server.faults.end_watches()
        await bench.until(lambda: bench.states("one", "configmaps") == {"": "forbidden"})
        looks = server.requests.count("/apis")
        await bench.until(lambda: server.requests.count("/apis") > looks + 1)
        server.access.allow_everything()
        await bench.until(lambda: bench.states("one", "configmaps") == {"": "watching"})
        await bench.until_state("one", "synced")
    assert not [r for r in server.requests if r.plural == "selfsubjectrulesreviews"]
    assert not [r for r in server.requests if r.verb == "watch" and r.namespace]


async def test_rights_that_go_in_a_namespace_take_no_row_away_and_come_back(bench: Bench) -> None:
    server = await confined(bench, "team-a")
    async with bench.mirroring():
        await bench.has("one", TEAM_A)
        server.deny("*", "", "configmaps")
        server.faults.end_watches("configmaps")
        await bench.until(lambda: bench.states("one", "configmaps").get("team-a") == "forbidden")
        assert TEAM_A in await bench.see(lambda: bench.keys("one", "ConfigMap"))
        server.allow("*", "", "configmaps", namespace="team-a")
        bench.clock.advance(60)
        await bench.until(lambda: bench.states("one", "configmaps").get("team-a") == "watching")


async def test_a_restart_goes_on_in_the_namespaces_without_a_list(bench: Bench) -> None:
    server = await confined(bench, "team-a")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
    before = len(server.requests)
    server.cluster.create(config_map("meanwhile", "team-a"))
    async with bench.mirroring():
        await bench.has("one", config_map_key("meanwhile", "team-a"))
        await bench.until_state("one", "synced")
    asked = [request for request in list(server.requests)[before:] if request.verb == "list"]
    assert {request.query.get("limit") for request in asked if request.namespace == "team-a"} == {"1"}


def test_the_likely_namespaces_come_first() -> None:
    assert candidates("mine", {"a", "b", "mine"}, {"x"}, {"b"}) == ["b", "mine", "a"]
    assert candidates("mine", None, {"x"}, {"b"}) == ["b", "mine", "x"]
    assert candidates("gone", {"a"}, (), {"b"}) == ["a"]

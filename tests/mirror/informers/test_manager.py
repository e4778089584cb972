"""Mirroring whole servers: what is on them is in the store, whatever happens on the way."""

from __future__ import annotations

import math

import pytest

from mirror.keys import ObjectKey
from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio


async def test_everything_on_the_server_is_mirrored(bench: Bench) -> None:
    server = await bench.serve("one", whole=True)
    server.cluster.create(config_map("settings"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        assert config_map_key("settings") in await bench.see(lambda: bench.keys("one"))
        namespaces = {obj["metadata"]["name"] for obj in server.cluster.list("", "Namespace")}
        mirrored = await bench.see(lambda: bench.keys("one", "Namespace"))
        assert {key.name for key in mirrored} == namespaces
        cluster = await bench.see(lambda: bench.cluster("one"))
        assert (cluster.uid, cluster.version) == (server.cluster.uid, "v1.35.4")
        await bench.until(lambda: bench.cluster("one").confirmed_at is not None)


async def test_changes_are_followed(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.cluster.create(config_map("fresh"))
        await bench.has("one", config_map_key("fresh"))
        server.cluster.delete(config_map_key("fresh"))
        await bench.lacks("one", config_map_key("fresh"))


async def test_secrets_are_asked_for_as_metadata_only(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
    asked = [request for request in server.requests if request.plural == "secrets"]
    assert {request.verb for request in asked} == {"list", "watch"}
    assert all("as=PartialObjectMetadata" in request.accept for request in asked)


async def test_an_expired_watch_leads_to_a_list(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.end_watches("configmaps")
        server.faults.send_error(410, "watch configmaps", reason="Expired")
        server.cluster.create(config_map("after"))
        await bench.has("one", config_map_key("after"))
        await bench.until_state("one", "synced")


async def test_a_cluster_is_not_confirmed_while_an_expired_watch_is_listed_anew(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.cluster.create(config_map("moved"))
        await bench.has("one", config_map_key("moved"))
        hold = server.faults.hold(matching="list configmaps")
        server.faults.send_error(410, "watch configmaps", reason="Expired")
        await bench.until_state("one", "syncing")
        confirmed = (await bench.see(lambda: bench.cluster("one"))).confirmed_at
        await bench.passes(10)
        assert (await bench.see(lambda: bench.cluster("one"))).confirmed_at == confirmed
        hold.release()
        await bench.until_state("one", "synced")


async def test_a_list_that_breaks_off_deletes_nothing(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("kept"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.truncate(times=2, matching="list configmaps")
        server.cluster.create(config_map("more"))
        server.faults.send_error(410, "configmaps", reason="Expired")
        await bench.until(lambda: bench.scope("one", "configmaps").lists >= 2)
        stored = await bench.see(lambda: bench.keys("one"))
        assert {config_map_key("kept"), config_map_key("more")} <= stored
        assert (await bench.see(lambda: bench.scope("one", "configmaps"))).failures == 2


async def test_a_forbidden_type_does_not_keep_a_cluster_from_being_synced(bench: Bench) -> None:
    server = await bench.serve("one")
    server.deny("list", "", "pods")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        scope = await bench.see(lambda: bench.scope("one", "pods"))
        assert scope.state == "forbidden"
        assert scope.listed_at is None
        assert "pods" in scope.error


async def test_rights_that_come_later_are_noticed(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("hidden"))
    server.deny("list", "", "configmaps")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.allow("list", "", "configmaps")
        await bench.has("one", config_map_key("hidden"))


async def test_refused_credentials_are_a_state_of_the_cluster(bench: Bench) -> None:
    server = await bench.serve("one", tokens={"right": "mirror"})
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.access.tokens = {}
        server.faults.end_watches()
        await bench.until(lambda: "nauthorized" in bench.cluster("one").error)
        await bench.until_state("one", "stale")


async def test_a_dead_cluster_never_touches_another(bench: Bench) -> None:
    dead = await bench.serve("dead")
    alive = await bench.serve("alive")
    await dead.faults.refuse_connections()
    async with bench.mirroring():
        await bench.until_state("alive", "synced")
        await bench.until_state("dead", "unreachable")
        assert "connect" in (await bench.see(lambda: bench.cluster("dead"))).error
        alive.cluster.create(config_map("fresh"))
        await bench.has("alive", config_map_key("fresh"))
        await dead.faults.accept_connections()
        await bench.until_state("dead", "synced")


async def test_a_cluster_that_goes_away_is_stale_and_comes_back(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await server.faults.refuse_connections()
        await bench.until_state("one", "stale")
        confirmed = (await bench.see(lambda: bench.cluster("one"))).confirmed_at
        server.cluster.create(config_map("meanwhile"))
        bench.clock.advance(10)
        assert (await bench.see(lambda: bench.cluster("one"))).confirmed_at == confirmed
        await server.faults.accept_connections()
        await bench.until_state("one", "synced")
        await bench.has("one", config_map_key("meanwhile"))


async def test_a_restarted_mirror_goes_on_without_a_list(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.send_bookmarks()
    before = len(server.requests)
    server.cluster.create(config_map("meanwhile"))
    async with bench.mirroring():
        await bench.has("one", config_map_key("meanwhile"))
        await bench.until_state("one", "synced")
    asked = [request for request in list(server.requests)[before:] if request.verb == "list"]
    assert asked, "each kind's server is asked how far it is"
    assert {request.query.get("limit") for request in asked} == {"1"}


async def test_a_restarted_mirror_confirms_nothing_before_its_streams_are_open(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.send_bookmarks()
    confirmed = (await bench.see(lambda: bench.cluster("one"))).confirmed_at
    hold = server.faults.hold(matching="watch configmaps")
    bench.clock.advance(60)
    async with bench.mirroring():
        await bench.until(lambda: bench.has_scope("one", "pods", state="watching"))
        await bench.passes(10)
        assert (await bench.see(lambda: bench.cluster("one"))).confirmed_at == confirmed
        waiting = await bench.see(lambda: bench.scope("one", "configmaps"))
        assert (waiting.state, waiting.current_at) == ("reconnecting", confirmed)
        hold.release()
        await bench.until_state("one", "synced")


async def test_a_mirror_away_for_too_long_lists_again(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
    lists = sum(request.verb == "list" for request in server.requests)
    bench.clock.advance(3600)
    async with bench.mirroring():
        await bench.until(lambda: sum(request.verb == "list" for request in server.requests) > lists)


async def test_a_rebuilt_cluster_keeps_nothing_of_the_old_one(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("old"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
    server.faults.rebuild()
    async with bench.mirroring():
        await bench.lacks("one", config_map_key("old"))
        await bench.until_state("one", "synced")
        assert (await bench.see(lambda: bench.cluster("one"))).uid == server.cluster.uid


async def test_kinds_that_appear_are_added_and_kinds_that_go_are_removed(bench: Bench) -> None:
    server = await bench.serve("one")
    definition = "kustomizations.kustomize.toolkit.fluxcd.io"
    crds = server.cluster.list("apiextensions.k8s.io", "CustomResourceDefinition")
    crd = next(obj for obj in crds if obj["metadata"]["name"] == definition)
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await bench.until(lambda: bench.has_scope("one", "kustomizations"))
        server.cluster.delete(ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", definition))
        await bench.until(lambda: not bench.has_scope("one", "kustomizations"))
        again = {key: crd[key] for key in ("apiVersion", "kind", "spec")}
        server.cluster.create(again | {"metadata": {"name": definition}})
        await bench.until(lambda: bench.has_scope("one", "kustomizations", state="watching"))


async def test_a_group_that_cannot_be_discovered_keeps_its_objects(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.make_group_stale("kustomize.toolkit.fluxcd.io")
        asked = len(server.requests)
        await bench.until(lambda: sum(r.path == "/apis" for r in list(server.requests)[asked:]) >= 2)
        assert await bench.see(lambda: bench.has_scope("one", "kustomizations"))


async def test_a_group_that_is_broken_from_the_beginning_is_told_to_readers(bench: Bench) -> None:
    """Nothing is known of it, so nobody may say that a cluster does not have its kinds."""
    server = await bench.serve("one")
    server.faults.make_group_stale("kustomize.toolkit.fluxcd.io")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        assert (await bench.see(lambda: bench.cluster("one"))).unread_groups == (
            "kustomize.toolkit.fluxcd.io",
        )
        server.faults.stale_groups.clear()
        await bench.until(lambda: bench.has_scope("one", "kustomizations", state="watching"))
        assert (await bench.see(lambda: bench.cluster("one"))).unread_groups == ()


async def test_a_context_that_is_gone_takes_its_rows_with_it(bench: Bench) -> None:
    await bench.serve("one")
    await bench.serve("two")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await bench.until_state("two", "synced")
    del bench.servers["two"]
    async with bench.mirroring():
        await bench.until(lambda: not bench.keys("two"))
        assert await bench.see(lambda: bench.keys("one"))


async def test_streams_that_look_open_do_not_confirm_a_server_that_no_longer_answers(
    bench: Bench,
) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.faults.reset(times=math.inf, matching="/apis")
        await bench.until_state("one", "stale")
        assert server.watches, "the streams are still open"
        confirmed = (await bench.see(lambda: bench.cluster("one"))).confirmed_at
        server.cluster.create(config_map("meanwhile"))
        await bench.has("one", config_map_key("meanwhile"))
        assert (await bench.see(lambda: bench.cluster("one"))).confirmed_at == confirmed
        server.faults.clear()
        await bench.until_state("one", "synced")

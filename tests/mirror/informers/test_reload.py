"""The kubeconfig is edited while clusters are mirrored: what changed is touched, nothing else."""

from __future__ import annotations

import pytest

from tests.mirror.informers.conftest import Bench, config_map, config_map_key

pytestmark = pytest.mark.anyio


LOOKS = {"/version", "/api", "/apis", "/api/v1/namespaces/kube-system"}
"""What a cluster that is followed is asked from time to time anyway."""


async def listed(bench: Bench, name: str) -> dict[tuple[str, str], float | None]:
    """When each type was listed last."""
    return {(row.group, row.plural): row.listed_at for row in await bench.see(lambda: bench.scopes(name))}


async def test_added_and_removed_contexts_leave_the_streams_of_the_others_alone(bench: Bench) -> None:
    kept = await bench.serve("kept")
    await bench.serve("gone")
    async with bench.mirroring():
        streams = await bench.until_followed("kept")
        await bench.until_state("gone", "synced")
        asked = kept.requests.total
        del bench.servers["gone"]
        await bench.serve("new")
        await bench.edit()
        await bench.until_state("new", "synced")
        assert {row.name for row in await bench.see(bench.clusters)} == {"kept", "new"}
        assert not await bench.see(lambda: bench.keys("gone"))
        assert kept.watches == streams
        assert {request.path for request in list(kept.requests)[asked:]} <= LOOKS
        kept.cluster.create(config_map("fresh"))
        await bench.has("kept", config_map_key("fresh"))


async def test_a_context_with_a_new_token_is_started_again_alone_and_without_a_list(bench: Bench) -> None:
    other = await bench.serve("other")
    server = await bench.serve("one", tokens={"old": "mirror"})
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        streams, before = await bench.until_followed("other"), await listed(bench, "one")
        server.access.tokens = {"new": "mirror"}
        server.faults.end_watches()
        await bench.until_state("one", "stale")
        server.cluster.create(config_map("meanwhile"))
        await bench.edit()
        await bench.until_state("one", "synced")
        await bench.has("one", config_map_key("meanwhile"))
        assert await listed(bench, "one") == before
        assert other.watches == streams


async def test_a_context_pointed_at_another_cluster_is_read_from_the_beginning(bench: Bench) -> None:
    old = await bench.serve("one")
    old.cluster.create(config_map("old"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        new = await bench.serve("one")
        new.cluster.create(config_map("new"))
        await bench.edit()
        await bench.has("one", config_map_key("new"))
        await bench.lacks("one", config_map_key("old"))
        await bench.until_state("one", "synced")
        row = await bench.see(lambda: bench.cluster("one"))
        assert (row.uid, row.server) == (new.cluster.uid, new.url)
        assert not old.watches


async def test_a_context_with_another_address_of_the_same_cluster_goes_on(bench: Bench) -> None:
    old = await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        before = await listed(bench, "one")
        new = await bench.serve("one", cluster=old.cluster)
        await bench.edit()
        await bench.until(lambda: bench.cluster("one").server == new.url)
        await bench.until_state("one", "synced")
        assert await listed(bench, "one") == before


async def test_a_context_that_breaks_is_reported_and_heals_with_the_next_edit(bench: Bench) -> None:
    await bench.serve("one")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        bench.users["one"] = {"token": "t", "username": "u"}
        await bench.edit()
        await bench.until(lambda: "both a token and a password" in bench.cluster("one").error)
        assert (await bench.see(lambda: bench.cluster("one"))).state == "stale"
        assert await bench.see(lambda: bench.keys("one"))
        del bench.users["one"]
        await bench.edit()
        await bench.until_state("one", "synced")


async def test_an_edit_that_changes_nothing_starts_nothing(bench: Bench) -> None:
    server = await bench.serve("one")
    async with bench.mirroring():
        streams = await bench.until_followed("one")
        await bench.edit()
        await bench.serve("two")
        await bench.edit()
        await bench.until_state("two", "synced")
        assert server.watches == streams


async def test_another_user_of_the_same_context_is_not_shown_what_the_former_one_could_see(
    bench: Bench,
) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("secret-plans"))
    server.deny("*", "", "configmaps", user="guest")
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        bench.users["one"] = {"as": "guest"}
        await bench.edit()
        await bench.lacks("one", config_map_key("secret-plans"))
        await bench.until_state("one", "synced")
        assert (await bench.see(lambda: bench.scope("one", "configmaps"))).state == "forbidden"


async def test_nor_is_one_who_comes_while_no_mirror_runs(bench: Bench) -> None:
    server = await bench.serve("one")
    server.cluster.create(config_map("secret-plans"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
    await server.faults.refuse_connections()
    async with bench.mirroring():
        await bench.until(lambda: bool(bench.cluster("one").error))
        assert config_map_key("secret-plans") in await bench.see(lambda: bench.keys("one"))
    bench.users["one"] = {"as": "guest"}
    async with bench.mirroring():
        await bench.lacks("one", config_map_key("secret-plans"))

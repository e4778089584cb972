"""Two contexts of one cluster: mirrored once where the credentials are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.informers.aliases import Aliases
from mirror.keys import ClusterName
from mirror.kube.access import Impersonation, User
from mirror.testing.apiserver import FakeAPIServer
from tests.mirror.informers.conftest import Bench, config_map, config_map_key

A, B, C = map(ClusterName, "abc")
ME = User("me", token="t")


def test_the_first_context_is_the_primary_and_the_name_of_its_user_does_not_matter() -> None:
    aliases = Aliases()
    assert aliases.join(A, "u", ME) is None
    assert aliases.join(B, "u", User("another-entry", token="t")) is None
    assert (aliases.primary(A), aliases.primary(B), aliases.primary(C)) == (A, A, C)
    assert aliases.uid(B) == "u"


@pytest.mark.parametrize(
    ("uid", "user"),
    [
        ("another", ME),
        ("", ME),
        ("u", User("me", token="another")),
        ("u", User("me", token="t", impersonation=Impersonation("other"))),
        ("u", User("me", token_file=Path("t"))),
    ],
)
def test_another_cluster_or_other_credentials_are_mirrored_too(uid: str, user: User) -> None:
    aliases = Aliases()
    aliases.join(A, "u", ME)
    aliases.join(B, uid, user)
    assert aliases.primary(B) == B


def test_the_oldest_alias_is_the_heir_of_a_primary() -> None:
    aliases = Aliases()
    for name in (A, B, C):
        aliases.join(name, "u", ME)
    assert aliases.join(A, "u", ME) is None, "nothing has changed"
    assert aliases.join(A, "another", ME) == B
    assert (aliases.primary(A), aliases.primary(C)) == (A, B)
    assert aliases.leave(C) is None, "an alias has no heir"
    assert aliases.leave(B) is None
    assert aliases.leave(B) is None


async def both(bench: Bench) -> tuple[FakeAPIServer, FakeAPIServer]:
    """Contexts `one` and `two` at two addresses of the same cluster."""
    one = await bench.serve("one")
    two = await bench.serve("two", cluster=one.cluster)
    return one, two


async def until_aliased(bench: Bench) -> tuple[str, str]:
    """(primary, alias), once it is decided and the primary is in sync."""
    await bench.until(lambda: any(row.alias_of for row in bench.clusters()))
    alias = next(row for row in await bench.see(bench.clusters) if row.alias_of)
    await bench.until_followed(alias.alias_of)
    return alias.alias_of, alias.name


async def listed(bench: Bench, name: str) -> int:
    """Lists since its reflectors have begun."""
    return sum(scope.of_this_run().lists for scope in await bench.see(lambda: bench.scopes(name)))


@pytest.mark.anyio
async def test_two_contexts_of_one_cluster_are_mirrored_once(bench: Bench) -> None:
    one, _ = await both(bench)
    one.cluster.create(config_map("settings"))
    async with bench.mirroring():
        primary, alias = await until_aliased(bench)
        await bench.has(primary, config_map_key("settings"))
        assert not await bench.see(lambda: bench.scopes(alias))
        assert not bench.servers[alias].watches
        row = await bench.see(lambda: bench.cluster(alias))
        assert (row.uid, row.server) == (one.cluster.uid, bench.servers[alias].url)


@pytest.mark.anyio
async def test_other_credentials_have_a_copy_of_their_own(bench: Bench) -> None:
    await both(bench)
    bench.users["two"] = {"as": "somebody"}
    async with bench.mirroring():
        await bench.until_followed("one")
        await bench.until_followed("two")
        assert not any(row.alias_of for row in await bench.see(bench.clusters))


@pytest.mark.anyio
async def test_an_alias_takes_over_from_a_context_that_is_gone_without_a_list(bench: Bench) -> None:
    one, _ = await both(bench)
    one.cluster.create(config_map("settings"))
    async with bench.mirroring():
        primary, alias = await until_aliased(bench)
        del bench.servers[primary]
        await bench.edit()
        await bench.until(lambda: [row.name for row in bench.clusters()] == [alias])
        assert config_map_key("settings") in await bench.see(lambda: bench.keys(alias))
        await bench.until_followed(alias)
        assert await listed(bench, alias) == 0
        assert not (await bench.see(lambda: bench.cluster(alias))).alias_of


@pytest.mark.anyio
async def test_an_alias_takes_over_from_a_context_pointed_elsewhere(bench: Bench) -> None:
    one, _ = await both(bench)
    one.cluster.create(config_map("settings"))
    async with bench.mirroring():
        primary, alias = await until_aliased(bench)
        await bench.serve(primary)
        await bench.edit()
        await bench.until_followed(alias)
        await bench.until_followed(primary)
        assert await listed(bench, alias) == 0
        assert config_map_key("settings") in await bench.see(lambda: bench.keys(alias))
        assert config_map_key("settings") not in await bench.see(lambda: bench.keys(primary))
        assert not any(row.alias_of for row in await bench.see(bench.clusters))


@pytest.mark.anyio
async def test_a_token_rotated_for_both_lists_nothing_anew(bench: Bench) -> None:
    one, two = await both(bench)
    for server in (one, two):
        server.access.tokens = {"old": "me", "new": "me"}
    bench.users = {name: {"token": "old"} for name in ("one", "two")}
    async with bench.mirroring():
        primary, alias = await until_aliased(bench)
        bench.users = {name: {"token": "new"} for name in ("one", "two")}
        asked = bench.servers[primary].requests.total
        await bench.edit()
        await bench.until(lambda: bench.servers[primary].requests.total > asked)
        await bench.until(lambda: bench.cluster(alias).alias_of == primary)
        await bench.until_followed(primary)
        assert await listed(bench, primary) == 0


@pytest.mark.anyio
async def test_an_alias_whose_cluster_is_another_one_now_is_mirrored(bench: Bench) -> None:
    await both(bench)
    async with bench.mirroring():
        _, alias = await until_aliased(bench)
        await bench.serve(alias)
        await bench.edit()
        await bench.until(lambda: not bench.cluster(alias).alias_of)
        await bench.until_followed(alias)
        assert not any(row.alias_of for row in await bench.see(bench.clusters))


@pytest.mark.anyio
async def test_a_restarted_mirror_keeps_to_the_primary_it_has(bench: Bench) -> None:
    await both(bench)
    async with bench.mirroring():
        decided = await until_aliased(bench)
    async with bench.mirroring():
        assert await until_aliased(bench) == decided
        await bench.until_followed(decided[0])
        assert await listed(bench, decided[0]) == 0


@pytest.mark.anyio
async def test_a_primary_that_went_while_no_mirror_ran_leaves_its_rows_to_the_alias(bench: Bench) -> None:
    await both(bench)
    bench.users = {name: {"token": "t"} for name in ("one", "two")}
    for server in bench.servers.values():
        server.access.tokens = {"t": "me"}
    async with bench.mirroring():
        primary, alias = await until_aliased(bench)
    del bench.servers[primary]
    async with bench.mirroring():
        await bench.until(lambda: [row.name for row in bench.clusters()] == [alias])
        await bench.until_followed(alias)
        assert await listed(bench, alias) == 0

"""How clusters stand is summed up in the database: what comes out is what each stream by itself would say."""

from __future__ import annotations

import asyncio
import random
from itertools import product
from pathlib import Path

import pytest

from mirror.keys import ClusterName, GroupKind, ScopeKey
from mirror.settings import MirrorSettings, WriterSettings
from mirror.store import clusters as cluster_rows
from mirror.store import streams
from mirror.store.changes import ClusterState, Heartbeat, ScopeState, ScopeUpdate
from mirror.store.paths import StorePaths
from mirror.store.writer import Writer
from query.ages import CLOCK_MARGIN_S
from query.freshness import standing_of
from query.sight import Sight
from query.standings import Standings
from query.view import Visibility, open_view
from tests.query.counting import statements
from tests.query.stores import NOW, RESOURCES, Content, FixedClock, view_of, write_store

RELEASES = GroupKind("helm.toolkit.fluxcd.io", "HelmRelease")
PODS = GroupKind("", "Pod")

TOUCHED = (None, frozenset({PODS}), frozenset({RELEASES, PODS}))


def in_trouble(chance: random.Random) -> Content:
    """A cluster in which some streams are not as they should be."""
    kinds = [resource.kind for resource in RESOURCES]
    moment = (None, NOW - 1, NOW - 40, NOW - 70, NOW + 5, NOW + 50)
    return Content(
        state=chance.choice([ClusterState.SYNCED, ClusterState.STALE, ClusterState.SYNCING]),
        error=chance.choice(["", "connection reset"]),
        confirmed_at=chance.choice(moment),
        heard_at=chance.choice(moment),
        states={
            kind: chance.choice([None, *ScopeState])
            for kind in chance.sample(kinds, chance.choice([0, 0, 1, 3, len(kinds)]))
        },
        unlisted=frozenset(chance.sample(kinds, chance.choice([0, 0, 1, 3]))),
        lost={
            kind: chance.choice([ScopeState.RECONNECTING, ScopeState.FORBIDDEN, ScopeState.FAILED])
            for kind in chance.sample(kinds, chance.choice([0, 0, 1]))
        },
    )


def test_a_summed_up_cluster_stands_as_its_streams_one_by_one_say(tmp_path: Path) -> None:
    chance = random.Random(4)
    fleet = {f"c{number:02}": in_trouble(chance) for number in range(16)} | {"sound": Content()}
    settings = MirrorSettings()
    with view_of(tmp_path, fleet) as view:
        for silence, kinds in product(("", "the mirror is not running"), TOUCHED):
            told = Standings(
                view, Sight(view), now=NOW, silence=silence, aliases={}, max_age=None, settings=settings
            )
            asked = [scope for scope in view.scopes() if kinds is None or (scope.group, scope.kind) in kinds]
            alone = [
                standing_of(
                    row,
                    [scope for scope in asked if scope.cluster == row.name],
                    now=NOW,
                    silence=silence,
                    settings=settings,
                    narrowed=kinds is not None,
                )
                for row in view.clusters
            ]
            assert told.of(kinds) == alone
            assert len({(line.state, line.age_s, line.not_visible) for line, *_ in alone}) > 4


async def watch_namespace(path: Path, state: ScopeState) -> None:
    """Beside the Pods of all namespaces, those of one are followed."""
    async with Writer(StorePaths(path), WriterSettings(gather_s=0.0), FixedClock()) as writer:
        scope = ScopeKey(ClusterName("a"), "", "pods", "team-a")
        await writer.apply(ScopeUpdate(scope=scope, kind="Pod", version="v1", state=state, at=NOW - 60))
        await writer.apply(Heartbeat(at=NOW, confirmed=(ClusterName("a"),)))


def test_a_stream_that_is_fine_speaks_for_one_of_its_type_that_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    reader = write_store(path, {"a": Content()})
    asyncio.run(watch_namespace(path, ScopeState.FORBIDDEN))
    with reader, open_view(reader, clock=FixedClock(), alive=True) as view:
        fine, others = view.read(streams.standing_of_all, view.clusters, NOW + CLOCK_MARGIN_S)
        assert [row.scopes for row in fine] == [len(RESOURCES) - 1]
        assert [(scope.plural, scope.namespace) for scope in others] == [("pods", ""), ("pods", "team-a")]
        assert view.freshness()[0].not_visible == ()


def test_only_types_in_trouble_are_read_one_by_one(tmp_path: Path) -> None:
    fleet = {"sound": Content(), "down": Content(lost={"Pod": ScopeState.RECONNECTING})}
    with view_of(tmp_path, fleet) as view:
        fine, others = view.read(streams.standing_of_all, view.clusters, NOW + CLOCK_MARGIN_S)
        assert {row.cluster: row.scopes for row in fine} == {
            "down": len(RESOURCES) - 1,
            "sound": len(RESOURCES),
        }
        assert [(scope.cluster, scope.plural) for scope in others] == [("down", "pods")]
        fine, others = view.read(streams.standing, ["sound"], [PODS], NOW + CLOCK_MARGIN_S)
        assert [(row.cluster, row.scopes) for row in fine] == [("sound", 1)]
        assert others == []
        listed = {scope.cluster: scope.listed_at for scope in view.scopes()}
        assert fine[0].current_at >= (listed["sound"] or 0.0)


def test_one_kind_in_all_clusters_is_one_question(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(8)]
    with view_of(tmp_path, dict.fromkeys(names, Content())) as view, statements(view) as told:
        assert {view.visibility(name, *RELEASES, "apps") for name in names} == {Visibility.SEEN}
        assert len(told) == 1
        assert {view.api_version(name, *RELEASES) for name in names} == {"helm.toolkit.fluxcd.io/v2"}
        assert len(told) == 2
        view.freshness()
        assert len(told) == 2, "the clusters say how all their streams are"
        view.touch(RELEASES)
        view.freshness()
        view.freshness()
        assert len(told) == 3


def test_the_kinds_that_a_question_touches_are_read_together(tmp_path: Path) -> None:
    kinds = [RELEASES, GroupKind("", "Pod"), GroupKind("apps", "Deployment")]
    with view_of(tmp_path, {"a": Content(states={"Pod": ScopeState.FORBIDDEN})}) as view:
        view.touch(*kinds)
        with statements(view) as told:
            seen = [view.visibility("a", *kind, "") for kind in kinds]
        assert seen == [Visibility.SEEN, Visibility.FORBIDDEN, Visibility.SEEN]
        assert len(told) == 1


def test_a_question_about_many_kinds_reads_them_together(tmp_path: Path) -> None:
    with view_of(tmp_path, {"a": Content(states={"Pod": ScopeState.FORBIDDEN})}) as view:
        with statements(view) as told:
            found = {row.kind: view.visibility("a", row.group, row.kind, "apps") for row in RESOURCES}
            unknown = view.visibility("a", "example.com", "Widget", "apps")
        assert found.pop("Pod") is Visibility.FORBIDDEN
        assert set(found.values()) == {Visibility.SEEN}
        assert unknown is Visibility.NOT_SERVED
        assert len(told) < len(RESOURCES) - 5


@pytest.mark.parametrize("chosen", [None, ["b"]])
def test_a_version_is_that_of_the_cluster_else_of_any_other(tmp_path: Path, chosen: list[str] | None) -> None:
    served = tuple(row for row in RESOURCES if row.kind != "HelmRelease")
    with view_of(tmp_path, {"a": Content(), "b": Content(served=served)}, chosen) as view:
        version = "v2" if chosen is None else "v1"
        assert view.api_version("b", *RELEASES) == f"helm.toolkit.fluxcd.io/{version}"


def test_a_store_whose_clock_was_set_back_is_read_one_by_one(tmp_path: Path) -> None:
    reader = write_store(tmp_path / "s.db", {"a": Content()})
    with reader, open_view(reader, clock=FixedClock(NOW - 3600), alive=True) as view:
        fine, others = view.read(streams.standing_of_all, view.clusters, view.now + CLOCK_MARGIN_S)
        assert fine == []
        assert others == view.read(cluster_rows.scopes)
        assert view.freshness()[0].age_s is None

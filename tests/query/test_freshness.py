"""What an answer says about its own age, by the kinds that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirror.keys import GroupKind
from mirror.store.changes import ClusterState, ScopeState
from query.comparison.question import compare
from query.errors import StaleDataError, UnknownObjectError
from query.fleet.question import fleet_status
from query.resources import get_resources
from query.results.answer import Freshness
from query.root_cause import find_root_cause
from query.view import View, open_view
from tests.query.manifests import helm_release
from tests.query.stores import NOW, Content, FixedClock, write_store

PODS = GroupKind("", "Pod")
RELEASES = GroupKind("helm.toolkit.fluxcd.io", "HelmRelease")

ONE_DOWN = Content(
    objects=[helm_release()],
    state=ClusterState.STALE,
    error="connection reset",
    lost={"Pod": ScopeState.RECONNECTING},
    confirmed_at=None,
    heard_at=NOW - 1,
)
"""Synced, but for the stream of pods, which has been down for 20 seconds; last confirmed 30 seconds ago."""


@contextmanager
def asked(
    path: Path,
    fleet: Mapping[str, Content],
    *,
    max_age: float | None = None,
    at: float = NOW,
    alive: bool = True,
) -> Iterator[View]:
    with (
        write_store(path / "store.db", fleet) as reader,
        open_view(reader, clock=FixedClock(at), alive=alive, max_age=max_age) as view,
    ):
        yield view


def line(view: View, *kinds: GroupKind) -> Freshness:
    view.touch(*kinds)
    return view.freshness()[0]


def test_a_stream_that_is_down_ages_from_when_it_was_last_open(tmp_path: Path) -> None:
    with asked(tmp_path, {"a": ONE_DOWN}) as view:
        pods = line(view, PODS)
    assert (pods.state, pods.age_s, pods.error, pods.behind) == ("stale", 30.0, "connection reset", ())


def test_another_kind_is_not_made_older_by_it(tmp_path: Path) -> None:
    with asked(tmp_path, {"a": ONE_DOWN}) as view:
        releases = line(view, RELEASES)
    assert (releases.state, releases.age_s, releases.error, releases.behind) == ("synced", 1.0, "", ())


def test_a_question_about_everything_names_what_is_behind(tmp_path: Path) -> None:
    with asked(tmp_path, {"a": ONE_DOWN}) as view:
        whole, both = line(view), line(view, PODS, RELEASES)
    assert (whole.state, whole.age_s, whole.behind) == ("stale", 30.0, ("pods: 30s old",))
    assert (both.state, both.age_s, both.behind) == ("stale", 30.0, ("pods: 30s old",))


@pytest.mark.parametrize("silent", [NOW - 60, None])
def test_open_streams_of_a_server_that_gives_no_sign_prove_nothing(
    tmp_path: Path, silent: float | None
) -> None:
    frozen = Content(state=ClusterState.STALE, error="timed out", confirmed_at=NOW - 45, heard_at=silent)
    with asked(tmp_path, {"a": frozen}) as view:
        releases = line(view, RELEASES)
    assert (releases.state, releases.age_s, releases.error) == ("stale", 45.0, "timed out")


def test_max_age_is_about_the_kinds_of_the_question(tmp_path: Path) -> None:
    with asked(tmp_path, {"a": ONE_DOWN}, max_age=10) as view:
        assert get_resources(view, kind="hr").items
        with pytest.raises(StaleDataError, match=r"a \(stale, 30s old, connection reset\)"):
            get_resources(view, kind="pod")
        with pytest.raises(StaleDataError, match="behind: pods: 30s old"):
            get_resources(view)
        with pytest.raises(StaleDataError):
            find_root_cause(view)
        with pytest.raises(StaleDataError):
            fleet_status(view)


def test_a_comparison_needs_what_its_objects_refer_to(tmp_path: Path) -> None:
    content = {name: [helm_release()] for name in ("a", "b")}
    lost = {"HelmRepository": ScopeState.RECONNECTING}
    fleet = {
        "a": Content(objects=content["a"]),
        "b": Content(objects=content["b"], state=ClusterState.STALE, lost=lost, heard_at=NOW - 1),
    }
    with asked(tmp_path, fleet, max_age=10) as view, pytest.raises(StaleDataError, match=r"b \(stale"):
        compare(view, kind="hr", name="web")


def test_old_data_cannot_say_that_an_object_does_not_exist(tmp_path: Path) -> None:
    with asked(tmp_path, {"a": ONE_DOWN, "b": ONE_DOWN}, max_age=10) as view:
        with pytest.raises(StaleDataError):
            compare(view, kind="pod", name="nowhere")
        with pytest.raises(StaleDataError):
            find_root_cause(view, kind="hr", name="nowhere")
    with asked(tmp_path, {"a": ONE_DOWN}) as view, pytest.raises(UnknownObjectError):
        find_root_cause(view, kind="hr", name="nowhere")


def test_what_may_not_be_read_any_more_is_old_where_it_is_shown(tmp_path: Path) -> None:
    revoked = Content(lost={"Pod": ScopeState.FORBIDDEN})
    with asked(tmp_path, {"a": revoked}, max_age=10) as view:
        assert get_resources(view, kind="hr").freshness[0].state == "synced"
        with pytest.raises(StaleDataError):
            get_resources(view, kind="pod")
        with pytest.raises(StaleDataError, match="behind: pods"):
            fleet_status(view)
    with asked(tmp_path, {"a": revoked}) as view:
        whole, pods = line(view), line(view, PODS)
    assert (whole.state, whole.age_s, whole.not_visible) == ("synced", 1.0, ("pods: forbidden",))
    assert (pods.state, pods.age_s, pods.not_visible) == ("stale", 30.0, ("pods: forbidden",))


def test_what_was_never_allowed_does_not_make_max_age_useless(tmp_path: Path) -> None:
    with asked(tmp_path, {"a": Content(states={"Pod": ScopeState.FORBIDDEN})}, max_age=10) as view:
        assert fleet_status(view).freshness[0].not_visible == ("pods: forbidden",)


def test_a_kind_that_was_never_read_misses_every_max_age(tmp_path: Path) -> None:
    fleet = {"a": Content(unlisted=frozenset({"Pod"}))}
    with (
        asked(tmp_path, fleet, max_age=3600) as view,
        pytest.raises(StaleDataError, match="never read: pods"),
    ):
        fleet_status(view)


def test_rows_of_an_earlier_run_keep_their_age_while_the_mirror_syncs(tmp_path: Path) -> None:
    lost = dict.fromkeys(("Pod", "HelmRelease"), ScopeState.RECONNECTING)
    warm = Content(state=ClusterState.SYNCING, lost=lost, confirmed_at=None)
    with asked(tmp_path, {"a": warm}, max_age=10) as view, pytest.raises(StaleDataError, match="30s old"):
        line(view, RELEASES)
    with asked(tmp_path, {"a": warm}) as view:
        assert (line(view, RELEASES).state, line(view, RELEASES).age_s) == ("syncing", 30.0)


def test_a_mirror_that_is_gone_or_silent_is_told_apart(tmp_path: Path) -> None:
    with asked(tmp_path, {"a": Content()}, alive=False) as view:
        assert (line(view).state, line(view).error) == ("stale", "the mirror is not running")
    with asked(tmp_path, {"a": Content()}, at=NOW + 60) as view:
        assert (line(view).state, line(view).error) == ("stale", "no sign of life from the mirror for 60s")
    with asked(tmp_path, {"a": ONE_DOWN}, alive=False) as view:
        assert (line(view, RELEASES).state, line(view, RELEASES).error) == (
            "stale",
            "the mirror is not running",
        )


def test_a_clock_that_was_set_back_makes_nothing_young(tmp_path: Path) -> None:
    """A mark of the future says nothing; what was told before it counts, and no age is negative."""
    with asked(tmp_path, {"a": Content()}, at=NOW - 45) as view:
        told = line(view)
    assert (told.state, told.age_s) == ("stale", 5.0)
    assert told.error == "no sign of life from the mirror"
    with (
        asked(tmp_path, {"a": Content()}, at=NOW - 3600, max_age=3600) as view,
        pytest.raises(StaleDataError),
    ):
        line(view)

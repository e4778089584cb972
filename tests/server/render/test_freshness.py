"""The last lines of every answer."""

from __future__ import annotations

from query.results.answer import Freshness
from server.render.freshness import blind, freshness_lines, unreached


def test_clusters_in_sync_share_a_line() -> None:
    lines = freshness_lines([Freshness("a", "synced", 1.0), Freshness("b", "synced", 3.4)])
    assert lines == ["Data: all 2 clusters in sync, confirmed 3s ago"]


def test_a_stale_cluster_is_named_with_its_age_and_reason() -> None:
    lines = freshness_lines(
        [Freshness("a", "synced", 1.0), Freshness("staging", "stale", 42.0, (), "connection refused")]
    )
    assert lines == [
        "Data: a in sync, confirmed 1s ago",
        "staging: stale, last confirmed 42s ago: connection refused",
    ]


def test_clusters_with_the_same_trouble_share_a_line() -> None:
    lines = freshness_lines([Freshness(name, "stale", 9.0, (), "no mirror") for name in "abc"])
    assert lines == ["a, b, c: stale, last confirmed 9s ago: no mirror"]


def test_blind_spots_are_said() -> None:
    lines = freshness_lines([Freshness("a", "synced", 1.0, ("pods: forbidden", "jobs: failed"))])
    assert lines[1] == "a: cannot see pods: forbidden; jobs: failed"


def test_what_is_older_than_the_rest_is_said() -> None:
    lines = freshness_lines(
        [Freshness("a", "synced", 1.0, behind=("pods: 2m old",)), Freshness("b", "synced", 1.0)]
    )
    assert lines[1:] == ["a: older than the rest: pods: 2m old"]


def test_a_cluster_never_read_is_not_called_stale() -> None:
    lines = freshness_lines([Freshness("a", "unreachable", None, (), "no route to host")])
    assert lines == ["a: unreachable, never read: no route to host"]


def test_no_cluster_at_all_is_said() -> None:
    assert freshness_lines([]) == ["Data: no cluster is mirrored"]


def test_blind_clusters_are_those_a_verdict_must_mention() -> None:
    lines = [
        Freshness("a", "synced", 1.0),
        Freshness("b", "stale", 9.0),
        Freshness("c", "synced", 1.0, ("pods: forbidden",)),
        Freshness("d", "synced", 1.0, behind=("pods: 2m old",)),
    ]
    assert blind(lines) == ["b", "c", "d"]


def test_unreached_only_when_no_cluster_was_ever_read() -> None:
    assert unreached([Freshness("a", "unreachable", None)])
    assert not unreached([Freshness("a", "unreachable", None), Freshness("b", "stale", 9.0)])
    assert not unreached([])

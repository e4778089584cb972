"""What was found as a person reads it: charts and images first, one entry per object."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from query.results.answer import Freshness, ObjectRef, Omitted
from query.results.search import FoundValue, Match, SearchResult
from server.render.search import render_search

MakeRef = Callable[..., ObjectRef]

SINCE = "2023-11-14T22:01:20Z"


def match(
    ref: ObjectRef, field: str = "name", excerpt: str = "", health: str = "Ready", since: str = ""
) -> Match:
    return Match(object=ref, health=health, field=field, excerpt=excerpt, since=since)


def test_one_object_in_several_clusters_is_one_entry(
    ref: MakeRef, now: float, synced: tuple[Freshness, ...]
) -> None:
    found = SearchResult(
        matches=(
            match(ref("redis", cluster="a")),
            match(ref("redis", cluster="b"), health="Failed", since=SINCE),
            match(ref("web", cluster="a"), "message", "cannot reach redis"),
            match(ref("web", cluster="b"), "message", "cannot reach redis-2"),
        ),
        searched="",
        freshness=synced,
    )
    assert render_search(found, now=now).text == (
        """\
4 matches in 2 clusters

HelmRelease/apps/redis  Failed for 12m in b; Ready in a
HelmRelease/apps/web  Ready in a, b
  message: cannot reach redis (a)
  message: cannot reach redis-2 (b)

Data: all 2 clusters in sync, confirmed 3s ago"""
    )


def test_what_runs_where_stands_first(ref: MakeRef, now: float) -> None:
    found = SearchResult(
        matches=(match(ref("web", cluster="a"), "chart", "web 1.0.0"),),
        searched="",
        values=(
            FoundValue("chart", "web 1.0.0", ("a", "b"), 2),
            FoundValue("chart", "web 1.10.0", ("c",), 1),
        ),
        absent_in=("d",),
        unknown_in=("e (HelmRelease: forbidden)",),
        omitted=Omitted(count=2),
    )
    lines = render_search(found, now=now).text.splitlines()
    assert lines[:8] == [
        "3 matches",
        "",
        "web 1.0.0   2 releases  2 clusters: a, b",
        "web 1.10.0  1 release   1 cluster: c",
        "not in d",
        "unknown in e (HelmRelease: forbidden)",
        "",
        "Found in:",
    ]


def test_many_values_leave_room_for_what_was_found(ref: MakeRef, now: float) -> None:
    values = tuple(FoundValue("image", f"registry.example.com/{'x' * 60}:{n}", ("a",), 1) for n in range(15))
    found = SearchResult(
        matches=(match(ref("web", cluster="a"), "image", "x:1"),), searched="", values=values
    )
    page = render_search(found, now=now, budget=1_200)
    assert (page.kept, "… 10 more values" in page.text) == (1, True)
    assert len(page.text.encode()) <= 1_200
    assert "more value" not in render_search(found, now=now).text


def test_nothing_found_says_where(now: float) -> None:
    found = SearchResult(matches=(), searched="`x` in all namespaces of a")
    assert render_search(found, now=now).text.startswith("Nothing found: `x` in all namespaces of a")


def test_an_object_that_only_events_remember_is_gone(ref: MakeRef, now: float) -> None:
    found = SearchResult(matches=(match(ref("web"), "event", "Warning BackOff", ""),), searched="")
    assert (
        "HelmRelease/apps/web  gone in staging\n  event: Warning BackOff"
        in render_search(found, now=now).text
    )


def test_a_large_answer_is_cut_to_the_budget_and_counted(ref: MakeRef, now: float) -> None:
    matches = tuple(
        match(ref(f"app-{number}", cluster=f"c{cluster}"), "label", "x" * 190)
        for number in range(100)
        for cluster in range(3)
    )
    page = render_search(SearchResult(matches=matches, searched=""), now=now)
    assert len(page.text.encode()) <= 8_000
    assert page.kept % 3 == 0
    assert f"… {300 - page.kept} matches not shown" in page.text
    assert render_search(SearchResult(matches=matches, searched=""), now=now, budget=None).kept == 300


def test_the_answer_says_the_same_as_json(ref: MakeRef) -> None:
    found = SearchResult(matches=(match(ref("web")),), searched="")
    (one,) = msgspec.to_builtins(found)["matches"]
    assert set(one) == {"object", "health", "field", "excerpt", "since"}


def test_the_pods_of_a_replica_set_are_one_entry(ref: MakeRef, now: float) -> None:
    names = ("web-5d9c7b8f66-x2vlp", "web-5d9c7b8f66-zzz99", "web-component-redis")
    pods = [ref(name, "Pod", cluster) for name in names for cluster in ("a", "b")]
    found = SearchResult(matches=tuple(match(pod, "image", "web:1") for pod in pods), searched="")
    page = render_search(found, now=now)
    assert page.text.splitlines()[2:6] == [
        "Pod/apps/web-5d9c7b8f66-*  Ready in a (2), b (2)",
        "  image: web:1",
        "Pod/apps/web-component-redis  Ready in a, b",
        "  image: web:1",
    ]
    assert page.kept == 6

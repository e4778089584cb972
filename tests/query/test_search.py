from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirror.keys import ObjectKey
from mirror.records import EventRecord
from mirror.store.changes import ScopeState
from query.errors import SelectorError, UnknownClusterError, UnknownKindError, UnknownObjectError
from query.search import search_fleet
from query.search_results import SearchResult
from tests.query.manifests import config_map, deployment, failed, helm_release, kustomization, manifest
from tests.query.stores import NOW, Content, view_of


def happened(
    name: str, message: str, *, kind: str = "Pod", uid: str = "", at: float = NOW - 60
) -> EventRecord:
    return EventRecord(
        uid=uid or f"event-{name}-{at}",
        namespace="apps",
        name=f"{name}.{at}",
        resource_version="1",
        involved=ObjectKey("", kind, "apps", name),
        type="Warning",
        reason="BackOff",
        message=message,
        count=3,
        first_at=at,
        last_at=at,
    )


def names(found: SearchResult) -> list[tuple[str, str, str, str]]:
    return [(m.object.cluster, m.object.kind, m.object.name, m.field) for m in found.matches]


def search(path: Path, fleet: dict[str, Content], query: str, **more: Any) -> SearchResult:
    with view_of(path, fleet) as view:
        return search_fleet(view, query, **more)


SHOP = Content(
    objects=[
        helm_release("redis", version="17.0.0"),
        deployment(
            "cache", image="docker.io/library/redis:7.2", labels={"app.kubernetes.io/part-of": "redis"}
        ),
        deployment("web", labels={"team": "redis-lovers"}),
        kustomization("apps", status=failed("BuildFailed", "no such file: apps/redis.yaml")),
        config_map("redis-values", {}),
        manifest("v1", "Pod", "web-1"),
    ],
    events=[happened("web-1", "Back-off restarting: cannot reach redis"), happened("gone-1", "no redis")],
)


def test_everything_said_is_found_the_most_telling_first(tmp_path: Path) -> None:
    found = search(tmp_path, {"a": SHOP}, "redis")
    assert names(found) == [
        ("a", "HelmRelease", "redis", "name"),
        ("a", "ConfigMap", "redis-values", "name"),
        ("a", "Deployment", "cache", "image"),
        ("a", "Kustomization", "apps", "message"),
        ("a", "Pod", "gone-1", "event"),
        ("a", "Pod", "web-1", "event"),
        ("a", "Deployment", "web", "label"),
    ]
    said = {match.object.name: (match.health, match.excerpt) for match in found.matches}
    assert said["apps"] == ("Failed", "BuildFailed: no such file: apps/redis.yaml")
    assert said["gone-1"] == ("", "Warning BackOff (3 times): no redis")
    assert said["web"][1] == "team=redis-lovers"
    assert found.omitted.count == 0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("REDIS values", ["redis-values"]),
        ("edis-val", ["redis-values"]),
        ("re", ["redis", "redis-values", "cache", "apps", "web", "gone-1", "web-1"]),
        ("redis.yaml file", ["apps"]),
        ('"no such file"', ["apps"]),
        ("name:redis", ["redis", "redis-values"]),
        ("event:redis restarting", ["web-1"]),
        ("message:redis", ["apps"]),
        ("label:part-of=redis", ["cache"]),
        ("app.kubernetes.io/part-of=redis", ["cache"]),
        ("image:redis", ["cache"]),
        ("image:redis:7.3", []),
        ("chart:redis", ["redis"]),
        ("chart:redi", []),
        ("red_s", []),
        ("red%s", []),
        ("redis*", []),
        ('redis" OR "x', []),
        ("NEAR(redis)", []),
        ("' OR 1=1 --", []),
    ],
)
def test_all_words_must_be_there_and_no_sign_has_a_meaning(
    tmp_path: Path, query: str, expected: list[str]
) -> None:
    found = search(tmp_path, {"a": SHOP}, query)
    assert [match.object.name for match in found.matches] == expected
    assert query.split(maxsplit=1)[0].strip('"') in found.searched


def releases(**versions: str) -> dict[str, Content]:
    return {
        name: Content(objects=[helm_release("web", version=version)] if version else [])
        for name, version in versions.items()
    }


def test_which_clusters_run_a_chart_in_a_version(tmp_path: Path) -> None:
    fleet = releases(a="1.0.0", b="1.1.0", c="1.0.0", d="")
    fleet["e"] = Content(states={"HelmRelease": ScopeState.FORBIDDEN})
    found = search(tmp_path, fleet, "chart:web")
    assert [(value.value, value.clusters, value.count) for value in found.values] == [
        ("web 1.0.0", ("a", "c"), 2),
        ("web 1.1.0", ("b",), 1),
    ]
    assert found.absent_in == ("d",)
    assert found.unknown_in == ("e (HelmRelease: forbidden)",)


def test_one_version_of_a_chart(tmp_path: Path) -> None:
    found = search(tmp_path, releases(a="1.0.0", b="1.1.0"), "chart:web@1.1.*")
    assert [value.clusters for value in found.values] == [("b",)]
    assert found.absent_in == ("a",)


def test_values_are_exact_whatever_the_limit(tmp_path: Path) -> None:
    with view_of(
        tmp_path, {"a": Content(objects=[deployment(f"d{n}", image="web:1") for n in range(9)])}
    ) as view:
        found = search_fleet(view, "image:web", limit=2)
    assert len(found.matches) == 2
    assert found.omitted.count == 7
    assert [(value.value, value.count) for value in found.values] == [("web:1", 9)]


def test_a_release_that_was_never_installed_runs_nothing(tmp_path: Path) -> None:
    broken = helm_release("web", status=failed("InstallFailed", "no"))
    found = search(tmp_path, {"a": Content(objects=[broken])}, "chart:web")
    assert [value.value for value in found.values] == ["web"]
    assert search(tmp_path / "2", {"a": Content(objects=[broken])}, "chart:web@1.0.0").values == ()


def test_more_matches_than_are_ranked_are_counted(tmp_path: Path) -> None:
    pods = [manifest("v1", "Pod", f"web-{n}") for n in range(5)]
    events = [happened("web-0", "web is back"), happened("other", "web is away")]
    found = search(
        tmp_path,
        {"a": Content(objects=[*pods, deployment("web")], events=events)},
        "web",
        limit=2,
        most_ranked=3,
    )
    assert names(found)[0] == ("a", "Deployment", "web", "name")
    assert found.omitted.count == 5  # of 6 objects and one that only an event remembers


def test_the_same_object_in_several_clusters_stands_together(tmp_path: Path) -> None:
    one = Content(objects=[config_map("web", {}), config_map("web-two", {})])
    found = search(tmp_path, {"b": one, "a": one}, "web")
    assert [(m.object.name, m.object.cluster) for m in found.matches] == [
        ("web", "a"),
        ("web", "b"),
        ("web-two", "a"),
        ("web-two", "b"),
    ]


def test_health_alone_lists_what_is_suspended(tmp_path: Path) -> None:
    objects = [kustomization("one", suspend=True), kustomization("two")]
    found = search(tmp_path, {"a": Content(objects=objects)}, "", health="suspended")
    assert [(m.object.name, m.health) for m in found.matches] == [("one", "Suspended")]


def test_filters_narrow(tmp_path: Path) -> None:
    with view_of(tmp_path, {"a": SHOP, "b": SHOP}, clusters=["b"]) as view:
        assert {m.object.cluster for m in search_fleet(view, "redis").matches} == {"b"}
        assert [m.object.name for m in search_fleet(view, "redis", kind="ks").matches] == ["apps"]
        assert [m.object.name for m in search_fleet(view, "redis", kind="pods").matches] == [
            "gone-1",
            "web-1",
        ]
        assert [m.object.name for m in search_fleet(view, "redis", health="Failed").matches] == ["apps"]
        found = search_fleet(view, "redis", namespace="flux-system")
        assert [m.object.name for m in found.matches] == ["apps"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"query": " "}, SelectorError, "the query is empty"),
        ({"query": "x", "health": "Fialed"}, SelectorError, "no health `Fialed`"),
        ({"query": "x", "kind": "HelmRelaese"}, UnknownKindError, "HelmRelaese"),
        ({"query": "x", "namespace": "nowhere"}, UnknownObjectError, "nowhere"),
    ],
)
def test_bad_questions_are_refused_with_words(
    tmp_path: Path, arguments: dict[str, str], error: type[Exception], words: str
) -> None:
    with view_of(tmp_path, {"a": SHOP}) as view, pytest.raises(error, match=words):
        search_fleet(view, **arguments)  # type: ignore[arg-type]


def test_a_glob_that_matches_no_cluster_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownClusterError), view_of(tmp_path, {"a": SHOP}, clusters=["x*"]) as view:
        search_fleet(view, "redis")


def test_nothing_found_says_where_it_looked(tmp_path: Path) -> None:
    found = search(tmp_path, {"a": SHOP}, "zookeeper")
    assert found.matches == ()
    assert "`zookeeper` in objects of every mirrored kind in all namespaces of a" in found.searched

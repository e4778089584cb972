from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mirror.keys import ObjectKey
from mirror.records import EventRecord
from mirror.store.changes import ScopeState
from query.errors import SelectorError, UnknownClusterError, UnknownKindError, UnknownObjectError
from query.results.answer import Omitted
from query.results.search import SearchResult
from query.search.question import search_fleet
from query.view import open_view
from tests.query.counting import statements
from tests.query.manifests import config_map, deployment, failed, helm_release, kustomization, manifest
from tests.query.stores import NOW, Content, FixedClock, view_of, write_store


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


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., SearchResult]]:
    """A search in clusters a and b, both of which hold the SHOP; in a unless `clusters` are given."""
    folder = tmp_path_factory.mktemp("shop")

    with write_store(folder / "store.db", {"a": SHOP, "b": SHOP}) as reader:

        def ask(query: str, clusters: tuple[str, ...] = ("a",), **more: Any) -> SearchResult:
            with open_view(reader, clock=FixedClock(), alive=True, clusters=clusters) as view:
                return search_fleet(view, query, **more)

        yield ask


def test_everything_said_is_found_the_most_telling_first(shop: Callable[..., SearchResult]) -> None:
    found = shop("redis")
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
    shop: Callable[..., SearchResult], query: str, expected: list[str]
) -> None:
    found = shop(query)
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


def test_more_matches_than_are_ranked_are_said_to_be_more(tmp_path: Path) -> None:
    pods = [manifest("v1", "Pod", f"web-{n}") for n in range(5)]
    events = [happened("web-0", "web is back"), happened("other", "web is away")]
    fleet = {"a": Content(objects=[*pods, deployment("web")], events=events)}
    found = search(tmp_path, fleet, "web", limit=1, most_ranked=3)
    assert names(found) == [("a", "Deployment", "web", "name")]
    assert found.omitted == Omitted(2, at_least=True)  # of 6 objects, one only by its event
    every = search(tmp_path / "2", fleet, "web", limit=1, most_ranked=6)
    assert every.omitted == Omitted(6)


@pytest.mark.parametrize("query", ["chart:web", "chart:web@1.0.*", "chart:*", "chart:nothing", "image:x/*"])
def test_values_are_the_same_counted_and_read_one_by_one(tmp_path: Path, query: str) -> None:
    objects = [helm_release(f"r{n}", version=f"1.{n % 2}.{n % 3}") for n in range(6)]
    objects += [deployment(f"d{n}", image=f"x/{'ab'[n % 2]}:1") for n in range(5)]
    fleet = {"a": Content(objects=objects), "b": Content(objects=objects[:8]), "c": Content()}
    with view_of(tmp_path, fleet, clusters=["a", "b", "c"]) as view:
        read, counted = search_fleet(view, query), search_fleet(view, query, most_ranked=1)
    assert counted.values == read.values
    assert (counted.absent_in, counted.unknown_in) == (read.absent_in, read.unknown_in)
    assert len(counted.matches) + counted.omitted.count == len(read.matches)
    assert set(counted.matches) <= set(read.matches)


@pytest.mark.parametrize("query", ["web", "chart:web", "image:x", "nothing", "message:web"])
def test_more_clusters_take_no_more_statements(tmp_path: Path, query: str) -> None:
    one = Content(objects=[helm_release("web"), deployment("web", image="x:1"), config_map("web", {})])
    numbers = []
    for size in (3, 6):
        fleet = {f"c{n}": one for n in range(size)}
        with view_of(tmp_path / str(size), fleet) as view, statements(view) as asked:
            search_fleet(view, query, most_ranked=2)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]


def test_of_too_many_matches_no_field_is_taken_for_another(tmp_path: Path) -> None:
    """The words are everywhere, but only some have them where they were asked for."""
    objects = [config_map(f"web-{n}", {}) for n in range(5)]
    objects += [kustomization(f"k{n}", status=failed("BuildFailed", "no web")) for n in range(2)]
    found = search(tmp_path, {"a": Content(objects=objects)}, "message:web", most_ranked=3)
    assert [match.object.name for match in found.matches] == ["k0", "k1"]
    assert not found.omitted.at_least
    kind = search(tmp_path / "2", {"a": Content(objects=objects)}, "web", kind="ks", most_ranked=3)
    assert [match.object.name for match in kind.matches] == ["k0", "k1"]
    assert not kind.omitted.at_least


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


def test_filters_narrow(shop: Callable[..., SearchResult]) -> None:
    def named(**more: Any) -> list[str]:
        found = shop("redis", ("b",), **more)
        assert {match.object.cluster for match in found.matches} == {"b"}
        return [match.object.name for match in found.matches]

    assert named(kind="ks") == ["apps"]
    assert named(kind="pods") == ["gone-1", "web-1"]
    assert named(health="Failed") == ["apps"]
    assert named(namespace="flux-system") == ["apps"]


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
    shop: Callable[..., SearchResult], arguments: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        shop(**arguments)


def test_a_glob_that_matches_no_cluster_is_refused(shop: Callable[..., SearchResult]) -> None:
    with pytest.raises(UnknownClusterError):
        shop("redis", ("x*",))


def test_nothing_found_says_where_it_looked(shop: Callable[..., SearchResult]) -> None:
    found = shop("zookeeper")
    assert found.matches == ()
    assert "`zookeeper` in objects of every mirrored kind in all namespaces of a" in found.searched


def test_nothing_in_that_state_is_not_nothing_at_all(shop: Callable[..., SearchResult]) -> None:
    found = shop("", health="suspended")
    assert found.searched.startswith("Suspended objects of every mirrored kind in all namespaces of a")


def test_what_was_written_comes_before_what_was_generated_from_it(tmp_path: Path) -> None:
    pod = manifest("v1", "Pod", "web-1", spec={"containers": [{"name": "web", "image": "web:1"}]})
    found = search(tmp_path, {"a": Content(objects=[pod, deployment("web", image="web:1")])}, "image:web")
    assert [match.object.kind for match in found.matches] == ["Deployment", "Pod"]


def test_a_chart_over_10_clusters_with_42_releases_each_is_one_exact_answer(tmp_path: Path) -> None:
    """Every release in one of three versions; the expectation is counted from what was planted."""
    charts, expected = ("web", "web-extra", "api"), Counter[tuple[str, str]]()
    fleet: dict[str, Content] = {}
    for cluster in (f"c{number}" for number in range(10)):
        releases = []
        for number in range(42):
            chart, version = charts[number % 3], f"1.{(number + len(fleet)) % 7 % 3}.0"
            release = helm_release(f"r{number}", version=version)
            release["status"]["history"][0]["chartName"] = chart
            releases.append(release)
            expected[f"{chart} {version}", cluster] += 1
        fleet[cluster] = Content(objects=releases)
    with view_of(tmp_path, fleet) as view:
        every = search_fleet(view, "chart:web")
        one = search_fleet(view, "chart:web@1.2.0")
    wanted = {key: number for key, number in expected.items() if key[0].startswith("web ")}
    for value in every.values:
        assert value.clusters == tuple(sorted(cluster for said, cluster in wanted if said == value.value))
        assert value.count == sum(number for (said, _), number in wanted.items() if said == value.value)
    assert {value.value for value in every.values} == {said for said, _ in wanted}
    assert one.values == tuple(value for value in every.values if value.value == "web 1.2.0")
    assert len(one.matches) + one.omitted.count == one.values[0].count

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.keys import GroupKind, ObjectKey
from mirror.store.changes import ClusterState, ScopeState
from query.comparison.question import compare
from query.errors import StaleDataError, UnknownClusterError, UnknownKindError
from query.selectors import resolve_kind
from query.view import View, Visibility, open_view
from tests.query.manifests import helm_release, manifest
from tests.query.stores import NOW, RESOURCES, Content, FixedClock, view_of, write_store

FLEET = {"production-eu": Content(), "production-us": Content(), "staging": Content()}


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        (None, ("production-eu", "production-us", "staging")),
        (["staging"], ("staging",)),
        (["prod*"], ("production-eu", "production-us")),
        (["staging", "*-eu", "staging"], ("production-eu", "staging")),
    ],
)
def test_clusters_are_chosen_by_name_and_glob(
    tmp_path: Path, patterns: list[str] | None, chosen: tuple[str, ...]
) -> None:
    with view_of(tmp_path, FLEET, patterns) as view:
        assert view.names == chosen


def test_a_context_name_that_looks_like_a_glob_means_itself(tmp_path: Path) -> None:
    with view_of(tmp_path, {"dev[1]": Content(), "dev1": Content()}, ["dev[1]"]) as view:
        assert view.names == ("dev[1]",)


def test_an_unknown_cluster_names_the_nearest(tmp_path: Path) -> None:
    with (
        pytest.raises(UnknownClusterError, match="did you mean `production-eu`"),
        view_of(tmp_path, FLEET, ["prod-eu"]),
    ):
        pass


def test_without_a_mirror_synced_becomes_stale(tmp_path: Path) -> None:
    reader = write_store(tmp_path / "s.db", {"a": Content(), "b": Content(state=ClusterState.FORBIDDEN)})
    with reader, open_view(reader, clock=FixedClock(), alive=False) as view:
        assert [(line.cluster, line.state) for line in view.freshness()] == [
            ("a", "stale"),
            ("b", "forbidden"),
        ]


@pytest.mark.parametrize(("behind", "state"), [(0.0, "synced"), (6.5, "synced"), (7.5, "stale")])
def test_a_mirror_without_heartbeats_counts_as_gone(tmp_path: Path, behind: float, state: str) -> None:
    reader = write_store(tmp_path / "s.db", {"a": Content()})
    with reader, open_view(reader, clock=FixedClock(NOW + behind), alive=True) as view:
        assert view.freshness()[0].state == state


def test_age_is_since_all_streams_were_open(tmp_path: Path) -> None:
    fleet = {
        "ahead": Content(confirmed_at=NOW + 5),
        "late": Content(confirmed_at=NOW - 12.34),
        "never": Content(confirmed_at=None),
    }
    with view_of(tmp_path, fleet) as view:
        assert [line.age_s for line in view.freshness()] == [0.0, 12.3, None]


def test_max_age_names_the_clusters_that_miss_it(tmp_path: Path) -> None:
    fleet = {"fresh": Content(), "late": Content(confirmed_at=NOW - 40), "never": Content(confirmed_at=None)}
    reader = write_store(tmp_path / "s.db", fleet)
    question = open_view(reader, clock=FixedClock(), alive=True, max_age=30)
    with reader, question as view, pytest.raises(StaleDataError) as caught:
        view.freshness()
    assert "late (synced, 40s old), never (synced, never in sync)" in str(caught.value)
    assert "fresh" not in str(caught.value)


def test_max_age_is_no_matter_of_clusters_that_were_not_asked(tmp_path: Path) -> None:
    reader = write_store(tmp_path / "s.db", {"fresh": Content(), "late": Content(confirmed_at=NOW - 40)})
    with reader, open_view(reader, clock=FixedClock(), alive=True, clusters=["fresh"], max_age=30) as view:
        assert [line.cluster for line in view.freshness()] == ["fresh"]


def test_not_visible_says_why_and_stays_short(tmp_path: Path) -> None:
    cluster = Content(
        states={"Pod": ScopeState.FORBIDDEN, "Service": ScopeState.FAILED, "Secret": ScopeState.LISTING}
    )
    syncing = Content(unlisted=frozenset(resource.kind for resource in RESOURCES))
    with view_of(tmp_path, {"a": cluster, "b": syncing}) as view:
        first, second = (line.not_visible for line in view.freshness())
    assert first == ("services: failed", "pods: forbidden", "secrets: not listed yet")
    assert second == (f"all {len(RESOURCES)} kinds: not listed yet",)


@pytest.mark.parametrize(
    ("kind", "visibility"),
    [
        ("HelmRelease", Visibility.SEEN),
        ("Pod", Visibility.FORBIDDEN),
        ("Service", Visibility.NOT_MIRRORED),
        ("ConfigMap", Visibility.NOT_SYNCED),
        ("Widget", Visibility.NOT_SERVED),
        ("Job", Visibility.NOT_SYNCED),  # a 404, but discovery shows the kind
    ],
)
def test_visibility_of_a_kind(tmp_path: Path, kind: str, visibility: Visibility) -> None:
    cluster = Content(
        states={"Pod": ScopeState.FORBIDDEN, "Service": None, "Job": ScopeState.ABSENT},
        unlisted=frozenset({"ConfigMap"}),
    )
    groups = {resource.kind: resource.group for resource in RESOURCES}
    with view_of(tmp_path, {"a": cluster}) as view:
        assert view.visibility("a", groups.get(kind, "lab.example.com"), kind, "apps") is visibility
        assert visibility.absence_is_real is (visibility in (Visibility.SEEN, Visibility.NOT_SERVED))


def test_without_discovery_nothing_is_known_to_be_absent(tmp_path: Path) -> None:
    with view_of(tmp_path, {"a": Content(served=(), state=ClusterState.UNREACHABLE)}) as view:
        assert view.visibility("a", "", "Pod", "apps") is Visibility.NOT_SYNCED


def release_in(view: View, present: bool | None = True) -> list[tuple[str, str]]:
    rows = view.objects(kind="HelmRelease", name="web", present=present)
    return [(row.cluster, row.name) for row in rows]


def test_a_kind_of_a_group_that_cannot_be_read_is_unknown_not_absent(tmp_path: Path) -> None:
    """A broken APIService: what is known from before stays, what is not may be there."""
    helm, metrics = "helm.toolkit.fluxcd.io", "metrics.k8s.io"
    served = [item for item in RESOURCES if item.group != helm]
    fleet = {
        "fine": Content(objects=[helm_release()]),
        "broken": Content(served=served, unread=(helm, metrics)),
        "known": Content(unread=(helm,)),
        "without": Content(served=served),
    }
    with view_of(tmp_path, fleet) as view:
        seen = {name: view.visibility(name, helm, "HelmRelease", "apps") for name in fleet}
        assert seen == {
            "fine": Visibility.SEEN,
            "broken": Visibility.NOT_DISCOVERED,
            "known": Visibility.SEEN,
            "without": Visibility.NOT_SERVED,
        }
        assert not Visibility.NOT_DISCOVERED.absence_is_real
        hidden = {line.cluster: line.not_visible for line in view.freshness()}
        assert hidden["broken"] == (f"{helm}: the API group cannot be read",), "metrics hide nothing of Flux"
        assert not any(hidden[name] for name in ("fine", "known", "without"))
        (found,) = compare(view, kind="hr", name="web").objects
        assert (found.missing_in, found.not_visible_in) == (("known", "without"), ("broken",))
        with pytest.raises(
            UnknownKindError, match=r"cannot be read now: helm\.toolkit\.fluxcd\.io in broken, "
        ):
            resolve_kind(view, "widgets")


def test_a_view_shows_nothing_of_other_clusters(tmp_path: Path) -> None:
    fleet = {name: Content(objects=[helm_release()]) for name in ("a", "b", "c")}
    with view_of(tmp_path, fleet, ["a", "b"]) as view:
        assert release_in(view) == [("a", "web"), ("b", "web")]
        assert {row.cluster for row in view.objects(clusters=["b", "c"], kind="HelmRelease")} == {"b"}
        assert {row.cluster for row in view.resources()} == {"a", "b"}
        assert {row.cluster for row in view.scopes()} == {"a", "b"}


def test_a_placeholder_is_named_with_the_version_that_is_served(tmp_path: Path) -> None:
    with view_of(tmp_path, {"a": Content(objects=[helm_release()])}) as view:
        (row,) = view.objects(kind="HelmRepository", name="charts", present=False)
        assert row.version == ""
        assert view.ref(row).api_version == "source.toolkit.fluxcd.io/v1"
        assert view.absence_is_real("a", ObjectKey(row.group, row.kind, "apps", "charts"))


ALIASED = {"a": Content(), "a-vpn": Content(alias_of="a", served=()), "b": Content()}


@pytest.mark.parametrize(
    ("patterns", "chosen", "every"),
    [
        (None, ("a", "b"), True),
        (["a-vpn"], ("a",), False),
        (["a*"], ("a",), False),
        (["a-vpn", "b"], ("a", "b"), True),
    ],
)
def test_a_cluster_with_two_contexts_is_chosen_once_by_either(
    tmp_path: Path, patterns: list[str] | None, chosen: tuple[str, ...], every: bool
) -> None:
    with view_of(tmp_path, ALIASED, patterns) as view:
        assert (view.names, view.all_clusters) == (chosen, every)
        assert view.aliases == {"a-vpn": "a"}
        assert view.cluster_named("a-vpn") == "a"
        lines = [(line.cluster, line.aliases) for line in view.freshness()]
        assert lines == [(name, ("a-vpn",) if name == "a" else ()) for name in chosen]
        with pytest.raises(UnknownClusterError):
            view.cluster_named("c")


@pytest.mark.parametrize("clusters", [2, 10])
@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ({"app/name": "web"}, ["a", "e"]),
        ({"app/name": "web", "tier": "front"}, ["e"]),
        ({"app/name": "web", "pod-template-hash": "5d9"}, ["a"]),
        ({"pod-template-hash": "5d9"}, ["a"]),
        ({"app/name": "nobody"}, []),
    ],
)
def test_labels_lead_to_the_same_in_few_clusters_and_in_many(
    tmp_path: Path, clusters: int, labels: dict[str, str], names: list[str]
) -> None:
    """Through the index of words, which knows neither kinds nor the domains of keys, and one by one."""
    every = {
        "a": {"app/name": "web", "pod-template-hash": "5d9"},
        "b": {"other/name": "web"},
        "c": {"app/name": "web-2"},
        "d": {},
        "e": {"app/name": "web", "tier": "front"},
    }
    objects = [manifest("v1", "Pod", name, labels=own) for name, own in every.items()]
    objects += [
        manifest("v1", "ConfigMap", "a", labels=labels),
        manifest("v1", "Pod", "a", namespace="other", labels=labels),
    ]
    fleet = {f"c{number}": Content(objects=objects) for number in range(clusters)}
    with view_of(tmp_path, fleet) as view:
        chosen = view.names[:-1] if clusters > 2 else view.names
        found = view.labelled(chosen, GroupKind("", "Pod"), "apps", labels)
        assert [(row.cluster, row.name) for row in found] == [
            (each, name) for each in chosen for name in names
        ]
        everywhere = view.labelled(chosen, GroupKind("", "Pod"), None, labels)
        assert len(everywhere) == len(found) + len(chosen)

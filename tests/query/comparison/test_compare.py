from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mirror.store.changes import ScopeState
from query.comparison.question import compare
from query.errors import QueryError, SelectorError, UnknownClusterError, UnknownObjectError
from query.results.answer import Comparison, ObjectComparison
from tests.query.manifests import (
    Document,
    config_map,
    deployment,
    failed,
    helm_chart,
    helm_release,
    kustomization,
    manifest,
)
from tests.query.stores import RESOURCES, Content, view_of


def ask(path: Path, fleet: Mapping[str, Sequence[Document] | Content], **question: Any) -> Comparison:
    contents = {
        name: content if isinstance(content, Content) else Content(objects=content)
        for name, content in fleet.items()
    }
    with view_of(path, contents) as view:
        return compare(view, **question)


def values_of(comparison: ObjectComparison) -> dict[str, dict[str, Any]]:
    return {
        difference.path: {
            cluster: "(absent)" if item.absent else item.value
            for item in difference.values
            for cluster in item.clusters
        }
        for difference in comparison.differences
    }


def test_exactly_the_fields_that_split_the_clusters_are_named(tmp_path: Path) -> None:
    answer = ask(
        tmp_path,
        {
            "a": [helm_release(values={"replicas": 1, "image": {"tag": "1"}})],
            "b": [helm_release(values={"replicas": 3, "image": {"tag": "1"}}, interval="600s")],
            "c": [helm_release(values={"replicas": 1, "image": {"tag": "1"}, "debug": True})],
        },
        kind="hr",
        name="web",
    )
    (found,) = answer.objects
    assert found.object_key == "HelmRelease/apps/web"
    assert values_of(found) == {
        "spec.values.debug": {"a": "(absent)", "b": "(absent)", "c": True},
        "spec.values.replicas": {"a": 1, "b": 3, "c": 1},
    }
    assert [group.clusters for group in found.groups] == [("a",), ("b",), ("c",)]
    assert len({group.digest for group in found.groups}) == 3
    assert not answer.same


def test_objects_that_are_alike_are_only_counted(tmp_path: Path) -> None:
    answer = ask(tmp_path, {name: [helm_release()] for name in "abc"}, kind="hr", name="web")
    assert (answer.objects, answer.references, answer.identical) == ((), (), 1)
    assert answer.same
    assert answer.clusters == ("a", "b", "c")


def test_a_clear_majority_makes_the_others_outliers(tmp_path: Path) -> None:
    fleet = {name: [kustomization("apps")] for name in "abc"} | {"d": [kustomization("apps", path="./x")]}
    (found,) = ask(tmp_path, fleet, kind="ks", name="apps").objects
    assert [group.clusters for group in found.groups] == [("a", "b", "c"), ("d",)]
    assert found.outliers == ("d",)


@pytest.mark.parametrize(("baseline", "outliers"), [(None, ()), ("a", ("c", "d")), ("c", ("a", "b"))])
def test_without_a_majority_only_a_baseline_tells_who_stands_out(
    tmp_path: Path, baseline: str | None, outliers: tuple[str, ...]
) -> None:
    same, other = [kustomization("apps")], [kustomization("apps", path="./x")]
    fleet = {"a": same, "b": same, "c": other, "d": other}
    (found,) = ask(tmp_path, fleet, kind="ks", name="apps", baseline=baseline).objects
    assert found.outliers == outliers


def test_health_and_revision_are_compared_as_observed(tmp_path: Path) -> None:
    broken = failed("BuildFailed", "x", lastAppliedRevision="main@sha1:" + "b" * 40)
    fleet = {
        "a": [kustomization("apps", revision="main@sha1:" + "a" * 40)],
        "b": [kustomization("apps", revision="refs/heads/main@sha1:" + "a" * 40)],
        "c": [kustomization("apps", status=broken)],
    }
    (found,) = ask(tmp_path, fleet, kind="ks", name="apps").objects
    assert values_of(found) == {
        "health": {"a": "Ready", "b": "Ready", "c": "Failed (BuildFailed)"},
        "revision": {"a": "sha1:aaaaaaaa", "b": "sha1:aaaaaaaa", "c": "sha1:bbbbbbbb"},
    }


def test_owner_and_inventory_are_compared(tmp_path: Path) -> None:
    def applied(owner: str, *ids: str) -> Document:
        document = kustomization("apps")
        document["metadata"]["labels"] = {
            "kustomize.toolkit.fluxcd.io/name": owner,
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        }
        document["status"]["inventory"] = {"entries": [{"id": found, "v": "v1"} for found in ids]}
        return document

    one, two = "apps_web_apps_Deployment", "apps_web__Service"
    fleet = {"a": [applied("x", one, two)], "b": [applied("y", two)]}
    (found,) = ask(tmp_path, fleet, kind="ks", name="apps").objects
    assert values_of(found) == {
        'inventory["Deployment/apps/web"]': {"a": "applied", "b": "(absent)"},
        "owner": {"a": "Kustomization/flux-system/x", "b": "Kustomization/flux-system/y"},
    }


def test_absence_is_only_told_where_it_can_be_trusted(tmp_path: Path) -> None:
    fleet: dict[str, Sequence[Document] | Content] = {
        "has": [helm_release()],
        "lacks": [],
        "no-crd": Content(served=[item for item in RESOURCES if item.kind != "HelmRelease"]),
        "forbidden": Content(states={"HelmRelease": ScopeState.FORBIDDEN}),
        "syncing": Content(unlisted=frozenset({"HelmRelease"})),
    }
    (found,) = ask(tmp_path, fleet, kind="hr", name="web").objects
    assert found.missing_in == ("lacks", "no-crd")
    assert found.not_visible_in == ("forbidden", "syncing")
    assert found.differences == ()


def test_what_could_not_be_compared_is_not_the_same(tmp_path: Path) -> None:
    hidden = Content(states={"HelmRelease": ScopeState.FORBIDDEN})
    answer = ask(tmp_path, {"a": [helm_release()], "b": hidden}, kind="hr", name="web")
    assert not answer.same
    assert answer.objects[0].not_visible_in == ("b",)
    assert answer.identical == 0


MASKED = "<masked:{}>"


def test_masked_values_are_compared_but_not_shown(tmp_path: Path) -> None:
    def release(token: str, url: str) -> list[Document]:
        return [helm_release(values={"token": MASKED.format(token), "url": f"x://{MASKED.format(url)}@db"})]

    fleet = {"a": release("f1", "u1"), "b": release("f2", "u1"), "c": release("f1", "u1")}
    (found,) = ask(tmp_path, fleet, kind="hr", name="web").objects
    assert values_of(found) == {
        "spec.values.token": {"a": "<masked 1>", "b": "<masked 2>", "c": "<masked 1>"}
    }


def test_no_fingerprint_leaks_from_nested_or_long_values(tmp_path: Path) -> None:
    text = "x" * 2_000 + MASKED.format("f1") + "y" * 1_000
    nested = {"list": [{"deep": MASKED.format("f2")}], MASKED.format("f3"): 1}
    fleet = {
        "a": [helm_release(values={"text": text, "nested": nested})],
        "b": [helm_release(values={"text": "z"})],
    }
    answer = ask(tmp_path, fleet, kind="hr", name="web")
    assert "spec.values.nested" in values_of(answer.objects[0])
    assert "masked:" not in repr(answer)


def test_a_cut_never_leaves_half_a_fingerprint(tmp_path: Path) -> None:
    before = "x" * 1_000 + MASKED.format("f" * 12) + "y" * 50
    fleet = {name: [config_map("script", {"run": before + name + "z" * 1_000})] for name in ("a", "b")}
    (found,) = ask(tmp_path, fleet, kind="cm", name="script").objects
    shown = values_of(found)["data.run"]["a"]
    assert shown.startswith("…<masked>" + "y" * 50 + "az")


def test_long_texts_are_cut_to_where_they_differ(tmp_path: Path) -> None:
    fleet = {name: [config_map("script", {"run": "a" * 5_000 + name + "b" * 5_000})] for name in ("x", "y")}
    (found,) = ask(tmp_path, fleet, kind="cm", name="script").objects
    shown = values_of(found)["data.run"]
    assert shown["x"].startswith("…" + "a" * 60 + "xb")
    assert shown["x"].endswith("… (10001 characters)")
    assert len(shown["x"]) < 700


def test_an_object_may_stand_in_another_namespace_in_each_cluster(tmp_path: Path) -> None:
    def shop(namespace: str, image: str) -> list[Document]:
        return [deployment("shop", image=image, namespace=namespace)]

    fleet = {"a": shop("shop-staging", "1"), "b": shop("shop-production", "2")}
    (found,) = ask(tmp_path, fleet, kind="deploy", name="shop").objects
    assert values_of(found) == {
        "namespace": {"a": "shop-staging", "b": "shop-production"},
        "spec.template.spec.containers[name=shop].image": {"a": "1", "b": "2"},
    }


def test_a_namespace_is_compared_without_what_is_generated(tmp_path: Path) -> None:
    web = deployment("web")
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1", "controller": True}
    generated = [
        manifest("apps/v1", "ReplicaSet", "web-1", ownerReferences=[owner]),
        manifest("v1", "Pod", "web-1-x"),
        manifest("v1", "Secret", "sh.helm.release.v1.web.v1"),
        manifest("batch/v1", "Job", "nightly-1", ownerReferences=[{**owner, "kind": "CronJob"}]),
        config_map("kube-root-ca.crt", {"ca.crt": "x"}),
    ]
    release = [helm_release(), helm_chart()]
    fleet = {
        "a": [web, *release, config_map("settings", {"x": "1"}), config_map("same", {}), *generated],
        "b": [
            web,
            release[0],
            config_map("settings", {"x": "2"}),
            config_map("same", {}),
            config_map("extra", {}),
        ],
    }
    answer = ask(tmp_path, fleet, namespace="apps")
    assert [(found.object_key, found.missing_in) for found in answer.objects] == [
        ("ConfigMap/apps/extra", ("a",)),
        ("ConfigMap/apps/settings", ()),
    ]
    assert answer.identical == 3
    assert [(found.object_key, found.missing_in) for found in answer.references] == [
        ("HelmChart/apps/apps-web", ("b",))
    ]


def test_a_selector_narrows_a_kind(tmp_path: Path) -> None:
    def pair(image: str) -> list[Document]:
        return [deployment("x", image=image, labels={"team": "a"}), deployment("y", image=image)]

    answer = ask(tmp_path, {"a": pair("1"), "b": pair("2")}, kind="deploy", selector="team=a")
    assert [found.object_key for found in answer.objects] == ["Deployment/apps/x"]


@pytest.mark.parametrize(("limit", "shown", "left"), [(2, 2, 3), (5, 5, 0), (0, 5, 0)])
def test_a_limit_says_exactly_what_it_left_out(tmp_path: Path, limit: int, shown: int, left: int) -> None:
    fleet = {name: [config_map(f"c{number}", {"x": name}) for number in range(5)] for name in ("a", "b")}
    answer = ask(tmp_path, fleet, kind="cm", limit=limit)
    assert (len(answer.objects), answer.omitted.count) == (shown, left)


def test_another_spelling_is_not_counted_as_left_out(tmp_path: Path) -> None:
    fleet = {
        name: [config_map("a", {"x": name}), config_map("b", {"values.yaml": f"replicas:{space}1\n"})]
        for name, space in (("a", " "), ("b", "  "))
    }
    answer = ask(tmp_path, fleet, kind="cm", limit=1)
    assert (len(answer.objects), answer.omitted.count, answer.identical) == (1, 0, 1)


@pytest.mark.parametrize(
    ("question", "error", "says"),
    [
        ({"name": "web"}, QueryError, "of what kind is `web`"),
        ({"kind": "hr", "name": "web", "selector": "a=b"}, QueryError, "a name and a selector"),
        ({"kind": "hr", "selector": "a in (b"}, SelectorError, "does not parse at `a in "),
        ({"revision": "0123456789"}, UnknownObjectError, "no source holds the revision `0123456789`"),
        ({"kind": "hr", "name": "wob"}, UnknownObjectError, "did you mean `apps/web`"),
        ({"namespace": "app"}, UnknownObjectError, "nothing is known in namespace `app`"),
        ({"kind": "hr", "name": "web", "baseline": "c"}, UnknownClusterError, "no mirrored cluster"),
    ],
)
def test_a_question_that_cannot_be_asked(
    tmp_path: Path, question: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        ask(tmp_path, {name: [helm_release()] for name in "ab"}, **question)


def test_one_cluster_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="chosen: a: a comparison needs at least two clusters"):
        ask(tmp_path, {"a": [helm_release()]}, kind="hr", name="web")


def test_two_names_of_one_cluster_are_not_called_identical(tmp_path: Path) -> None:
    fleet = {"a": Content(), "vpn": Content(alias_of="a", served=())}
    with pytest.raises(QueryError, match="`vpn` is the same cluster as `a`"):
        ask(tmp_path, fleet, namespace="apps")


def test_a_baseline_may_be_called_by_another_of_its_names(tmp_path: Path) -> None:
    objects = [config_map("settings", {"a": "1"})]
    fleet = {
        "a": Content(objects=objects),
        "b": Content(objects=objects),
        "vpn": Content(alias_of="a", served=()),
    }
    assert ask(tmp_path, fleet, namespace="apps", baseline="vpn").clusters == ("a", "b")


def test_what_is_generated_in_one_cluster_is_not_called_missing_there(tmp_path: Path) -> None:
    """A chart that its release has left behind is no object of its own: the other clusters have one."""
    managed = "apps_web_helm.toolkit.fluxcd.io_HelmRelease"
    apps = kustomization("apps")
    apps["status"]["inventory"] = {"entries": [{"id": managed, "v": "v2"}]}
    answer = ask(tmp_path, {"a": [apps, helm_release(), helm_chart()], "b": [apps, helm_chart()]})
    assert [(found.object_key, found.missing_in) for found in answer.objects] == [
        ("HelmRelease/apps/web", ("b",))
    ]

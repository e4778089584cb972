from __future__ import annotations

from pathlib import Path
from typing import Any

from mirror.store.changes import ScopeState
from query.comparison.question import compare
from query.results.answer import Comparison, ObjectComparison, RevisionState
from tests.query.manifests import (
    Document,
    config_map,
    git_repository,
    helm_chart,
    helm_release,
    helm_repository,
    kustomization,
    manifest,
    ready,
)
from tests.query.stores import Content, view_of

OLD, NEW = "main@sha1:" + "a" * 40, "main@sha1:" + "b" * 40


def ask(path: Path, fleet: dict[str, list[Document] | Content], **question: Any) -> Comparison:
    contents = {
        name: content if isinstance(content, Content) else Content(objects=content)
        for name, content in fleet.items()
    }
    with view_of(path, contents) as view:
        return compare(view, **question)


def paths(comparison: ObjectComparison) -> list[str]:
    return [difference.path for difference in comparison.differences]


def release(*names: str, **spec: Any) -> Document:
    return helm_release(valuesFrom=[{"kind": "ConfigMap", "name": name} for name in names], **spec)


def fetched_at(time: str, source: Document) -> Document:
    source["status"]["artifact"]["lastUpdateTime"] = f"2026-11-18T{time}:00Z"
    return source


def test_values_in_config_maps_are_compared_field_by_field(tmp_path: Path) -> None:
    def cluster(replicas: int) -> list[Document]:
        values = f"replicas: {replicas}\nimage:\n  tag: '1'\n"
        return [release("web-values"), config_map("web-values", {"values.yaml": values})]

    answer = ask(tmp_path, {"a": cluster(1), "b": cluster(1), "c": cluster(5)}, kind="hr", name="web")
    assert answer.objects == ()
    (found,) = answer.references
    assert (found.object_key, found.field) == ("ConfigMap/apps/web-values", "spec.valuesFrom[0]")
    assert paths(found) == ['data["values.yaml"].replicas']
    said = [(item.clusters, item.value) for item in found.differences[0].values]
    assert said == [(("a", "b"), 1), (("c",), 5)]
    assert found.outliers == ("c",)
    assert not answer.same


def test_references_can_be_left_out(tmp_path: Path) -> None:
    fleet: dict[str, list[Document] | Content] = {
        name: [release("v"), config_map("v", {"x": name})] for name in "ab"
    }
    answer = ask(tmp_path, fleet, kind="hr", name="web", include_references=False)
    assert answer.same


def test_a_reference_with_another_name_is_matched_by_its_field(tmp_path: Path) -> None:
    def cluster(name: str) -> list[Document]:
        common = config_map("common", {"x": "1"})
        return [
            release("common", f"values-{name}"),
            common,
            config_map(f"values-{name}", {"x": name, "y": "1"}),
        ]

    answer = ask(tmp_path, {"staging": cluster("staging"), "prod": cluster("prod")}, kind="hr", name="web")
    (found,) = answer.references
    assert paths(found) == ["data.x", "name"]
    assert found.field == "spec.valuesFrom[1]"


def test_a_missing_reference_is_told_only_where_that_is_sure(tmp_path: Path) -> None:
    fleet: dict[str, list[Document] | Content] = {
        "has": [release("v"), config_map("v", {})],
        "lacks": [release("v")],
        "blind": Content(objects=[release("v")], states={"ConfigMap": ScopeState.FORBIDDEN}),
    }
    (found,) = ask(tmp_path, fleet, kind="hr", name="web").references
    assert (found.missing_in, found.not_visible_in) == (("lacks",), ("blind",))


def test_sources_are_followed_over_the_generated_chart(tmp_path: Path) -> None:
    def cluster(url: str) -> list[Document]:
        return [helm_release(), helm_chart(), helm_repository(url)]

    answer = ask(
        tmp_path, {"a": cluster("https://one.example.com"), "b": cluster("https://two.example.com")},
        kind="hr", name="web",
    )  # fmt: skip
    assert [(found.object_key, paths(found)) for found in answer.references] == [
        ("HelmRepository/apps/charts", ["spec.url"])
    ]
    assert answer.identical == 2


def test_a_generated_chart_only_counts_for_what_was_observed(tmp_path: Path) -> None:
    fleet: dict[str, list[Document] | Content] = {
        name: [helm_release(version=version), helm_chart(version=version), helm_repository()]
        for name, version in (("a", "1.0.0"), ("b", "2.0.0"))
    }
    answer = ask(tmp_path, fleet, kind="hr", name="web")
    assert paths(answer.objects[0]) == ["revision", "spec.chart.spec.version"]
    assert [(found.object_key, paths(found)) for found in answer.references] == [
        ("HelmChart/apps/apps-web", ["revision"])
    ]


def test_references_of_references_are_followed(tmp_path: Path) -> None:
    def cluster(*more: Document) -> list[Document]:
        return [kustomization("apps"), git_repository(OLD, secretRef={"name": "git"}), *more]

    secret = manifest("v1", "Secret", "git", "flux-system")
    (found,) = ask(tmp_path, {"a": cluster(secret), "b": cluster()}, kind="ks", name="apps").references
    assert (found.object_key, found.missing_in) == ("Secret/flux-system/git", ("b",))
    assert found.field == "spec.sourceRef → spec.secretRef"


def test_the_storage_of_helm_is_no_reference(tmp_path: Path) -> None:
    def cluster(number: int) -> list[Document]:
        history = [{"name": "web", "chartVersion": "1.0.0", "status": "deployed", "version": number}]
        status = ready("InstallSucceeded", history=history, storageNamespace="apps")
        name = f"sh.helm.release.v1.web.v{number}"
        return [helm_release(status=status), manifest("v1", "Secret", name)]

    assert ask(tmp_path, {"a": cluster(1), "b": cluster(2)}, kind="hr", name="web").same


def test_revisions_say_who_is_behind_and_since_when(tmp_path: Path) -> None:
    fleet: dict[str, list[Document] | Content] = {
        "ahead": [kustomization("apps", revision=NEW), git_repository(NEW)],
        "behind": [kustomization("apps", revision=OLD), git_repository(NEW)],
        "old": [kustomization("apps", revision=OLD), fetched_at("10:00", git_repository(OLD))],
        "elsewhere": [
            kustomization("apps", revision=OLD),
            fetched_at("11:00", git_repository(OLD, ref={"branch": "next"})),
        ],
    }
    source = "GitRepository/flux-system/fleet"
    old, new, noon = "main@sha1:aaaaaaaa", "main@sha1:bbbbbbbb", "2026-11-18T12:00:00Z"
    late = ("Kustomization/flux-system/apps",)
    ten, eleven = noon.replace("12:", "10:"), noon.replace("12:", "11:")
    asked = ask(tmp_path, fleet, kind="ks", name="apps").revisions
    assert asked == (
        RevisionState(source, "ahead", new, new, True, "", "healthy", noon),
        RevisionState(source, "behind", new, old, True, noon, "fetched", noon, late),
        RevisionState(source, "elsewhere", old, old, True, "", "healthy", eleven),
        RevisionState(source, "old", old, old, True, noon, "behind", ten),
    )


def test_nobody_is_behind_a_source_that_holds_nothing(tmp_path: Path) -> None:
    empty = git_repository("")
    fleet: dict[str, list[Document] | Content] = {name: [kustomization("apps"), empty] for name in "ab"}
    states = ask(tmp_path, fleet, kind="ks", name="apps").revisions
    assert [(state.fetched, state.applied, state.behind_since) for state in states] == [
        ("", "main@sha1:aaaaaaaa", "")
    ] * 2


def test_a_release_applies_the_version_of_its_chart(tmp_path: Path) -> None:
    fleet: dict[str, list[Document] | Content] = {
        name: [helm_release(), helm_chart(version=version), helm_repository()]
        for name, version in (("a", "1.0.0"), ("b", "1.1.0"))
    }
    found = ask(tmp_path, fleet, kind="hr", name="web").revisions
    assert [(state.source, state.fetched, state.applied, bool(state.behind_since)) for state in found] == [
        ("HelmChart/apps/apps-web", "1.0.0", "1.0.0", False),
        ("HelmChart/apps/apps-web", "1.1.0", "1.0.0", True),
    ]


def test_a_namespace_only_shows_the_revisions_that_are_uneven(tmp_path: Path) -> None:
    same = [helm_release("same"), helm_chart("same")]
    fleet: dict[str, list[Document] | Content] = {
        "a": [*same, helm_release("web"), helm_chart("web")],
        "b": [*same, helm_release("web"), helm_chart("web", version="2.0.0")],
    }
    found = ask(tmp_path, fleet, namespace="apps").revisions
    assert [(state.source, state.cluster) for state in found] == [
        ("HelmChart/apps/apps-web", "a"),
        ("HelmChart/apps/apps-web", "b"),
    ]


def test_references_inside_a_compared_namespace_are_not_compared_twice(tmp_path: Path) -> None:
    fleet: dict[str, list[Document] | Content] = {
        name: [release("v"), config_map("v", {"x": name})] for name in "ab"
    }
    answer = ask(tmp_path, fleet, namespace="apps")
    assert [found.object_key for found in answer.objects] == ["ConfigMap/apps/v"]
    assert answer.references == ()

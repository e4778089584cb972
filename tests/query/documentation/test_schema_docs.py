"""The documentation that the CRDs carry: found by words, read by path, exact for each cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirror.keys import Resource
from query.documentation.question import read_doc, search_docs
from query.errors import SelectorError, UnknownKindError, UnknownObjectError
from query.view import View
from server.render.schema_docs import render_doc_matches, render_doc_page
from tests.query.manifests import manifest
from tests.query.stores import RESOURCES, Content, view_of

DEFINITIONS = Resource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
SERVED = (*RESOURCES, DEFINITIONS)


def text(description: str, type: str = "string", **more: Any) -> dict[str, Any]:
    return {"type": type, "description": description, **more}


def fields(description: str, required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return text(description, "object", properties=properties, required=list(required))


def release_schema(retries: str) -> dict[str, Any]:
    remediation = fields(
        "What is done when the action fails.",
        retries=text(retries, "integer", default=0),
        remediateLastFailure=text("Whether the last failure is undone.", "boolean"),
    )
    reference = fields(
        "",
        ("kind",),
        kind=text("Kind of the referent.", enum=["Secret", "ConfigMap"]),
        valuesKey=text("The key in which the values are found."),
    )
    spec = fields(
        "The desired state of a release.",
        ("interval",),
        interval=text("How often\n  to reconcile."),
        install=fields("Options of an install.", remediation=remediation),
        valuesFrom={"type": "array", "description": "Sources of Helm values.", "items": reference},
        values={"description": "Helm values, any.", "x-kubernetes-preserve-unknown-fields": True},
    )
    return fields("A release of a chart.", apiVersion=text("noise"), metadata=text("noise"), spec=spec)


def definition(
    plural: str, group: str, kind: str, release: str, **versions: dict[str, Any]
) -> dict[str, Any]:
    return manifest(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"{plural}.{group}",
        None,
        labels={"app.kubernetes.io/version": release},
        spec={
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "versions": [
                {"name": name, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
                for name, schema in versions.items()
            ],
        },
    )


def cluster(release: str, retries: str) -> Content:
    source = fields(
        "A Git repository.", spec=fields("", url=text("Address of the repository, ssh or https."))
    )
    return Content(
        served=SERVED,
        objects=[
            definition(
                "helmreleases", "helm.toolkit.fluxcd.io", "HelmRelease", release, v2=release_schema(retries)
            ),
            definition("gitrepositories", "source.toolkit.fluxcd.io", "GitRepository", release, v1=source),
        ],
    )


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    new, old = "How often is retried before giving up.", "Number of retries."
    fleet = {"a": cluster("v2.9.4", new), "b": cluster("v2.8.6", old), "c": cluster("v2.9.4", new)}
    with view_of(tmp_path, fleet) as found:
        yield found


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("values from a Secret key", "HelmRelease.spec.valuesFrom[].valuesKey"),
        ("helmrelease interval", "HelmRelease.spec.interval"),
        ("hr remediation last failure", "HelmRelease.spec.install.remediation.remediateLastFailure"),
        ("git repository ssh address", "GitRepository.spec.url"),
        ("remediat", "HelmRelease.spec.install.remediation"),
    ],
)
def test_words_find_the_field(view: View, query: str, path: str) -> None:
    assert search_docs(view, query).matches[0].path == path


def test_what_clusters_say_differently_is_told_apart(view: View) -> None:
    found = search_docs(view, "retries", path="HelmRelease.spec.install")
    by_clusters = {match.clusters: match.text for match in found.matches if match.path.endswith("retries")}
    assert by_clusters == {
        ("a", "c"): "How often is retried before giving up.",
        ("b",): "Number of retries.",
    }
    assert "only in b" in render_doc_matches(found).text


def test_nothing_found_and_nothing_asked(view: View) -> None:
    assert search_docs(view, "kubelet eviction").matches == ()
    with pytest.raises(SelectorError, match="looked for"):
        search_docs(view, "  ?")


def test_a_limit_counts_what_it_leaves_out(view: View) -> None:
    every = search_docs(view, "values", limit=0)
    found = search_docs(view, "values", limit=1)
    assert found.omitted.count == len(every.matches) - 1 > 0
    assert found.matches == every.matches[:1]


def test_a_kind_is_read_with_what_is_directly_below(view: View) -> None:
    found = read_doc(view, "hr", api_version="helm.toolkit.fluxcd.io/v2")
    assert (found.path, found.text, found.api_version) == (
        "HelmRelease",
        "A release of a chart.",
        "helm.toolkit.fluxcd.io/v2",
    )
    paths = [field.path for field in found.fields]
    assert paths == ["spec", "spec.interval", "spec.install", "spec.valuesFrom", "spec.values"]
    interval = found.fields[1]
    assert (interval.required, interval.text) == (True, "How often to reconcile.")


@pytest.mark.parametrize(
    "path",
    ["HelmRelease.spec.valuesFrom", "hr.spec.valuesfrom[0]", "helmreleases.spec.valuesFrom[kind=Secret]"],
)
def test_a_list_is_read_with_the_fields_of_its_items(view: View, path: str) -> None:
    found = read_doc(view, path)
    assert (found.type, found.text) == ("list of object", "Sources of Helm values.")
    kind = found.fields[0]
    assert (kind.path, kind.required, kind.enum) == ("spec.valuesFrom[].kind", True, ("Secret", "ConfigMap"))
    assert "one of Secret, ConfigMap" in render_doc_page(found).text


def test_a_page_is_of_most_clusters_and_names_the_others(view: View) -> None:
    found = read_doc(view, "HelmRelease.spec.install.remediation")
    assert (found.clusters, found.others) == (("a", "c"), ("b",))
    assert found.fields[0].default == "0"
    assert "The CRDs of b say something else here" in render_doc_page(found).text


def test_offset_and_limit_page_through_the_fields(view: View) -> None:
    found = read_doc(view, "HelmRelease", offset=1, limit=2)
    assert [field.path for field in found.fields] == ["spec.interval", "spec.install"]
    assert found.omitted.count == 2


def test_what_is_not_documented(view: View) -> None:
    with pytest.raises(UnknownObjectError, match=r"no field `spec\.instal`") as refused:
        read_doc(view, "hr.spec.instal")
    assert "`HelmRelease.spec.install`" in refused.value.hint
    with pytest.raises(UnknownObjectError, match="no cluster has a CRD"):
        read_doc(view, "Pod.spec")
    with pytest.raises(UnknownObjectError, match="no cluster has a CRD"):
        read_doc(view, "hr", api_version="helm.toolkit.fluxcd.io/v9")
    with pytest.raises(UnknownKindError):
        read_doc(view, "Gadget.spec")


def test_one_release_that_somebody_has_changed_is_told_apart(tmp_path: Path) -> None:
    fleet = {"a": cluster("v2.9.4", "As released."), "b": cluster("v2.9.4", "As somebody wants it.")}
    with view_of(tmp_path, fleet) as view:
        found = search_docs(view, "retries", path="HelmRelease.spec.install.remediation.retries")
    assert {match.text: match.clusters for match in found.matches} == {
        "As released.": ("a",),
        "As somebody wants it.": ("b",),
    }


def test_a_schema_that_changes_is_read_anew(tmp_path: Path) -> None:
    said = []
    for number, retries in enumerate(("Before the upgrade.", "After the upgrade.")):
        with view_of(tmp_path / str(number), {"a": cluster("v2.9.4", retries)}) as view:
            said.append(
                (
                    read_doc(view, "hr.spec.install.remediation.retries").text,
                    search_docs(view, "remediation retries", limit=1).matches[0].text,
                )
            )
    assert said == [("Before the upgrade.",) * 2, ("After the upgrade.",) * 2]


def test_each_cluster_is_read_in_the_version_that_it_prefers(tmp_path: Path) -> None:
    """The same CRD, which serves two versions; discovery of one cluster has not seen the newer one yet."""
    both = definition(
        "helmreleases",
        "helm.toolkit.fluxcd.io",
        "HelmRelease",
        "v2.9.4",
        v2beta2=release_schema("In beta."),
        v2=release_schema("As of today."),
    )
    older = tuple(each._replace(version="v2beta2") if each.kind == "HelmRelease" else each for each in SERVED)
    fleet = {"a": Content([both], served=SERVED), "b": Content([both], served=older)}
    with view_of(tmp_path, fleet) as view:
        found = search_docs(view, "retries", path="HelmRelease.spec.install.remediation.retries")
        page = read_doc(
            view, "HelmRelease.spec.install.remediation.retries", api_version="helm.toolkit.fluxcd.io/v2beta2"
        )
    assert {(match.api_version, match.text): match.clusters for match in found.matches} == {
        ("helm.toolkit.fluxcd.io/v2", "As of today."): ("a",),
        ("helm.toolkit.fluxcd.io/v2beta2", "In beta."): ("b",),
    }
    assert (page.text, page.clusters) == ("In beta.", ("a", "b"))

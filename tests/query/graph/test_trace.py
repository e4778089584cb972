"""From an object up to its source, and down to who would feel it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.store.changes import ScopeState
from query.errors import UnknownObjectError
from query.graph.trace import trace
from query.results.trace import Trace
from tests.query.counting import statements
from tests.query.graph.test_delivery import looked_at, shop
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Cluster, view_of
from tests.query.root_cause.fleet import Document

POD = "web-6d4b75cb6d-x2x7k"


def one(path: Path, objects: list[Document], kind: str, name: str) -> Trace:
    with looked_at(path, objects) as view:
        (found,) = trace(view, kind=kind, name=name).traces
    return found


def above(found: Trace) -> list[str]:
    return [f"{step.object.kind}/{step.object.name}" for step in found.managed_by]


def origins(found: Trace) -> dict[str, list[str]]:
    return {
        f"{source.resolved_for.kind}/{source.resolved_for.name}": [step.object.kind for step in source.steps]
        for source in found.sources
    }


def test_from_a_pod_to_git_and_to_the_charts(tmp_path: Path) -> None:
    found = one(tmp_path, shop(), "Pod", POD)
    assert above(found) == [
        "ReplicaSet/web-6d4b75cb6d",
        "Deployment/web",
        "HelmRelease/shop",
        "Kustomization/apps",
    ]
    assert origins(found) == {
        "HelmRelease/shop": ["HelmChart", "HelmRepository"],
        "Kustomization/apps": ["GitRepository"],
    }
    urls = [step.url for source in found.sources for step in source.steps if step.url]
    assert urls == ["https://charts.example.com", "https://git.example.com/fleet.git"]
    assert not found.unmanaged
    assert found.dependents_count == 0


def test_the_state_of_each_is_said(tmp_path: Path) -> None:
    objects = shop()
    objects[0] = fleet.git(state=fleet.failed("GitOperationFailed", "no route to host"))
    found = one(tmp_path, objects, "hr", "shop")
    (git,) = next(source.steps for source in found.sources if source.resolved_for.kind == "Kustomization")
    assert (git.health, git.reason, git.message) == ("Failed", "GitOperationFailed", "no route to host")


def test_who_would_feel_it_without_those_above(tmp_path: Path) -> None:
    found = one(tmp_path, shop(), "GitRepository", "flux-system")
    assert above(found) == []
    assert [step.object.kind for step in found.dependents] == ["Kustomization"]
    (tmp_path / "again").mkdir()
    with looked_at(tmp_path / "again", shop()) as view:
        (found,) = trace(view, kind="helmrepo", name="charts", limit=1).traces
        assert found.dependents_count > 1
        assert len(found.dependents) == 1
        assert (
            trace(view, kind="helmrepo", name="charts", limit=1).omitted.count == found.dependents_count - 1
        )


def test_an_object_nobody_applied(tmp_path: Path) -> None:
    found = one(tmp_path, [fleet.plain("ConfigMap", "loose", data={})], "cm", "loose")
    assert found.unmanaged
    assert (found.managed_by, found.sources, found.dependents) == ((), (), ())


def test_labels_count_where_no_inventory_does(tmp_path: Path) -> None:
    labels = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "apps"}
    labelled = fleet.plain("Secret", "made-by-hook", labels=labels)
    found = one(tmp_path, [*shop(), labelled], "Secret", "made-by-hook")
    assert above(found)[:2] == ["HelmRelease/shop", "Kustomization/apps"]


def test_a_bootstrap_that_applies_itself_ends(tmp_path: Path) -> None:
    source = fleet.git()
    top = fleet.kustomization("flux-system", children=[source, fleet.kustomization("flux-system")])
    assert above(one(tmp_path, [source, top], "ks", "flux-system")) == []
    (tmp_path / "again").mkdir()
    assert above(one(tmp_path / "again", [source, top], "gitrepo", "flux-system")) == [
        "Kustomization/flux-system"
    ]


def test_two_who_claim_the_same_are_both_named(tmp_path: Path) -> None:
    shared = fleet.plain("ConfigMap", "shared", data={})
    objects = [fleet.git(), shared, *(fleet.kustomization(name, children=[shared]) for name in "ab")]
    found = one(tmp_path, objects, "cm", "shared")
    assert above(found) == ["Kustomization/a"]
    assert found.notes == ("ConfigMap/apps/shared is also claimed by Kustomization/flux-system/b",)


def test_what_cannot_be_seen_is_unknown(tmp_path: Path) -> None:
    states = {"HelmRepository": ScopeState.FORBIDDEN}
    with view_of(tmp_path, {"staging": Cluster(shop(), states)}) as view:
        (found,) = trace(view, kind="hr", name="shop").traces
    chart = next(source.steps for source in found.sources if source.resolved_for.kind == "HelmRelease")
    assert [(step.object.kind, step.health) for step in chart] == [
        ("HelmChart", "Ready"),
        ("HelmRepository", "Unknown"),
    ]


def test_a_typing_error_names_what_is_near(tmp_path: Path) -> None:
    with looked_at(tmp_path, shop()) as view, pytest.raises(UnknownObjectError, match="shopp"):
        trace(view, kind="hr", name="shopp")


@pytest.mark.parametrize(
    ("kind", "name"), [("Pod", POD), ("HelmRepository", "charts"), ("ConfigMap", "values")]
)
def test_more_clusters_take_no_more_statements(tmp_path: Path, kind: str, name: str) -> None:
    numbers = []
    for size in (3, 7):
        clusters = [f"c{number}" for number in range(size)]
        with looked_at(tmp_path / str(size), shop(), *clusters) as view, statements(view) as asked:
            assert len(trace(view, kind=kind, name=name).traces) == size
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]


def test_traces_of_several_clusters_are_those_of_each(tmp_path: Path) -> None:
    """They are walked together, and each has only what is its own."""
    broken = [each for each in shop() if each["kind"] != "HelmRelease"]
    with view_of(tmp_path / "all", {"a": Cluster(shop()), "b": Cluster(broken)}) as view:
        together = trace(view, kind="HelmRepository", name="charts").traces
    for name, objects, found in zip("ab", (shop(), broken), together, strict=True):
        with view_of(tmp_path / name, {name: Cluster(objects)}) as view:
            assert trace(view, kind="HelmRepository", name="charts").traces == (found,)

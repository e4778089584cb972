"""The way of the content through a cluster, and through several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from query.errors import UnknownObjectError
from query.graph.delivery import delivery_graph
from query.results.answer import DependencyGraph
from query.view import View
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Cluster, view_of
from tests.query.root_cause.fleet import Document


def shop() -> list[Document]:
    web = fleet.deployment(up=1)
    owner = fleet.replica_set(web)
    release = fleet.helm_release(children=[web], valuesFrom=[{"kind": "ConfigMap", "name": "values"}])
    return [
        fleet.git(),
        fleet.kustomization("apps", children=[release]),
        fleet.helm_repository(),
        fleet.helm_chart(),
        release,
        fleet.plain("ConfigMap", "values", data={}),
        web,
        owner,
        fleet.pod(owner, phase="Running"),
        fleet.git("other"),
        fleet.kustomization("other", sourceRef={"kind": "GitRepository", "name": "other"}),
    ]


@contextmanager
def looked_at(path: Path, objects: Sequence[Document], *clusters: str) -> Iterator[View]:
    with view_of(path, {name: Cluster(objects) for name in clusters or ("staging",)}) as view:
        yield view


def named(answer: DependencyGraph) -> set[str]:
    return {f"{node.object.kind}/{node.object.name}" for node in answer.nodes}


def test_everything_that_is_delivered(tmp_path: Path) -> None:
    with looked_at(tmp_path, shop()) as view:
        answer = delivery_graph(view)
    assert named(answer) == {
        "GitRepository/flux-system",
        "GitRepository/other",
        "Kustomization/apps",
        "Kustomization/other",
        "HelmRepository/charts",
        "HelmChart/apps-shop",
        "HelmRelease/shop",
        "Deployment/web",
    }
    assert answer.roots == ()
    edges = {
        (answer.nodes[e.from_].object.kind, e.relation, answer.nodes[e.to].object.kind) for e in answer.edges
    }
    assert edges == {
        ("Kustomization", "source", "GitRepository"),
        ("Kustomization", "manages", "HelmRelease"),
        ("HelmRelease", "generates", "HelmChart"),
        ("HelmChart", "source", "HelmRepository"),
        ("HelmRelease", "manages", "Deployment"),
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [("Deployment", "web"), ("hr", "shop"), ("helmrepo", "charts"), ("GitRepository", "flux-system")],
)
def test_only_the_ways_through_one_object(tmp_path: Path, kind: str, name: str) -> None:
    with looked_at(tmp_path, shop()) as view:
        answer = delivery_graph(view, kind=kind, name=name)
    assert {"HelmRelease/shop", "Deployment/web"} <= named(answer)
    assert not {found for found in named(answer) if "other" in found}
    assert [answer.nodes[root].object.name for root in answer.roots] == [name]


def test_clusters_side_by_side(tmp_path: Path) -> None:
    with looked_at(tmp_path, shop(), "production", "staging") as view:
        answer = delivery_graph(view, kind="hr", name="shop")
    assert len(answer.roots) == 2
    assert {node.object.cluster for node in answer.nodes} == {"production", "staging"}


def test_a_limit_keeps_what_carries_and_counts_the_rest(tmp_path: Path) -> None:
    maps = [fleet.plain("ConfigMap", f"m{number:02}", data={}) for number in range(30)]
    broken = fleet.deployment("zebra")
    objects = [fleet.git(), fleet.kustomization("apps", children=[*maps, broken]), *maps, broken]
    with looked_at(tmp_path, objects) as view:
        answer = delivery_graph(view, limit=4)
    assert {"GitRepository/flux-system", "Kustomization/apps", "Deployment/zebra"} <= named(answer)
    assert len(answer.nodes) == 4
    assert answer.omitted.count == 33 - 4


def test_a_namespace_without_anything_is_a_typing_error(tmp_path: Path) -> None:
    with looked_at(tmp_path, shop()) as view:
        with pytest.raises(UnknownObjectError):
            delivery_graph(view, namespace="nowhere")
        assert "HelmRelease/shop" in named(delivery_graph(view, namespace="apps"))

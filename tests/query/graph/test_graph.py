"""The neighbourhood of an object: states, directions, bounds, cycles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mirror.store.changes import ScopeState
from query.errors import SelectorError, UnknownObjectError
from query.graph.question import dependency_graph
from query.results.answer import DependencyGraph
from tests.query.counting import statements
from tests.query.graph.test_delivery import looked_at
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Cluster, States, view_of
from tests.query.root_cause.fleet import Document

Ask = Callable[..., DependencyGraph]


@pytest.fixture
def graph(tmp_path: Path) -> Ask:
    """dependency_graph over a cluster `staging`."""

    def question(
        objects: Sequence[Document], *, states: States | None = None, **arguments: Any
    ) -> DependencyGraph:
        folder = tmp_path / f"store-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        with view_of(folder, {"staging": Cluster(objects, states or {})}) as view:
            return dependency_graph(view, **arguments)

    return question


def nodes(answer: DependencyGraph) -> dict[str, str]:
    return {f"{node.object.kind}/{node.object.name}": node.health for node in answer.nodes}


def edges(answer: DependencyGraph) -> set[tuple[str, str, str]]:
    names = [f"{node.object.kind}/{node.object.name}" for node in answer.nodes]
    return {(names[edge.from_], edge.relation, names[edge.to]) for edge in answer.edges}


def shop() -> list[Document]:
    web = fleet.deployment(up=1)
    owner = fleet.replica_set(web)
    values = [{"kind": "ConfigMap", "name": "values"}, {"kind": "Secret", "name": "token"}]
    return [
        fleet.helm_repository(),
        fleet.helm_chart(),
        fleet.helm_release(children=[web], valuesFrom=values),
        fleet.plain("ConfigMap", "values", data={}),
        web,
        owner,
        fleet.pod(owner, phase="Running"),
    ]


def test_up_is_what_can_break_it(graph: Ask) -> None:
    answer = graph(shop(), kind="HelmRelease", name="shop")
    assert nodes(answer) == {
        "HelmRelease/shop": "Ready",
        "HelmChart/apps-shop": "Ready",
        "HelmRepository/charts": "Ready",
        "ConfigMap/values": "Ready",
        "Secret/token": "Missing",
        "Deployment/web": "Ready",
        "ReplicaSet/web-6d4b75cb6d": "Progressing",
        "Pod/web-6d4b75cb6d-x2x7k": "Ready",
    }
    assert ("HelmRelease/shop", "generates", "HelmChart/apps-shop") in edges(answer)
    assert ("HelmRelease/shop", "config", "Secret/token") in edges(answer)
    assert ("ReplicaSet/web-6d4b75cb6d", "owner", "Deployment/web") in edges(answer)
    assert [answer.nodes[root].object.kind for root in answer.roots] == ["HelmRelease"]


def test_down_is_the_inverse(graph: Ask) -> None:
    answer = graph(shop(), kind="HelmRepository", name="charts", direction="down")
    assert set(nodes(answer)) == {"HelmRepository/charts", "HelmChart/apps-shop", "HelmRelease/shop"}
    pod = graph(shop(), kind="Pod", name="web-6d4b75cb6d-x2x7k", direction="down")
    assert [node.object.kind for node in pod.nodes] == ["Pod", "ReplicaSet", "Deployment", "HelmRelease"]


def test_both_ways(graph: Ask) -> None:
    answer = graph(shop(), kind="HelmChart", name="apps-shop", direction="both", depth=1)
    assert set(nodes(answer)) == {"HelmRepository/charts", "HelmChart/apps-shop", "HelmRelease/shop"}


@pytest.mark.parametrize("state", [ScopeState.FORBIDDEN, ScopeState.LISTING, None])
def test_what_cannot_be_seen_is_unknown_never_missing(graph: Ask, state: ScopeState | None) -> None:
    answer = graph(shop(), states={"Secret": state}, kind="hr", name="shop")
    token = next(node for node in answer.nodes if node.object.name == "token")
    assert token.health == "Unknown"
    assert token.reason


def test_observers_are_no_part_of_it(graph: Ask) -> None:
    watched = [{"kind": "HelmRelease", "name": "shop"}]
    alert = fleet.obj(
        "notification.toolkit.fluxcd.io/v1beta3",
        "Alert",
        "chat",
        spec={"providerRef": {"name": "chat"}, "eventSources": watched},
    )
    answer = graph([*shop(), alert], kind="hr", name="shop", direction="both")
    assert "Alert/chat" not in nodes(answer)


def test_cycles_end(graph: Ask) -> None:
    ring = [fleet.kustomization(name, dependsOn=[{"name": on}]) for name, on in (("a", "b"), ("b", "a"))]
    answer = graph([fleet.git(), *ring], kind="ks", name="a", depth=32)
    assert {
        ("Kustomization/a", "depends", "Kustomization/b"),
        ("Kustomization/b", "depends", "Kustomization/a"),
    } <= edges(answer)


def test_a_bootstrap_that_lists_itself_has_no_edge_to_itself(graph: Ask) -> None:
    top = fleet.kustomization("top", children=[fleet.kustomization("top"), fleet.git()])
    answer = graph([fleet.git(), top], kind="ks", name="top")
    assert all(edge.from_ != edge.to for edge in answer.edges)
    assert {relation for _, relation, _ in edges(answer)} == {"source", "manages", "health"}


def many(count: int) -> list[Document]:
    children = [fleet.plain("ConfigMap", f"c{number:03}", data={}) for number in range(count)]
    broken = fleet.deployment("zebra")
    return [fleet.git(), fleet.kustomization("apps", children=[*children, broken]), *children, broken]


def test_a_limit_keeps_the_nearest_and_what_is_not_well(graph: Ask) -> None:
    answer = graph(many(30), kind="ks", name="apps", limit=5)
    assert next(iter(nodes(answer))) == "Kustomization/apps"
    assert "Deployment/zebra" in nodes(answer)
    assert len(answer.nodes) == 5
    assert answer.omitted.count == 33 - 5
    assert all(max(edge.from_, edge.to) < 5 for edge in answer.edges)


def test_nothing_is_omitted_within_the_limit(graph: Ask) -> None:
    assert graph(many(3), kind="ks", name="apps").omitted.count == 0


def test_depth_is_counted_in_steps(graph: Ask) -> None:
    answer = graph(shop(), kind="hr", name="shop", depth=1)
    assert "Pod/web-6d4b75cb6d-x2x7k" not in nodes(answer)
    assert set(nodes(graph(shop(), kind="hr", name="shop", depth=0))) == {"HelmRelease/shop"}


def test_a_missing_object_can_be_asked_for(graph: Ask) -> None:
    answer = graph(shop(), kind="Secret", name="token", direction="down")
    assert nodes(answer) == {"Secret/token": "Missing", "HelmRelease/shop": "Ready"}


def test_every_cluster_has_its_own_root(tmp_path: Path) -> None:
    with view_of(tmp_path, {"eu": Cluster(shop()), "us": Cluster(shop())}) as view:
        answer = dependency_graph(view, kind="hr", name="shop")
    assert [answer.nodes[root].object.cluster for root in answer.roots] == ["eu", "us"]
    for edge in answer.edges:
        assert answer.nodes[edge.from_].object.cluster == answer.nodes[edge.to].object.cluster


def test_wrong_questions(graph: Ask) -> None:
    with pytest.raises(SelectorError, match="sideways"):
        graph(shop(), kind="hr", name="shop", direction="sideways")
    with pytest.raises(UnknownObjectError):
        graph(shop(), kind="hr", name="shoe")


@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_more_clusters_take_no_more_statements(tmp_path: Path, direction: str) -> None:
    numbers = []
    for size in (3, 7):
        clusters = [f"c{number}" for number in range(size)]
        with looked_at(tmp_path / str(size), shop(), *clusters) as view, statements(view) as asked:
            dependency_graph(view, kind="HelmRelease", name="shop", direction=direction)
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]

"""Many clusters are walked together: what is asked in one is read for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from query.results.answer import Cause
from query.root_cause import find_root_cause
from tests.query.counting import statements
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Cluster, view_of
from tests.query.root_cause.fleet import Document


def healthy() -> list[Document]:
    web = fleet.deployment(up=1)
    release = fleet.helm_release(children=[web], valuesFrom=[{"kind": "ConfigMap", "name": "values"}])
    sources = [fleet.git(), fleet.helm_repository(), fleet.helm_chart()]
    return [*sources, fleet.plain("ConfigMap", "values", data={}), release, web]


def missing_values() -> list[Document]:
    said = fleet.failed("ValuesError", "could not resolve ConfigMap chart values reference 'apps/values'")
    release = fleet.helm_release(state=said, valuesFrom=[{"kind": "ConfigMap", "name": "values"}])
    return [fleet.git(), fleet.helm_repository(), fleet.helm_chart(), release]


def crashing() -> list[Document]:
    web = fleet.deployment()
    owner = fleet.replica_set(web)
    pod = fleet.pod(owner, state=fleet.waiting("ImagePullBackOff", 'Back-off pulling image "web:2"'))
    said = fleet.failed("UpgradeFailed", "Helm upgrade failed: context deadline exceeded")
    release = fleet.helm_release(state=said, children=[web])
    warning = fleet.event(pod, "Failed", 'Failed to pull image "web:2": not found')
    return [fleet.git(), fleet.helm_repository(), fleet.helm_chart(), release, web, owner, pod, warning]


def without_index() -> list[Document]:
    gone = "failed to fetch Helm repository index: failed to fetch https://charts.example.com : 404 Not Found"
    none = "no artifact available for HelmRepository source 'charts'"
    return [
        fleet.helm_repository(state=fleet.failed("Failed", gone)),
        fleet.helm_chart(state=fleet.failed("NoSourceArtifact", none)),
        fleet.helm_release(
            state=fleet.failed("SourceNotReady", f"HelmChart 'apps/apps-shop' is not ready: {none}")
        ),
    ]


def counted(path: Path, clusters: dict[str, Sequence[Document]], name: str | None) -> tuple[int, int]:
    """(causes, statements)."""
    kind = "HelmRelease" if name else None
    synced = {cluster: Cluster(objects) for cluster, objects in clusters.items()}
    with view_of(path, synced) as view, statements(view) as asked:
        answer = find_root_cause(view, kind=kind, name=name)
    return len(answer.causes), len(asked)


@pytest.mark.parametrize("name", ["shop", None])
@pytest.mark.parametrize(
    ("made", "causes"), [(healthy, 0), (missing_values, 1), (crashing, 1), (without_index, 1)]
)
def test_more_clusters_take_no_more_statements(
    tmp_path: Path, made: Callable[[], list[Document]], causes: int, name: str | None
) -> None:
    few, many = (
        counted(tmp_path / str(size), {f"c{number}": made() for number in range(size)}, name)
        for size in (3, 7)
    )
    assert few == many
    assert few[0] == causes


def test_who_stands_otherwise_is_walked_by_itself(tmp_path: Path) -> None:
    """Together or alone, each cluster has the same cause."""
    clusters = {"a": healthy(), "b": missing_values(), "c": crashing(), "d": without_index()}
    with view_of(tmp_path / "all", {name: Cluster(objects) for name, objects in clusters.items()}) as view:
        together = find_root_cause(view, kind="HelmRelease", name="shop").causes
    alone: list[Cause] = []
    for name, objects in clusters.items():
        with view_of(tmp_path / name, {name: Cluster(objects)}) as view:
            alone += find_root_cause(view, kind="HelmRelease", name="shop").causes
    assert {(cause.object, cause.path) for cause in together} == {
        (cause.object, cause.path) for cause in alone
    }
    assert len(together) == 3

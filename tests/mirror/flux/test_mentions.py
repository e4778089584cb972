from __future__ import annotations

from typing import Any

import pytest

from mirror.flux.mentions import mentions

HELM = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "x"}}


def release(spec: Any, status: Any) -> dict[str, Any]:
    return {**HELM, "spec": spec, "status": status}


def chart(name: Any) -> dict[str, Any]:
    return {"chart": {"spec": {"chart": name}}}


OLD = {"chartName": "web", "chartVersion": "1.0.0", "status": "superseded"}
NOW = {"chartName": "web", "chartVersion": "1.1.0", "status": "deployed"}
FAILED = {"chartName": "web", "chartVersion": "2.0.0", "status": "failed"}


@pytest.mark.parametrize(
    ("spec", "status", "said"),
    [
        (chart("web"), {"history": [NOW, OLD]}, "web 1.1.0"),
        (chart("web"), {"history": [FAILED, NOW]}, "web 1.1.0"),
        (chart("web"), {"history": [FAILED]}, "web 2.0.0"),
        (chart("./charts/web/"), {}, "web"),
        ({"chartRef": {"kind": "OCIRepository", "name": "x"}}, {"history": [NOW]}, "web 1.1.0"),
        (chart("web"), {"lastAppliedRevision": "0.9.0"}, "web 0.9.0"),
        ({}, {}, None),
        (None, {"history": "odd"}, None),
        (chart(7), None, None),
    ],
)
def test_the_chart_is_the_one_that_runs(spec: Any, status: Any, said: str | None) -> None:
    assert mentions(release(spec, status)) == ((("chart", said),) if said else ())


POD = {
    "containers": [{"image": "web:1"}, {"image": "side:1"}, {"image": "web:1"}, "odd", {}],
    "initContainers": [{"image": "init:1"}],
    "ephemeralContainers": [{"image": "debug:1"}],
}


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "images"),
    [
        ("v1", "Pod", POD, ["web:1", "side:1", "init:1", "debug:1"]),
        ("apps/v1", "Deployment", {"template": {"spec": {"containers": [{"image": "a"}]}}}, ["a"]),
        ("apps/v1", "ReplicaSet", {"template": {"spec": {"containers": [{"image": "a"}]}}}, []),
        (
            "batch/v1",
            "CronJob",
            {"jobTemplate": {"spec": {"template": {"spec": POD}}}},
            ["web:1", "side:1", "init:1", "debug:1"],
        ),
        ("v1", "ConfigMap", POD, []),
        ("apps/v1", "Deployment", "odd", []),
    ],
)
def test_images_are_named_once_each(api_version: str, kind: str, spec: Any, images: list[str]) -> None:
    found = mentions({"apiVersion": api_version, "kind": kind, "spec": spec})
    assert found == tuple(("image", image) for image in images)

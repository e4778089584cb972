from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirror.store.changes import ClusterState
from query.fleet.question import fleet_status
from query.results.fleet import FluxInstallation
from tests.query.manifests import deployment, failed, helm_release, kustomization, manifest, ready
from tests.query.stores import Content, view_of

PART = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.8.1"}


def controller(name: str, tag: str, *, ok: bool = True, **content: Any) -> dict[str, Any]:
    image = f"ghcr.io/fluxcd/{name}:{tag}@sha256:{'a' * 64}"
    return deployment(name, image=image, ok=ok, namespace="flux-system", **content)


def flux_report(version: str) -> dict[str, Any]:
    spec = {"distribution": {"version": version}}
    return manifest("fluxcd.controlplane.io/v1", "FluxReport", "flux", "flux-system", spec=spec)


def flux_instance(revision: str) -> dict[str, Any]:
    status = ready(lastAppliedRevision=revision)
    return manifest("fluxcd.controlplane.io/v1", "FluxInstance", "flux", "flux-system", status=status)


LABELLED = controller("source-controller", "v1.9.4", labels=PART)
INSTANCE = flux_instance("v2.7.0@sha256:" + "b" * 64)


def installed(path: Path, *objects: dict[str, Any]) -> FluxInstallation:
    with view_of(path, {"a": Content(objects=objects)}) as view:
        return fleet_status(view).clusters[0].flux


@pytest.mark.parametrize(
    ("objects", "version"),
    [
        ([], ""),
        ([controller("source-controller", "v1.9.4")], "v2.9.x"),
        ([controller("source-controller", "v0.36.1")], ""),
        ([LABELLED], "v2.8.1"),
        ([LABELLED, INSTANCE], "v2.7.0"),
        ([flux_report("v2.6.0"), INSTANCE], "v2.6.0"),
    ],
)
def test_the_version_is_what_the_best_witness_says(
    tmp_path: Path, objects: list[dict[str, Any]], version: str
) -> None:
    assert installed(tmp_path, *objects).version == version


def test_controllers_are_found_by_name_and_label(tmp_path: Path) -> None:
    found = installed(
        tmp_path,
        controller("source-controller", "v1.9.4"),
        controller("helm-controller", "v1.6.3", ok=False),
        controller("my-controller", "v1", labels=PART),
        controller("weave-gitops", "v1"),
        flux_report("v2.9.4"),
    )
    assert [(item.name, item.ready) for item in found.controllers] == [
        ("helm-controller", False),
        ("my-controller", True),
        ("source-controller", True),
    ]
    assert found.controllers[2].image.startswith("ghcr.io/fluxcd/source-controller:v1.9.4@")
    assert found.distribution == "ghcr.io/fluxcd, managed by flux-operator"


def test_a_controller_scaled_to_zero_is_not_ready(tmp_path: Path) -> None:
    stopped = controller("source-controller", "v1.9.4")
    stopped["spec"]["replicas"] = 0
    assert [item.ready for item in installed(tmp_path, stopped).controllers] == [False]


def test_flux_in_another_namespace_is_found(tmp_path: Path) -> None:
    elsewhere = [
        deployment(name, image=f"mirror.local:5000/{name}:v1.9.0", namespace="gitops")
        for name in ("source-controller", "kustomize-controller", "web")
    ]
    found = installed(tmp_path, *elsewhere)
    assert [item.name for item in found.controllers] == ["kustomize-controller", "source-controller"]
    assert (found.version, found.distribution) == ("v2.9.x", "mirror.local:5000")


def test_kinds_are_counted_by_health(tmp_path: Path) -> None:
    waiting = failed("DependencyNotReady", "dependency 'flux-system/x' is not ready")
    objects = [
        kustomization("one"),
        kustomization("two", suspend=True),
        kustomization("three", status=failed("BuildFailed", "no")),
        kustomization("four", status=waiting),
        kustomization("five", status={"observedGeneration": -1}),
        helm_release(),
        flux_report("v2.9.4"),
    ]
    with view_of(tmp_path, {"a": Content(objects=objects)}) as view:
        (cluster,) = fleet_status(view).clusters
    counts = [
        (k.kind, k.total, k.ready, k.failing, k.progressing, k.suspended, k.unknown) for k in cluster.kinds
    ]
    assert counts == [("HelmRelease", 1, 1, 0, 0, 0, 0), ("Kustomization", 5, 1, 1, 1, 1, 1)]


def test_failing_flux_objects_and_workloads_are_listed_with_their_words(tmp_path: Path) -> None:
    pod = manifest("v1", "Pod", "web-1", status={"phase": "Failed", "reason": "Evicted"})
    objects = [
        deployment("web", ok=False),
        kustomization("apps", status=failed("BuildFailed", "no such file")),
        helm_release("new", status=failed("InstallFailed", "x", "2026-11-18T12:00:00Z")),
        pod,
    ]
    with view_of(tmp_path, {"a": Content(objects=objects), "b": Content()}) as view:
        answer = fleet_status(view)
    found = [(item.object.kind, item.reason, item.since) for item in answer.clusters[0].failing]
    assert found == [
        ("Kustomization", "BuildFailed", "2026-11-18T11:00:00Z"),
        ("HelmRelease", "InstallFailed", "2026-11-18T12:00:00Z"),
        ("Deployment", "ProgressDeadlineExceeded", ""),
    ]
    assert answer.clusters[0].failing[0].message == "no such file"
    assert answer.clusters[1].failing == ()
    assert not answer.healthy


def broken(count: int, prefix: str = "ks") -> list[dict[str, Any]]:
    text = "path '{}' not found"
    names = [f"{prefix}-{number}" for number in range(count)]
    return [kustomization(name, status=failed("BuildFailed", text.format(name))) for name in names]


def test_a_limit_gives_every_failing_cluster_its_share(tmp_path: Path) -> None:
    fleet = {"a": Content(objects=broken(5, "a")), "b": Content(objects=broken(1, "b")), "c": Content()}
    with view_of(tmp_path, fleet) as view:
        answer = fleet_status(view, limit=3)
        everything = fleet_status(view, limit=0)
    assert [len(cluster.failing) for cluster in answer.clusters] == [2, 1, 0]
    assert answer.omitted.count == 3
    assert [len(cluster.failing) for cluster in everything.clusters] == [5, 1, 0]
    assert everything.omitted.count == 0


def test_the_same_failure_in_several_clusters_is_an_incident(tmp_path: Path) -> None:
    fleet = {name: Content(objects=broken(1)) for name in ("a", "b", "c")}
    fleet["c"] = Content(objects=[*fleet["c"].objects, *broken(1, "other")])
    with view_of(tmp_path, fleet) as view:
        (incident,) = fleet_status(view).incidents
    assert (incident.clusters, incident.count) == (("a", "b", "c"), 3)
    assert incident.cause == "BuildFailed: path 'ks-0' not found"


def test_a_cluster_that_cannot_be_asked_is_still_named(tmp_path: Path) -> None:
    away = Content(state=ClusterState.UNREACHABLE, served=(), confirmed_at=None, error="no route to host")
    with view_of(tmp_path, {"a": Content(objects=[helm_release()]), "b": away}) as view:
        answer = fleet_status(view)
    assert [cluster.cluster for cluster in answer.clusters] == ["a", "b"]
    assert answer.clusters[1].kinds == ()
    assert (answer.freshness[1].state, answer.freshness[1].error) == ("unreachable", "no route to host")

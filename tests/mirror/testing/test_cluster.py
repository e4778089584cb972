"""The state of a cluster, driven directly."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.keys import GroupKind, ObjectKey, Resource
from mirror.testing import FakeCluster, ManualClock, StatusError, crd, flux_crds
from mirror.testing.etcd import Change, Collection
from tests.mirror.testing.api import configmap, pod, widget

A = ObjectKey("", "ConfigMap", "default", "a")
W = ObjectKey("lab.example.com", "Widget", "default", "w")


@pytest.fixture
def lab(cluster: FakeCluster) -> FakeCluster:
    cluster.create(crd("lab.example.com", "Widget", "widgets"))
    return cluster


def test_the_identity_of_a_cluster_comes_from_its_name(clock: ManualClock) -> None:
    assert FakeCluster("a", clock=clock).uid == FakeCluster("a", clock=clock).uid
    assert FakeCluster("a", clock=clock).uid != FakeCluster("b", clock=clock).uid


def test_resource_versions_start_high_and_only_grow(cluster: FakeCluster) -> None:
    versions = [int(cluster.apply(configmap(name))["metadata"]["resourceVersion"]) for name in "abca"]
    assert versions[0] > 1000
    assert versions == [
        versions[0],
        versions[0] + 1,
        versions[0] + 2,
        versions[0],
    ]  # the last changed nothing


def test_a_copy_does_not_reach_into_the_cluster(cluster: FakeCluster) -> None:
    copy = cluster.create(configmap("a", key="1"))
    copy["data"]["key"] = "2"
    cluster.get(A)["data"]["key"] = "3"
    assert cluster.get(A)["data"] == {"key": "1"}


def test_a_missing_namespace_is_created_on_the_way(cluster: FakeCluster) -> None:
    cluster.create(configmap("a", "apps"))
    assert cluster.exists(ObjectKey("", "Namespace", "", "apps"))


def test_generation_counts_changes_outside_metadata_and_status(lab: FakeCluster) -> None:
    assert lab.create(widget("w", size=1))["metadata"]["generation"] == 1
    assert lab.patch_status(W, {"ready": True})["metadata"]["generation"] == 1
    assert lab.patch(W, {"metadata": {"annotations": {"a": "b"}}})["metadata"]["generation"] == 1
    assert lab.patch(W, {"spec": {"size": 2}})["metadata"]["generation"] == 2
    assert "generation" not in lab.create(configmap("a"))["metadata"]


def test_apply_keeps_the_status_that_a_manifest_does_not_have(lab: FakeCluster) -> None:
    lab.create(widget("w", size=1))
    lab.patch_status(W, {"ready": True})
    assert lab.apply(widget("w", size=2))["status"] == {"ready": True}
    assert lab.apply(widget("w", size=2) | {"status": {}})["status"] == {}


def test_update_conflicts_with_an_older_read(cluster: FakeCluster) -> None:
    read = cluster.create(configmap("a"))
    cluster.patch(A, {"data": {"key": "1"}})
    with pytest.raises(StatusError, match="has been modified") as error:
        cluster.update(read)
    assert error.value.status == 409


@pytest.mark.parametrize(
    ("obj", "status"),
    [
        pytest.param(widget("w"), 404, id="kind not served"),
        pytest.param(configmap("a") | {"apiVersion": "v2"}, 400, id="version not served"),
        pytest.param({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}, 422, id="no namespace"),
        pytest.param(pod("there"), 409, id="exists"),
    ],
)
def test_what_cannot_be_created_is_a_status_error(
    cluster: FakeCluster, obj: dict[str, Any], status: int
) -> None:
    cluster.create(pod("there"))
    with pytest.raises(StatusError) as error:
        cluster.create(obj)
    assert error.value.status == status


def test_what_is_not_there_is_a_404(cluster: FakeCluster) -> None:
    for call in (cluster.get, cluster.delete):
        with pytest.raises(StatusError, match='configmaps "a" not found'):
            call(A)


def test_load_keeps_the_recorded_identity(lab: FakeCluster) -> None:
    seen = widget("w")
    seen["metadata"] |= {"uid": "u1", "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 7}
    assert lab.load(seen)["metadata"]["generation"] == 7
    later = lab.load(seen | {"spec": {"size": 2}, "metadata": seen["metadata"] | {"generation": 8}})
    assert (later["metadata"]["uid"], later["metadata"]["generation"]) == ("u1", 8)
    changes: list[str] = []
    lab.subscribe(lambda collection, change: changes.append(change.type))
    lab.load(seen | {"metadata": seen["metadata"] | {"uid": "u2"}})
    assert changes == ["DELETED", "ADDED"]


def test_a_subscriber_sees_each_write_and_may_write_itself(lab: FakeCluster) -> None:
    seen: list[str] = []

    def controller(collection: Collection, change: Change) -> None:
        seen.append(f"{change.type} {change.stored.name}")
        if lab.exists(W):
            lab.patch_status(W, {"ready": True})

    lab.subscribe(controller)
    lab.create(widget("w"))
    assert seen == ["ADDED w", "MODIFIED w"]
    assert lab.get(W)["status"] == {"ready": True}


def test_deleting_a_crd_takes_its_objects_along(lab: FakeCluster) -> None:
    lab.create(widget("w"))
    lab.delete(ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.lab.example.com"))
    assert not lab.serves("lab.example.com", "Widget")
    lab.create(crd("lab.example.com", "Widget", "widgets"))
    assert lab.list("lab.example.com", "Widget") == []


def test_register_adds_versions(cluster: FakeCluster) -> None:
    for version in ("v1beta1", "v1"):
        cluster.register(Resource("lab.example.com", version, "Widget", "widgets", True))
    assert cluster.create(widget("w", version="v1beta1"))["apiVersion"] == "lab.example.com/v1"
    cluster.unregister("lab.example.com", "widgets")
    assert not cluster.serves("lab.example.com", "Widget")


def test_restore_forgets_kinds_that_came_later(cluster: FakeCluster) -> None:
    backup = cluster.rv
    cluster.create(crd("lab.example.com", "Widget", "widgets"))
    cluster.create(widget("w"))
    cluster.restore(backup)
    assert not cluster.serves("lab.example.com", "Widget")


def test_all_flux_kinds_are_ready_made(cluster: FakeCluster) -> None:
    for kind, definition in flux_crds().items():
        cluster.create(definition)
        assert cluster.serves(*kind)
    assert len(flux_crds()) == 19
    alert = cluster.registry.collection("notification.toolkit.fluxcd.io", "Alert").kind
    assert (alert.versions, alert.status) == (("v1beta3",), False)
    release = flux_crds()[GroupKind("helm.toolkit.fluxcd.io", "HelmRelease")]
    assert release["spec"]["names"]["shortNames"] == ["hr"]


def test_restore_brings_back_a_kind_without_its_objects(lab: FakeCluster) -> None:
    backup = lab.rv
    lab.delete(ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.lab.example.com"))
    lab.restore(backup)
    assert lab.list("lab.example.com", "Widget") == []

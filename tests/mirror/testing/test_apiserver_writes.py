"""POST, PUT, PATCH and DELETE as clients of real API servers know them."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.keys import ObjectKey
from mirror.testing import FakeCluster, ManualClock, crd
from tests.mirror.testing.api import CONFIGMAPS, Api, configmap, pod, widget

pytestmark = pytest.mark.anyio

HERE = "/api/v1/namespaces/default/configmaps"
WIDGETS = "/apis/lab.example.com/v1/namespaces/default/widgets"


@pytest.fixture
def lab(cluster: FakeCluster) -> FakeCluster:
    cluster.create(crd("lab.example.com", "Widget", "widgets"))
    return cluster


async def test_create_fills_in_what_a_server_fills_in(
    cluster: FakeCluster, clock: ManualClock, api: Api
) -> None:
    answer = await api.request("POST", HERE, None, configmap("a", key="1"))
    metadata = answer.json["metadata"]
    assert answer.status == 201
    assert metadata["resourceVersion"] == str(cluster.rv)
    assert metadata["creationTimestamp"] == "2026-11-18T11:06:40Z"
    assert len(metadata["uid"]) == 36
    assert "generation" not in metadata
    assert (await api.get(f"{HERE}/a")).json["data"] == {"key": "1"}


async def test_create_refuses_what_a_server_refuses(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a"))
    exists = await api.request("POST", HERE, None, configmap("a"))
    assert (exists.status, exists.json["reason"]) == (409, "AlreadyExists")
    assert exists.json["message"] == 'configmaps "a" already exists'
    nowhere = await api.request("POST", "/api/v1/namespaces/no/configmaps", None, configmap("a", "no"))
    assert (nowhere.status, nowhere.json["message"]) == (404, 'namespaces "no" not found')
    elsewhere = await api.request("POST", HERE, None, configmap("b", "other"))
    assert elsewhere.status == 400
    nameless = await api.request("POST", HERE, None, {**configmap(""), "metadata": {}})
    assert (nameless.status, nameless.json["details"]["causes"][0]["field"]) == (422, "metadata.name")
    assert (await api.request("POST", HERE, None, pod("p"))).status == 400
    assert (await api.request("POST", HERE, None, b"{")).status == 400
    assert (await api.request("POST", CONFIGMAPS, None, configmap("a"))).status == 405
    yaml = {"Content-Type": "application/yaml"}
    assert (await api.request("POST", HERE, yaml, b"a: b")).status == 415


async def test_a_generated_name(api: Api) -> None:
    body: dict[str, Any] = configmap("")
    body["metadata"] = {"generateName": "run-"}
    first = (await api.request("POST", HERE, None, body)).json["metadata"]["name"]
    second = (await api.request("POST", HERE, None, body)).json["metadata"]["name"]
    assert first.startswith("run-")
    assert first != second


async def test_generation_counts_the_spec_only(lab: FakeCluster, api: Api) -> None:
    created = (
        await api.request("POST", WIDGETS, None, widget("w", size=1) | {"status": {"ready": True}})
    ).json
    assert created["metadata"]["generation"] == 1
    assert "status" not in created
    labelled = await api.merge(f"{WIDGETS}/w", {"metadata": {"labels": {"a": "b"}}})
    assert labelled.json["metadata"]["generation"] == 1
    resized = await api.merge(f"{WIDGETS}/w", {"spec": {"size": 2}})
    assert resized.json["metadata"]["generation"] == 2


async def test_the_status_is_written_through_its_subresource_only(lab: FakeCluster, api: Api) -> None:
    lab.create(widget("w", size=1))
    ignored = await api.merge(f"{WIDGETS}/w", {"status": {"ready": True}})
    assert "status" not in ignored.json
    written = (await api.merge(f"{WIDGETS}/w/status", {"status": {"ready": True}, "spec": {"size": 9}})).json
    assert (written["status"], written["spec"], written["metadata"]["generation"]) == (
        {"ready": True},
        {"size": 1},
        1,
    )
    put = written | {"spec": {"size": 3}, "status": {"ready": False}}
    assert (await api.request("PUT", f"{WIDGETS}/w", None, put)).json["status"] == {"ready": True}
    assert (await api.merge(f"{HERE}/none/status", {})).status == 404


async def test_a_kind_without_a_status_subresource_has_none(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a"))
    assert (await api.merge(f"{HERE}/a/status", {"status": {}})).status == 404
    assert (await api.get(f"{HERE}/a/status")).status == 404


async def test_put_replaces_and_conflicts(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a", old="1"))
    read = (await api.get(f"{HERE}/a")).json
    replaced = await api.request("PUT", f"{HERE}/a", None, read | {"data": {"new": "1"}})
    assert replaced.json["data"] == {"new": "1"}
    assert replaced.json["metadata"]["uid"] == read["metadata"]["uid"]
    stale = await api.request("PUT", f"{HERE}/a", None, read | {"data": {}})
    assert (stale.status, stale.json["reason"]) == (409, "Conflict")
    assert stale.json["message"].endswith("please apply your changes to the latest version and try again")
    assert (await api.request("PUT", f"{HERE}/b", None, read)).status == 404
    other = read | {"metadata": read["metadata"] | {"name": "b"}}
    assert (await api.request("PUT", f"{HERE}/a", None, other)).status == 400


async def test_put_of_a_custom_object_needs_its_resource_version(lab: FakeCluster, api: Api) -> None:
    lab.create(widget("w"))
    answer = await api.request("PUT", f"{WIDGETS}/w", None, widget("w", size=2))
    assert (answer.status, answer.json["reason"]) == (422, "Invalid")
    assert "must be specified for an update" in answer.json["message"]


async def test_a_merge_patch_removes_with_null(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a", x="1", y="2"))
    assert (await api.merge(f"{HERE}/a", {"data": {"x": None, "z": "3"}})).json["data"] == {
        "y": "2",
        "z": "3",
    }
    old = await api.merge(f"{HERE}/a", {"metadata": {"resourceVersion": "1"}})
    assert old.status == 409


async def test_other_patch_types_are_refused(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a"))
    for kind in ("application/json-patch+json", "application/apply-patch+yaml"):
        answer = await api.request("PATCH", f"{HERE}/a", {"Content-Type": kind}, {})
        assert (answer.status, answer.json["reason"]) == (415, "UnsupportedMediaType")


async def test_a_patch_that_changes_nothing_keeps_the_resource_version(
    cluster: FakeCluster, api: Api
) -> None:
    rv = cluster.create(configmap("a", x="1"))["metadata"]["resourceVersion"]
    answer = await api.merge(f"{HERE}/a", {"data": {"x": "1"}})
    assert (answer.status, answer.json["metadata"]["resourceVersion"]) == (200, rv)


async def test_delete(cluster: FakeCluster, api: Api) -> None:
    uid = cluster.create(configmap("a"))["metadata"]["uid"]
    wrong = await api.request("DELETE", f"{HERE}/a", None, {"preconditions": {"uid": "another"}})
    assert wrong.status == 409
    gone = await api.request("DELETE", f"{HERE}/a", None, {"preconditions": {"uid": uid}})
    assert (gone.json["status"], gone.json["details"]["uid"]) == ("Success", uid)
    assert (await api.request("DELETE", f"{HERE}/a")).status == 404


async def test_finalizers_hold_an_object_until_they_are_gone(lab: FakeCluster, api: Api) -> None:
    body = widget("w")
    body["metadata"]["finalizers"] = ["finalizers.fluxcd.io"]
    lab.create(body)
    marked = (await api.request("DELETE", f"{WIDGETS}/w")).json
    assert "deletionTimestamp" in marked["metadata"]
    assert (await api.get(f"{WIDGETS}/w")).status == 200
    await api.merge(f"{WIDGETS}/w", {"metadata": {"finalizers": None}})
    assert (await api.get(f"{WIDGETS}/w")).status == 404


async def test_a_dry_run_answers_and_changes_nothing(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a", x="1"))
    rv = cluster.rv
    assert (await api.request("POST", HERE, None, configmap("b"), dryRun="All")).status == 201
    patched = await api.merge(f"{HERE}/a", {"data": {"x": "2"}}, dryRun="All")
    assert patched.json["data"] == {"x": "2"}
    assert (await api.request("DELETE", f"{HERE}/a", dryRun="All")).status == 200
    assert cluster.rv == rv
    assert cluster.get(ObjectKey("", "ConfigMap", "default", "a"))["data"] == {"x": "1"}
    assert (await api.merge(f"{HERE}/a", {}, dryRun="Some")).status == 422


async def test_a_deleted_namespace_takes_its_objects_with_it(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("a", "apps"))
    async with api.watch(CONFIGMAPS, resourceVersion=str(cluster.rv)) as watch:
        await api.request("DELETE", "/api/v1/namespaces/apps")
        assert (await watch.short()).startswith("DELETED a")
    assert (await api.get("/api/v1/namespaces/apps")).status == 404


async def test_an_object_is_what_its_url_names(cluster: FakeCluster, api: Api) -> None:
    read = cluster.create(configmap("a"))
    for change in ({"kind": "Secret"}, {"apiVersion": "v2"}):
        assert (await api.request("PUT", f"{HERE}/a", None, read | change)).status == 400
    other = read | {"metadata": read["metadata"] | {"uid": "of-another-life"}}
    assert (await api.request("PUT", f"{HERE}/a", None, other)).status == 409
    assert (await api.request("DELETE", HERE)).status == 405
    assert (await api.get("/api/v1/namespaces/default/nodes")).status == 404


async def test_deleting_twice_waits_for_the_same_finalizers(lab: FakeCluster, api: Api) -> None:
    body = widget("w")
    body["metadata"]["finalizers"] = ["finalizers.fluxcd.io"]
    lab.create(body)
    first = (await api.request("DELETE", f"{WIDGETS}/w")).json
    assert (await api.request("DELETE", f"{WIDGETS}/w")).json == first

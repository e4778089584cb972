"""LIST as clients of real API servers know it."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from mirror.keys import ObjectKey
from mirror.testing import Behaviour, FakeAPIServer, FakeCluster, crd
from tests.mirror.testing.api import CONFIGMAPS, PODS, WIDGETS, Api, configmap, pod, widget

pytestmark = pytest.mark.anyio

PARTIAL = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


@pytest.fixture
def five(cluster: FakeCluster) -> FakeCluster:
    for name in ("d", "b", "a", "e", "c"):
        cluster.create(configmap(name, key=name))
    return cluster


async def test_a_list_has_the_servers_resource_version_and_key_order(five: FakeCluster, api: Api) -> None:
    answer = await api.get(CONFIGMAPS)
    assert answer.status == 200
    assert answer.names == ["a", "b", "c", "d", "e"]
    assert answer.rv == str(five.rv)
    assert answer.json["kind"] == "ConfigMapList"
    assert "continue" not in answer.json["metadata"]


async def test_an_empty_list_has_items_and_a_resource_version(cluster: FakeCluster, api: Api) -> None:
    answer = await api.get(PODS)
    assert answer.json["items"] == []
    assert answer.rv == str(cluster.rv)


async def test_keys_are_ordered_as_etcd_orders_them(cluster: FakeCluster, api: Api) -> None:
    for namespace in ("a", "a-b", "a0"):
        cluster.create(configmap("x", namespace))
    answer = await api.get(CONFIGMAPS)
    assert [item["metadata"]["namespace"] for item in answer.json["items"]] == ["a-b", "a", "a0"]
    only = await api.get("/api/v1/namespaces/a/configmaps")
    assert [item["metadata"]["namespace"] for item in only.json["items"]] == ["a"]


async def test_items_of_built_in_kinds_lack_api_version_and_kind(five: FakeCluster, api: Api) -> None:
    item = (await api.get(CONFIGMAPS)).json["items"][0]
    assert sorted(item) == ["data", "metadata"]


async def test_items_of_custom_kinds_carry_them(cluster: FakeCluster, api: Api) -> None:
    cluster.create(crd("lab.example.com", "Widget", "widgets"))
    cluster.create(widget("w"))
    answer = await api.get(WIDGETS)
    item = answer.json["items"][0]
    assert (item["apiVersion"], item["kind"]) == ("lab.example.com/v1", "Widget")
    assert answer.json["metadata"]["continue"] == ""
    assert list(answer.json) == ["apiVersion", "items", "kind", "metadata"]


async def test_pages_are_one_snapshot(five: FakeCluster, api: Api) -> None:
    first = await api.get(CONFIGMAPS, limit="2")
    assert first.names == ["a", "b"]
    assert first.json["metadata"]["remainingItemCount"] == 3
    five.create(configmap("c0"))
    five.delete(ObjectKey("", "ConfigMap", "default", "d"))
    five.apply(configmap("e", key="changed"))
    second = await api.get(CONFIGMAPS, limit="2", **{"continue": first.json["metadata"]["continue"]})
    third = await api.get(CONFIGMAPS, limit="2", **{"continue": second.json["metadata"]["continue"]})
    assert second.names + third.names == ["c", "d", "e"]
    assert third.json["items"][-1]["data"] == {"key": "e"}
    assert {first.rv, second.rv, third.rv} == {first.rv}
    assert "continue" not in third.json["metadata"]


async def test_a_last_full_page_has_no_token(five: FakeCluster, api: Api) -> None:
    answer = await api.get(CONFIGMAPS, limit="5")
    assert len(answer.names) == 5
    assert "continue" not in answer.json["metadata"]


async def test_a_compacted_token_is_410_with_a_fresh_one(
    five: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    first = await api.get(CONFIGMAPS, limit="2")
    five.delete(ObjectKey("", "ConfigMap", "default", "d"))
    server.faults.compact()
    expired = await api.get(CONFIGMAPS, limit="2", **{"continue": first.json["metadata"]["continue"]})
    assert expired.status == 410
    assert expired.json["reason"] == "Expired"
    rest = await api.get(CONFIGMAPS, **{"continue": expired.json["metadata"]["continue"]})
    assert rest.names == ["c", "e"]
    assert rest.rv == str(five.rv)


async def test_a_token_expires_when_the_kinds_history_is_trimmed(api: Api) -> None:
    cluster = FakeCluster("short", history=3)
    async with FakeAPIServer(cluster) as other:
        for name in "abcd":
            cluster.create(configmap(name))
        near = Api(api.session, other.url)
        first = await near.get(CONFIGMAPS, limit="2")
        for value in "1234":
            cluster.apply(configmap("a", key=value))
        second = await near.get(CONFIGMAPS, **{"continue": first.json["metadata"]["continue"]})
    assert second.status == 410


async def test_expired_tokens_do_not_touch_new_lists(
    five: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    first = await api.get(CONFIGMAPS, limit="2")
    server.faults.expire_continue_tokens()
    old = await api.get(CONFIGMAPS, **{"continue": first.json["metadata"]["continue"]})
    again = await api.get(CONFIGMAPS, limit="2")
    rest = await api.get(CONFIGMAPS, **{"continue": again.json["metadata"]["continue"]})
    assert (old.status, rest.status) == (410, 200)


@pytest.mark.parametrize("token", ["!", "e30", base64.b64encode(b"[]").decode()])
async def test_a_token_of_junk_is_400(api: Api, token: str) -> None:
    answer = await api.get(CONFIGMAPS, **{"continue": token})
    assert answer.status == 400
    assert answer.json["message"].startswith("continue key is not valid")


async def test_a_continue_token_forbids_a_resource_version(five: FakeCluster, api: Api) -> None:
    first = await api.get(CONFIGMAPS, limit="2")
    answer = await api.get(
        CONFIGMAPS, resourceVersion="5", **{"continue": first.json["metadata"]["continue"]}
    )
    assert (answer.status, answer.json["message"]) == (
        400,
        "specifying resource version is not allowed when using continue",
    )


async def test_resource_version_0_ignores_the_limit(five: FakeCluster, api: Api) -> None:
    assert len((await api.get(CONFIGMAPS, resourceVersion="0", limit="2")).names) == 5


async def test_without_a_watch_cache_resource_version_0_is_paged(
    five: FakeCluster, behaviour: Behaviour, api: Api
) -> None:
    behaviour.watch_cache = False
    assert len((await api.get(CONFIGMAPS, resourceVersion="0", limit="2")).names) == 2


async def test_not_older_than_serves_the_present(five: FakeCluster, api: Api) -> None:
    answer = await api.get(CONFIGMAPS, resourceVersion="1005", resourceVersionMatch="NotOlderThan")
    assert (len(answer.names), answer.rv) == (5, str(five.rv))


async def test_exact_serves_the_past(five: FakeCluster, api: Api) -> None:
    past = five.rv
    five.delete(ObjectKey("", "ConfigMap", "default", "a"))
    answer = await api.get(CONFIGMAPS, resourceVersion=str(past), resourceVersionMatch="Exact")
    assert (answer.names, answer.rv) == (["a", "b", "c", "d", "e"], str(past))


async def test_an_unset_match_with_a_limit_is_exact(five: FakeCluster, api: Api) -> None:
    past = five.rv
    five.delete(ObjectKey("", "ConfigMap", "default", "a"))
    answer = await api.get(CONFIGMAPS, resourceVersion=str(past), limit="2")
    assert (answer.names, answer.rv) == (["a", "b"], str(past))


async def test_exact_of_a_forgotten_version_is_410(
    five: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    past = str(five.rv)
    server.faults.compact()
    answer = await api.get(CONFIGMAPS, resourceVersion=past, resourceVersionMatch="Exact")
    assert (answer.status, answer.json["reason"], answer.json["code"]) == (410, "Expired", 410)


@pytest.mark.parametrize("match", ["", "NotOlderThan", "Exact"])
async def test_a_future_version_is_504_too_large(five: FakeCluster, api: Api, match: str) -> None:
    query = {"resourceVersionMatch": match} if match else {}
    answer = await api.get(CONFIGMAPS, resourceVersion=str(five.rv + 1), **query)
    assert (answer.status, answer.json["reason"]) == (504, "Timeout")
    assert answer.json["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert answer.headers["Retry-After"] == "1"
    assert answer.json["message"] == f"Timeout: Too large resource version: {five.rv + 1}, current: {five.rv}"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"resourceVersionMatch": "Exact"}, "forbidden unless resourceVersion is provided"),
        ({"resourceVersionMatch": "Exact", "resourceVersion": "0"}, '"exact" is forbidden'),
        ({"resourceVersionMatch": "Newest", "resourceVersion": "5"}, 'Unsupported value: "Newest"'),
        ({"resourceVersionMatch": "Exact", "continue": "x"}, "forbidden when continue is provided"),
        ({"sendInitialEvents": "true"}, "sendInitialEvents is forbidden for list"),
    ],
)
async def test_forbidden_combinations_are_422(api: Api, query: dict[str, str], text: str) -> None:
    answer = await api.get(CONFIGMAPS, **query)
    assert (answer.status, answer.json["reason"]) == (422, "Invalid")
    assert answer.json["message"].startswith('ListOptions.meta.k8s.io "" is invalid: ')
    assert text in answer.json["message"]


@pytest.mark.parametrize("query", [{"resourceVersion": "abc"}, {"limit": "many"}])
async def test_unreadable_numbers_are_400(api: Api, query: dict[str, str]) -> None:
    assert (await api.get(CONFIGMAPS, **query)).status == 400


async def test_metadata_only_is_a_list_of_partial_objects(cluster: FakeCluster, api: Api) -> None:
    cluster.create(pod("p", app="web"))
    answer = await api.get(PODS, {"Accept": PARTIAL})
    assert (answer.json["kind"], answer.json["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    item = answer.json["items"][0]
    assert sorted(item) == ["apiVersion", "kind", "metadata"]
    assert (item["kind"], item["metadata"]["labels"]) == ("PartialObjectMetadata", {"app": "web"})


@pytest.mark.parametrize(
    "accept",
    ["application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "application/vnd.kubernetes.protobuf"],
)
async def test_what_cannot_be_served_is_406(api: Api, accept: str) -> None:
    answer = await api.get(PODS, {"Accept": accept})
    assert (answer.status, answer.json["reason"]) == (406, "NotAcceptable")


async def test_tables_and_protobuf_are_passed_over(cluster: FakeCluster, api: Api) -> None:
    accept = (
        "application/json;as=Table;v=v1;g=meta.k8s.io, application/vnd.kubernetes.protobuf, application/json"
    )
    assert (await api.get(PODS, {"Accept": accept})).json["kind"] == "PodList"


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=web", ["p1", "p3"]),
        ("app==web,tier!=front", ["p3"]),
        ("app in (web, db),tier", ["p1"]),
        ("app notin (web)", ["p2", "p4"]),
        ("!app", ["p4"]),
    ],
)
async def test_label_selectors(cluster: FakeCluster, api: Api, selector: str, names: list[str]) -> None:
    cluster.create(pod("p1", app="web", tier="front"))
    cluster.create(pod("p2", app="db"))
    cluster.create(pod("p3", app="web"))
    cluster.create(pod("p4"))
    assert (await api.get(PODS, labelSelector=selector)).names == names


async def test_field_selectors(five: FakeCluster, api: Api) -> None:
    five.create(configmap("a", "other"))
    assert (await api.get(CONFIGMAPS, fieldSelector="metadata.name=b")).names == ["b"]
    both = await api.get(CONFIGMAPS, fieldSelector="metadata.name=a,metadata.namespace!=default")
    assert both.names == ["a"]
    assert both.json["items"][0]["metadata"]["namespace"] == "other"
    bad = await api.get(CONFIGMAPS, fieldSelector="data.key=b")
    assert (bad.status, bad.json["message"]) == (400, "field label not supported: data.key")


async def test_selected_pages_have_no_remaining_count(cluster: FakeCluster, api: Api) -> None:
    for name in "abc":
        cluster.create(pod(name, app="web"))
    first = await api.get(PODS, labelSelector="app=web", limit="2")
    assert first.names == ["a", "b"]
    assert "remainingItemCount" not in first.json["metadata"]
    rest = await api.get(PODS, labelSelector="app=web", **{"continue": first.json["metadata"]["continue"]})
    assert rest.names == ["c"]


async def test_large_lists_are_compressed_when_accepted(cluster: FakeCluster, api: Api) -> None:
    cluster.create(configmap("big", text="x" * 200_000))
    packed = await api.get(CONFIGMAPS, {"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = await api.get(CONFIGMAPS)
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.raw) == plain.raw
    small = await api.get(PODS, {"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


async def test_get_one(five: FakeCluster, api: Api) -> None:
    one = (await api.get("/api/v1/namespaces/default/configmaps/a")).json
    assert (one["kind"], one["apiVersion"], one["data"]) == ("ConfigMap", "v1", {"key": "a"})
    missing = await api.get("/api/v1/namespaces/default/configmaps/zz")
    assert (missing.status, missing.json["message"]) == (404, 'configmaps "zz" not found')
    assert missing.json["details"] == {"name": "zz", "kind": "configmaps"}


async def test_get_one_metadata_only(five: FakeCluster, api: Api) -> None:
    accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    one = (await api.get("/api/v1/namespaces/default/configmaps/a", {"Accept": accept})).json
    assert (one["kind"], sorted(one)) == ("PartialObjectMetadata", ["apiVersion", "kind", "metadata"])


async def test_a_missing_resource_is_a_status_in_built_in_groups_and_plain_text_elsewhere(api: Api) -> None:
    built_in = await api.get("/api/v1/foos")
    assert (built_in.status, built_in.json["reason"]) == (404, "NotFound")
    custom = await api.get("/apis/lab.example.com/v1/widgets")
    assert (custom.status, custom.raw) == (404, b"404 page not found\n")
    assert custom.headers["Content-Type"].startswith("text/plain")


async def test_a_deleted_namespace_lists_as_empty(api: Api) -> None:
    answer = await api.get("/api/v1/namespaces/never/configmaps")
    assert (answer.status, answer.json["items"]) == (200, [])


async def test_non_ascii_text_and_line_separators_survive(cluster: FakeCluster, api: Api) -> None:
    text = "Grüße \u2028 \u0085 \U0001f6a2 </script>"
    cluster.create(configmap("text", value=text))
    assert (await api.get(CONFIGMAPS)).json["items"][0]["data"]["value"] == text


async def test_a_list_is_valid_json_in_every_form(five: FakeCluster, api: Api) -> None:
    for accept in ("application/json", PARTIAL):
        for query in ({}, {"limit": "1"}, {"labelSelector": "none=x"}):
            json.loads((await api.get(CONFIGMAPS, {"Accept": accept}, **query)).raw)

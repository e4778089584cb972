"""Pages and events are of the kind that was asked for, or an error; never an empty list by mistake."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from mirror.errors import ApiError, ExpiredError, ForbiddenError, MirrorError, ProtocolError
from mirror.keys import Resource
from mirror.kube.frames import EventType, FrameDecoder, Page, WatchEvent
from tests.mirror.kube.wire import status

CHART = Resource("source.toolkit.fluxcd.io", "v1", "HelmChart", "helmcharts", True)
SECRET = Resource("", "v1", "Secret", "secrets", True)
FULL = FrameDecoder(CHART, where="here")
HEADS = FrameDecoder(SECRET, metadata_only=True)


def chart(name: str = "a", version: str = "5", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": CHART.api_version,
        "kind": "HelmChart",
        "metadata": {"name": name, "resourceVersion": version},
    } | more


def listing(*items: dict[str, Any], kind: str = "HelmChartList", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": CHART.api_version,
        "kind": kind,
        "metadata": {"resourceVersion": "100"},
        "items": items,
    } | more


def page(document: Any, decoder: FrameDecoder = FULL) -> Page:
    return decoder.page(document if isinstance(document, bytes) else json.dumps(document).encode())


def event(kind: str, body: Any, decoder: FrameDecoder = FULL) -> WatchEvent | None:
    return decoder.event(json.dumps({"type": kind, "object": body}).encode())


def test_a_page_with_its_marks() -> None:
    metadata = {"resourceVersion": "100", "continue": "next", "remainingItemCount": 7}
    got = page(listing(chart("a"), chart("b"), metadata=metadata))
    assert [item["metadata"]["name"] for item in got.items] == ["a", "b"]
    assert got[1:] == ("100", "next", 7)
    assert page(listing()) == ([], "100", "", None)


@pytest.mark.parametrize("items", [None, []])
def test_an_empty_list_may_be_null(items: list[Any] | None) -> None:
    assert page(listing() | {"items": items}).items == []


def test_items_of_typed_lists_get_their_kind() -> None:
    bare = {"metadata": {"name": "a"}}
    got = page(listing(bare)).items[0]
    assert (got["apiVersion"], got["kind"]) == (CHART.api_version, "HelmChart")
    assert page(listing(chart(), kind="List", apiVersion="v1")).items[0]["kind"] == "HelmChart"


@pytest.mark.parametrize(
    "document",
    [
        listing(kind="HelmRepositoryList"),
        listing(kind="HelmChart"),
        listing(kind="Table", apiVersion="meta.k8s.io/v1"),
        listing(kind="PartialObjectMetadataList", apiVersion="meta.k8s.io/v1"),
        listing(apiVersion="source.toolkit.fluxcd.io/v1beta2"),
        listing(kind=""),
        listing(chart(kind="HelmRepository")),
        listing(chart(apiVersion="other/v1")),
        listing({"metadata": {}}),
        listing({}),
        listing({"metadata": {"name": 5}}),
        listing(metadata={}),
        listing(metadata={"resourceVersion": "0"}),
        listing(metadata=None),
        {key: value for key, value in listing().items() if key != "items"},
        listing() | {"items": {"a": 1}},
        listing() | {"items": ["a"]},
        b"<html>log in</html>",
        b"",
        b"{}",
        b"[]",
        b"null",
        json.dumps(listing(chart())).encode()[:-2],
        b'{"a":' * 5000,
        b'{"kind": "\xff"}',
    ],
)
def test_whatever_is_not_the_list_is_no_list(document: Any) -> None:
    with pytest.raises(ProtocolError):
        page(document)


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (status(410, "Expired"), ExpiredError),
        (status(403, "Forbidden"), ForbiddenError),
        (status(500, "InternalError"), ApiError),
    ],
)
def test_a_status_with_http_200_is_its_error(document: dict[str, Any], error: type[MirrorError]) -> None:
    with pytest.raises(error) as caught:
        page(document)
    assert type(caught.value) is error
    assert caught.value.where == "here"


@pytest.mark.parametrize(
    ("annotations", "ends"),
    [
        ({"k8s.io/initial-events-end": "true"}, True),
        ({"k8s.io/initial-events-end": "false"}, False),
        ({"other": "true"}, False),
        (None, False),
    ],
)
@pytest.mark.parametrize("decoder", ["whole", "heads"])
def test_only_a_bookmark_that_says_so_ends_the_initial_events(
    annotations: dict[str, str] | None, ends: bool, decoder: str
) -> None:
    metadata = {"resourceVersion": "9", "annotations": annotations}
    found = event("BOOKMARK", {"kind": "HelmChart", "metadata": metadata}, *([HEADS] * (decoder == "heads")))
    assert found is not None
    assert found.ends_initial is ends


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED", "DELETED"])
def test_events(kind: str) -> None:
    assert event(kind, chart(version="7")) == WatchEvent(EventType[kind], chart(version="7"), "7")


def test_a_bookmark_is_never_an_object() -> None:
    assert event("BOOKMARK", {"kind": "HelmChart", "metadata": {"resourceVersion": "9"}}) == WatchEvent(
        EventType.BOOKMARK, {}, "9"
    )


def test_an_unknown_type_is_no_event() -> None:
    assert event("SYNCED", {}) is None


@pytest.mark.parametrize(
    ("document", "error"),
    [(status(410, "Expired"), ExpiredError), (status(410, "Gone"), ExpiredError), ({}, ApiError)],
)
def test_an_error_event_needs_no_metadata(document: dict[str, Any], error: type[ApiError]) -> None:
    for decoder in (FULL, HEADS):
        with pytest.raises(error):
            event("ERROR", document, decoder)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ADDED", chart(kind="HelmRepository")),
        ("ADDED", chart(apiVersion="source.toolkit.fluxcd.io/v1beta2")),
        ("ADDED", {"metadata": {"name": "bare", "resourceVersion": "1"}}),
        ("ADDED", {"apiVersion": "meta.k8s.io/v1", "kind": "Table"}),
        ("ADDED", chart() | {"metadata": {"name": "a"}}),
        ("ADDED", chart() | {"metadata": {"name": "a", "resourceVersion": 5}}),
        ("ADDED", chart() | {"metadata": []}),
        ("ADDED", "text"),
        ("BOOKMARK", {}),
        ("ERROR", 5),
    ],
)
def test_whatever_is_no_event_of_ours_is_refused(kind: str, body: Any) -> None:
    with pytest.raises(ProtocolError):
        event(kind, body)


@pytest.mark.parametrize(
    "line", [b"text", b"{}", b"\x00", b'{"type": "ADDED"}', b'{"type": "ADDED", "object": {', b'{"a":' * 5000]
)
def test_a_line_that_is_no_frame_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        FULL.event(line)


def secret(**more: Any) -> dict[str, Any]:
    return {"metadata": {"name": "s", "resourceVersion": "3"}, "data": {"k": "planted-canary"}} | more


WHOLE = {"apiVersion": "v1", "kind": "Secret"}
PARTIAL = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata"}
HEAD = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "resourceVersion": "3"}}


@pytest.mark.parametrize(
    ("head", "item"),
    [
        (("meta.k8s.io/v1", "PartialObjectMetadataList"), secret(**PARTIAL)),
        (("v1", "SecretList"), secret(**WHOLE)),
        (("v1", "SecretList"), secret()),
    ],
)
def test_metadata_only_keeps_nothing_else_whatever_comes(head: tuple[str, str], item: dict[str, Any]) -> None:
    document = {"apiVersion": head[0], "kind": head[1], "metadata": {"resourceVersion": "4"}, "items": [item]}
    assert page(document, HEADS).items == [HEAD]


@pytest.mark.parametrize("body", [secret(**PARTIAL), secret(**WHOLE)])
def test_metadata_only_events_too(body: dict[str, Any]) -> None:
    assert event("MODIFIED", body, HEADS) == WatchEvent(EventType.MODIFIED, HEAD, "3")
    assert event("BOOKMARK", body, HEADS) == WatchEvent(EventType.BOOKMARK, {}, "3")


def test_errors_quote_no_content() -> None:
    line = msgspec.json.encode({"type": "ADDED", "object": chart(kind={"planted": "canary"})})
    with pytest.raises(ProtocolError) as caught:
        FULL.event(b'{"type": "ADDED", "object": {"a": "planted-canary"')
    assert "planted" not in str(caught.value)
    with pytest.raises(ProtocolError) as caught:
        FULL.event(line)
    assert len(str(caught.value)) < 300


def test_an_item_that_cannot_be_read_fails_at_the_latest_when_it_is_looked_at() -> None:
    broken = json.dumps(listing(chart("a") | {"spec": "?"})).encode().replace(b'"?"', b'"\xff"')
    with pytest.raises(ProtocolError):
        list(page(broken).items)


def test_each_look_at_an_item_gives_a_new_object() -> None:
    items = page(listing(chart("a"), chart("b"))).items
    items[0]["metadata"]["name"] = "changed"
    assert [item["metadata"]["name"] for item in items[0:2]] == ["a", "b"]
    assert items == [*items]
    assert len(items) == 2

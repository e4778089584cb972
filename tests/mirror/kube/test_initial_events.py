"""A list as the beginning of its watch [reflector_watchlist_test.go], driven with plain bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirror.errors import (
    ApiError,
    CredentialsError,
    ExpiredError,
    ForbiddenError,
    MirrorError,
    NotFoundError,
    ProtocolError,
    ThrottledError,
    TransportError,
)
from mirror.kube.frames import EventType
from mirror.kube.listwatch import ListRequest, ListWatch, WatchRequest
from mirror.kube.outcome import Action, Outcome
from mirror.kube.streaming import StreamingOffer
from mirror.settings import WatchSettings
from tests.mirror.kube.wire import frame, listed, listwatch, page, pod, status


def end(version: str = "100", value: str = "true") -> bytes:
    """The bookmark that ends the initial events."""
    metadata = {"resourceVersion": version, "annotations": {"k8s.io/initial-events-end": value}}
    return frame("BOOKMARK", body={"apiVersion": "v1", "kind": "Pod", "metadata": metadata})


def streaming(**changes: Any) -> ListWatch:
    """One that has asked for a watch that begins with the list."""
    made = listwatch(settings=WatchSettings(streaming_lists=True), **({"offer": StreamingOffer()} | changes))
    request = made.next_request()
    assert isinstance(request, WatchRequest)
    assert request.initial
    return made


def test_what_a_streaming_list_asks_for() -> None:
    request = listwatch(settings=WatchSettings(streaming_lists=True), offer=StreamingOffer()).next_request()
    query = request.query
    assert 300 <= int(query.pop("timeoutSeconds")) <= 600
    assert query == {
        "watch": "true",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "resourceVersion": "",
        "allowWatchBookmarks": "true",
    }


def test_the_old_list_and_watch_when_it_is_off_or_nothing_is_known_of_the_server() -> None:
    """[TestNewReflectorWithDisablementWatchList]"""
    wanted = WatchSettings(streaming_lists=True)
    assert isinstance(listwatch(offer=StreamingOffer()).next_request(), ListRequest)
    assert isinstance(listwatch(settings=wanted).next_request(), ListRequest)
    refused = StreamingOffer(refused=True)
    assert isinstance(listwatch(settings=wanted, offer=refused).next_request(), ListRequest)


def test_synced_after_the_annotated_bookmark() -> None:
    """[TestWatchListResourceVersion] Then the same stream goes on as a watch."""
    made = streaming()
    first = made.feed(frame("ADDED", "90") + frame("ADDED", "7"))
    assert [event.resource_version for event in first] == ["90", "7"], "in no order"
    assert made.is_listing
    assert made.resource_version == ""
    (last, late) = made.feed(end("100") + frame("MODIFIED", "101"))
    assert last.ends_initial
    assert (late.type, made.resource_version) == (EventType.MODIFIED, "101")
    assert made.feed(frame("MODIFIED", "101")) == [], "from here on there are duplicates"
    assert made.ended(0.1) == Outcome(Action.RETRY_WATCH_NOW)
    request = made.next_request()
    assert isinstance(request, WatchRequest)
    assert (request.initial, request.query["resourceVersion"]) == (False, "101")


@pytest.mark.parametrize("bookmark", [frame("BOOKMARK", "95"), end("95", "false"), end("95", "")])
def test_not_synced_by_a_bookmark_that_does_not_say_so(bookmark: bytes) -> None:
    made = streaming()
    made.feed(frame("ADDED", "90") + bookmark)
    assert made.is_listing
    assert made.resource_version == ""


def test_a_stream_closed_before_its_list_ends_begins_anew() -> None:
    """[stream closed before sync ⇒ new watch-list with clean store]"""
    made = streaming()
    made.feed(frame("ADDED", "90"))
    assert made.ended(20) == Outcome(Action.BACKOFF_RELIST)
    request = made.next_request()
    assert isinstance(request, WatchRequest)
    assert request.initial
    assert request.query["resourceVersion"] == ""


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ThrottledError("", retry_after_s=9), Outcome(Action.BACKOFF_WATCH, 9)),
        (TransportError(""), Outcome(Action.BACKOFF_WATCH)),
        (ApiError("", status=503), Outcome(Action.BACKOFF_WATCH)),
        (ExpiredError("", status=410), Outcome(Action.BACKOFF_RELIST)),
        (ExpiredError("", status=504, ahead=True), Outcome(Action.BACKOFF_RELIST)),
        (CredentialsError(""), Outcome(Action.AUTH)),
        (NotFoundError("", status=404), Outcome(Action.PARK_ABSENT)),
    ],
)
def test_what_says_nothing_about_the_offer_is_tried_again(error: MirrorError, outcome: Outcome) -> None:
    made = streaming()
    assert made.failed(error) == outcome
    assert isinstance(made.next_request(), WatchRequest)


@pytest.mark.parametrize(
    "error",
    [
        ApiError("sendInitialEvents is forbidden", status=422, reason="Invalid"),
        ApiError("", status=400),
        ApiError("progress notify", status=500),
        ProtocolError("no end"),
    ],
)
def test_any_other_error_falls_back_to_list_and_is_remembered_for_the_cluster(error: MirrorError) -> None:
    offer = StreamingOffer()
    made, other = streaming(offer=offer), streaming(offer=offer)
    assert made.failed(error) == Outcome(Action.RETRY_WATCH_NOW)
    assert listed(made) == {"limit": "500"}
    assert offer.refused
    other.ended(1)
    assert isinstance(other.next_request(), ListRequest)


def test_an_error_event_in_place_of_the_list_falls_back_too() -> None:
    made = streaming()
    with pytest.raises(ApiError) as caught:
        made.feed(frame("ERROR", body=status(500, "InternalError")))
    assert made.failed(caught.value) == Outcome(Action.RETRY_WATCH_NOW)
    assert isinstance(made.next_request(), ListRequest)


def test_a_kind_that_may_not_be_watched_falls_back_alone() -> None:
    offer = StreamingOffer()
    made = streaming(offer=offer)
    made.failed(ForbiddenError("", status=403))
    assert isinstance(made.next_request(), ListRequest)
    assert not offer.refused
    made.page(page("100"))
    made.next_request()
    assert made.failed(ForbiddenError("", status=403)) == Outcome(Action.POLL)


def test_a_410_on_an_established_watch_leads_to_a_new_list() -> None:
    made = streaming()
    made.feed(frame("ADDED", "90") + end("100") + frame("ADDED", "110"))
    assert made.failed(ExpiredError("", status=410)) == Outcome(Action.RELIST_NOW)
    assert isinstance(made.next_request(), WatchRequest)


def test_a_list_without_pages_is_streamed_where_that_is_offered() -> None:
    made = listwatch(offer=StreamingOffer())
    made.page(page("10", "C1", pod()))
    made.failed(ExpiredError("", status=410))
    request = made.next_request()
    assert isinstance(request, WatchRequest)
    assert request.initial
    made.failed(ApiError("", status=422))
    assert made.next_request() == ListRequest({}, first=True)


def test_a_streamed_list_that_goes_back_in_time_must_be_said_twice_as_well() -> None:
    offer = StreamingOffer()
    made = streaming(offer=offer)
    made.feed(end("100"))
    made.relist()
    made.next_request()
    assert [event.ends_initial for event in made.feed(frame("ADDED", "40") + end("50"))] == [False]
    with pytest.raises(ProtocolError, match="goes back") as caught:
        made.feed(b"")
    assert made.failed(caught.value) == Outcome(Action.BACKOFF_RELIST)
    assert (made.resource_version, offer.refused) == ("100", False)
    made.next_request()
    assert made.feed(frame("ADDED", "40") + end("50"))[-1].ends_initial
    assert made.resource_version == "50"


def test_a_page_of_json_is_no_stream() -> None:
    """A server that ignores the parameter, or `watch` altogether, answers with a list."""
    made = streaming()
    with pytest.raises(ProtocolError):
        made.feed(json.dumps(json.loads(page())).encode() + b"\n")

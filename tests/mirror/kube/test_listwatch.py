"""The list/watch protocol, driven with plain bytes. Names in brackets are those of client-go's tests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from mirror.kube.listwatch import ListRequest, WatchCounters, WatchRequest
from mirror.kube.outcome import Action, Outcome
from mirror.settings import WatchSettings
from tests.mirror.kube.wire import frame, listed, listwatch, page, pod, resumed, status, watching

EXPIRED = ExpiredError("gone", status=410)
UNREACHABLE = TransportError("nobody there")


# Listing


def test_the_first_list_is_the_most_recent_state_in_pages() -> None:
    assert listwatch().next_request() == ListRequest({"limit": "500"}, first=True)


def test_follow_up_pages_send_only_continue_and_limit() -> None:
    """[TestReflectorWatchListPageSize]"""
    made = listwatch(settings=WatchSettings(page_size=4), selectors={"labelSelector": "a=b"})
    assert listed(made) == {"limit": "4", "labelSelector": "a=b"}
    made.page(page("10", "C1", pod("a")))
    assert made.next_request() == ListRequest(
        {"limit": "4", "continue": "C1", "labelSelector": "a=b"}, first=False
    )
    made.page(page("10", "C2", pod("b")))
    assert listed(made)["continue"] == "C2"
    assert [item["metadata"]["name"] for item in made.page(page("10", "", pod("c"))).items] == ["c"]
    assert not made.is_listing


def test_the_watch_begins_at_the_lists_version_never_an_items() -> None:
    made = listwatch()
    made.page(page("10", "C1", pod(version="99")))
    assert made.resource_version == ""
    made.page(page("11", "", pod(version="3")))  # a later page of an inconsistent server
    request = made.next_request()
    assert isinstance(request, WatchRequest)
    assert request.query["resourceVersion"] == made.resource_version == "10"


def test_an_expired_later_page_means_one_list_without_pages() -> None:
    """[TestReflectorFullListIfExpired]"""
    made = listwatch()
    made.page(page("10", "C1"))
    assert made.failed(EXPIRED) == Outcome(Action.RELIST_NOW)
    assert made.next_request() == ListRequest({}, first=True)
    made.page(page("12"))
    assert made.resource_version == "12"
    made.relist()
    assert listed(made) == {"limit": "500"}


def test_a_first_page_that_expires_does_not_spin() -> None:
    made = listwatch()
    assert made.failed(EXPIRED) == Outcome(Action.BACKOFF_RELIST)
    assert listed(made) == {"limit": "500"}
    made.page(page("10", "C1"))
    made.failed(EXPIRED)
    assert made.failed(EXPIRED) == Outcome(Action.BACKOFF_RELIST)  # the list without pages expired as well
    assert listed(made) == {"limit": "500"}


@pytest.mark.parametrize("error", [UNREACHABLE, ApiError("", status=500), ForbiddenError("", status=403)])
def test_a_list_that_fails_in_the_middle_begins_anew(error: MirrorError) -> None:
    made = listwatch()
    made.page(page("10", "C1"))
    made.failed(error)
    assert made.next_request() == ListRequest({"limit": "500"}, first=True)
    assert made.resource_version == ""


def test_a_page_that_makes_no_sense_changes_nothing() -> None:
    made = watching()
    made.relist()
    made.page(page("200", "C1"))
    with pytest.raises(ProtocolError) as caught:
        made.page(b"<html>")
    assert made.failed(caught.value) == Outcome(Action.BACKOFF_RELIST)
    assert made.resource_version == "100"
    assert made.next_request() == ListRequest({"limit": "500"}, first=True)


def test_a_status_in_place_of_a_page_is_its_error() -> None:
    with pytest.raises(ExpiredError):
        listwatch().page(json.dumps(status(410, "Expired")).encode())


# Watching


def test_what_a_watch_asks_for() -> None:
    made = watching(selectors={"fieldSelector": "metadata.name=a"})
    request = made.next_request()
    timeout = request.query.pop("timeoutSeconds")
    assert request == WatchRequest(
        {
            "watch": "true",
            "resourceVersion": "100",
            "allowWatchBookmarks": "true",
            "fieldSelector": "metadata.name=a",
        }
    )
    assert timeout.isdigit()


def test_the_servers_time_limit_is_spread_over_min_to_twice_min() -> None:
    """[TestWatchTimeout]"""
    made = watching(settings=WatchSettings(timeout_min_s=300))
    drawn = [int(made.next_request().query["timeoutSeconds"]) for _ in range(300)]
    assert 300 <= min(drawn) < 330
    assert 570 < max(drawn) <= 600


def test_a_stored_version_resumes_with_a_watch() -> None:
    made = resumed()
    request = made.next_request()
    assert isinstance(request, WatchRequest)
    assert request.query["resourceVersion"] == "77"
    with pytest.raises(ExpiredError) as caught:
        made.feed(frame("ERROR", body=status(410, "Expired")))
    assert made.failed(caught.value) == Outcome(Action.RELIST_NOW)
    assert listed(made) == {"limit": "500"}


def test_events_move_the_version() -> None:
    """[TestReflectorWatchHandler, TestReflectorResourceVersionUpdate]"""
    made = watching()
    chunk = (
        frame("ADDED", "110") + frame("MODIFIED", "120") + frame("BOOKMARK", "130") + frame("DELETED", "140")
    )
    events = made.feed(chunk)
    assert [(event.type, event.resource_version) for event in events] == [
        (EventType.ADDED, "110"),
        (EventType.MODIFIED, "120"),
        (EventType.BOOKMARK, "130"),
        (EventType.DELETED, "140"),
    ]
    assert made.resource_version == "140"
    assert made.counters == WatchCounters(events=3, bookmarks=1)


def test_what_is_not_newer_is_a_duplicate() -> None:
    made = watching()
    assert made.feed(frame("ADDED", "99") + frame("MODIFIED", "100")) == []
    assert [
        event.resource_version for event in made.feed(frame("ADDED", "1000") + frame("ADDED", "999"))
    ] == ["1000"]
    assert made.resource_version == "1000"
    assert made.counters == WatchCounters(events=1, duplicates=3)


def test_a_bookmark_that_does_not_move_is_still_a_sign_of_life() -> None:
    made = watching()
    assert [event.type for event in made.feed(frame("BOOKMARK", "100") + frame("BOOKMARK", "7"))] == [
        "BOOKMARK"
    ] * 2
    assert made.resource_version == "100"


def test_versions_that_cannot_be_compared_are_taken_as_they_come() -> None:
    made = watching()
    assert [event.resource_version for event in made.feed(frame("ADDED", "abc") + frame("ADDED", "abc"))] == [
        "abc"
    ]
    assert made.resource_version == "abc"


def test_unknown_types_are_counted_and_ignored() -> None:
    made = watching()
    assert made.feed(frame("SYNCED", "110")) == []
    assert made.counters == WatchCounters(unknown=1)
    assert made.resource_version == "100"


EVENTS = [frame("ADDED", str(110 + i)) for i in range(3)] + [
    frame("MODIFIED", body=pod("schiff-🚢-\u2028-\x85-漢", "120")),
    b"\n",
    frame("BOOKMARK", "130"),
    frame("DELETED", "140"),
]


@settings(deadline=None)
@given(st.lists(st.integers(0, len(b"".join(EVENTS))), max_size=10))
def test_chunking_never_matters(cuts: list[int]) -> None:
    stream = b"".join(EVENTS)
    ends = [*sorted(cuts), len(stream)]
    whole, cut = watching(), watching()
    expected = whole.feed(stream)
    got = [
        event for start, end in zip([0, *ends], ends, strict=False) for event in cut.feed(stream[start:end])
    ]
    assert got == expected
    assert len(got) == 6
    assert (cut.resource_version, cut.counters) == (whole.resource_version, whole.counters)


def test_half_an_event_at_the_end_comes_again() -> None:
    made = watching()
    made.feed(frame("ADDED", "110") + frame("ADDED", "120")[:-5])
    assert made.ended(60) == Outcome(Action.RETRY_WATCH_NOW)
    request = made.next_request()
    assert request.query["resourceVersion"] == "110"
    assert [event.resource_version for event in made.feed(frame("ADDED", "120"))] == ["120"]


# Errors inside a stream


def test_events_before_an_error_in_the_same_chunk_are_not_lost() -> None:
    made = watching()
    throttled = frame("ERROR", body=status(429, "TooManyRequests", retryAfterSeconds=3))
    assert [event.resource_version for event in made.feed(frame("ADDED", "110") + throttled)] == ["110"]
    with pytest.raises(ThrottledError) as caught:
        made.feed(frame("ADDED", "120"))
    assert made.failed(caught.value) == Outcome(Action.BACKOFF_WATCH, 3.0)
    assert made.next_request().query["resourceVersion"] == "110"
    assert made.feed(b"") == []  # the next stream knows nothing of it


def test_an_error_after_the_last_events_decides_the_end_too() -> None:
    made = watching()
    made.feed(frame("ADDED", "110") + frame("ERROR", body=status(410, "Gone")))
    assert made.ended(60) == Outcome(Action.RELIST_NOW)
    assert made.is_listing


@pytest.mark.parametrize(
    ("document", "outcome"),
    [
        (status(410, "Expired"), Outcome(Action.RELIST_NOW)),
        (status(410, "Gone"), Outcome(Action.RELIST_NOW)),
        (status(504, "Timeout", "Too large resource version"), Outcome(Action.RELIST_NOW)),
        (status(429, "TooManyRequests"), Outcome(Action.BACKOFF_WATCH)),
        (status(500, "InternalError"), Outcome(Action.BACKOFF_RELIST)),
        (status(500, "StoreReadError"), Outcome(Action.BACKOFF_RELIST)),
        (status(403, "Forbidden"), Outcome(Action.PARK_FORBIDDEN)),
        ({}, Outcome(Action.BACKOFF_RELIST)),
    ],
)
def test_error_events(document: dict[str, Any], outcome: Outcome) -> None:
    """[TestBackoffOnTooManyRequests, TestRetryInternalError, TestReflectorReplacesStoreOnUnsafeDelete]"""
    made = watching()
    made.feed(frame("ADDED", "110"))
    with pytest.raises(ApiError) as caught:
        made.feed(frame("ERROR", body=document or {"kind": "Status"}))
    assert made.failed(caught.value) == outcome
    assert made.is_listing is (outcome.action not in (Action.BACKOFF_WATCH, Action.PARK_FORBIDDEN))


def test_nonsense_and_foreign_objects_end_the_stream_and_are_never_returned() -> None:
    for nonsense in (b"<html>\n", frame("ADDED", body={"apiVersion": "meta.k8s.io/v1", "kind": "Table"})):
        made = watching()
        assert len(made.feed(frame("ADDED", "110") + nonsense + frame("ADDED", "120"))) == 1
        with pytest.raises(ProtocolError) as caught:
            made.feed(b"")
        assert made.failed(caught.value).action is Action.BACKOFF_RELIST
        assert made.resource_version == "110"


def test_a_line_beyond_the_limit_is_an_error() -> None:
    made = watching(settings=WatchSettings(line_limit_bytes=100))
    with pytest.raises(ProtocolError, match="longer than 100"):
        made.feed(b"x" * 101)


# What follows an end or a failure


def test_a_very_short_stream_without_news_is_a_fault() -> None:
    """[TestReflectorHandleWatchResultChanClosedBefore]"""
    made = watching()
    assert made.ended(0.5) == Outcome(Action.BACKOFF_RELIST)
    assert made.is_listing


@pytest.mark.parametrize("chunk", [frame("BOOKMARK", "100"), frame("ADDED", "90"), frame("SYNCED"), b"\n"])
def test_a_server_that_repeats_itself_and_hangs_up_does_not_spin(chunk: bytes) -> None:
    made = watching()
    made.feed(chunk)
    assert made.ended(0.1) == Outcome(Action.BACKOFF_RELIST)


@pytest.mark.parametrize(
    ("chunk", "duration"), [(b"", 1.0), (frame("ADDED", "110"), 0.0), (frame("BOOKMARK", "110"), 0.0)]
)
def test_a_proper_end_is_followed_by_the_next_watch(chunk: bytes, duration: float) -> None:
    made = watching()
    made.feed(chunk)
    assert made.ended(duration) == Outcome(Action.RETRY_WATCH_NOW)
    assert not made.is_listing


@pytest.mark.parametrize(
    ("error", "outcome", "lists"),
    [
        (EXPIRED, Outcome(Action.BACKOFF_RELIST), True),  # straight after a list: see below
        (UNREACHABLE, Outcome(Action.BACKOFF_WATCH), False),
        (ThrottledError("", retry_after_s=9), Outcome(Action.BACKOFF_WATCH, 9), False),
        (ApiError("", status=503), Outcome(Action.BACKOFF_WATCH), False),
        (ApiError("", status=500), Outcome(Action.BACKOFF_RELIST), True),
        (ProtocolError("html"), Outcome(Action.BACKOFF_RELIST), True),
        (ForbiddenError("", status=403), Outcome(Action.POLL), True),
        (NotFoundError("", status=404), Outcome(Action.PARK_ABSENT), True),
        (CredentialsError(""), Outcome(Action.AUTH), False),
    ],
)
def test_a_watch_that_cannot_be_opened(error: MirrorError, outcome: Outcome, lists: bool) -> None:
    """[TestNoRelistOnTooManyRequests, TestReflectorListAndWatchInitConnBackoff]"""
    made = watching()
    assert made.failed(error) == outcome
    assert made.is_listing is lists


def test_a_watch_that_always_expires_after_its_list_backs_off() -> None:
    made = watching()
    made.feed(frame("ADDED", "110"))
    assert made.failed(EXPIRED).action is Action.RELIST_NOW
    made.page(page("120"))
    made.next_request()
    assert made.failed(EXPIRED).action is Action.BACKOFF_RELIST


def test_a_watch_that_keeps_failing_is_given_up_for_a_list() -> None:
    made = watching()
    actions = [made.failed(UNREACHABLE).action for _ in range(10)]
    assert actions == [Action.BACKOFF_WATCH] * 9 + [Action.BACKOFF_RELIST]
    assert made.is_listing


@pytest.mark.parametrize("life", ["an event", "a bookmark", "a calm hour"])
def test_a_stream_that_worked_forgives_the_failures_before(life: str) -> None:
    made = watching()
    for _ in range(9):
        made.failed(UNREACHABLE)
    made.next_request()
    if life == "a calm hour":
        made.ended(3600)
    else:
        made.feed(frame("ADDED", "110") if life == "an event" else frame("BOOKMARK", "100"))
    assert made.failed(UNREACHABLE).action is Action.BACKOFF_WATCH
    assert not made.is_listing

"""What the list/watch protocol does not believe at once: where its server is, and lists that say little."""

from __future__ import annotations

import pytest

from mirror.errors import (
    ApiError,
    ExpiredError,
    ForbiddenError,
    MirrorError,
    NotFoundError,
    ProtocolError,
    ThrottledError,
    TransportError,
    UnauthorizedError,
)
from mirror.kube.listwatch import ListRequest, ListWatch, ProbeRequest, WatchRequest
from mirror.kube.outcome import Action, Outcome
from tests.mirror.kube.wire import frame, listed, listwatch, page, pod, watching

EXPIRED = ExpiredError("gone", status=410)
UNREACHABLE = TransportError("nobody there")

# A server that has gone back in time


def test_a_version_from_the_servers_future_is_never_watched() -> None:
    """A watch from it would be accepted, and silent for ever."""
    made = listwatch(resource_version="77")
    assert not made.probed(page("76"))
    assert listed(made) == {"limit": "500"}
    made.page(page("76"))
    assert made.resource_version == "76"
    assert isinstance(made.next_request(), WatchRequest)


@pytest.mark.parametrize("server", ["77", "78", "100", "abc"], ids=["equal", "ahead", "longer", "opaque"])
def test_a_server_that_is_not_behind_is_watched(server: str) -> None:
    made = listwatch(resource_version="77")
    assert made.probed(page(server))
    assert made.next_request().query["resourceVersion"] == "77"


@pytest.mark.parametrize("how", ["broken", "refused", "503", "401"])
def test_after_a_break_the_server_has_to_prove_itself(how: str) -> None:
    made = watching()
    made.feed(frame("ADDED", "110"))
    errors = {
        "refused": UNREACHABLE,
        "503": ApiError("", status=503),
        "401": UnauthorizedError("", status=401),
    }
    if how == "broken":
        assert made.ended(60, broken=True) == Outcome(Action.RETRY_WATCH_NOW)
    else:
        made.failed(errors[how])
    assert isinstance(made.next_request(), ProbeRequest)
    made.failed(UNREACHABLE)  # nobody answers the probe either
    assert isinstance(made.next_request(), ProbeRequest)
    assert made.probed(page("110"))
    assert isinstance(made.next_request(), WatchRequest)


@pytest.mark.parametrize("error", [None, ThrottledError("", retry_after_s=1)], ids=["ended", "throttled"])
def test_a_server_that_is_only_busy_is_asked_nothing_more(error: MirrorError | None) -> None:
    made = watching()
    made.feed(frame("ADDED", "110"))
    if error is None:
        made.ended(300)
    else:
        made.failed(error)
    assert isinstance(made.next_request(), WatchRequest)


def test_a_list_that_goes_back_in_time_counts_when_it_is_said_twice() -> None:
    made = watching()
    made.relist()
    with pytest.raises(ProtocolError, match="goes back in time") as caught:
        made.page(page("50"))
    assert made.failed(caught.value) == Outcome(Action.BACKOFF_RELIST)
    assert made.resource_version == "100"
    assert made.next_request() == ListRequest({"limit": "500"}, first=True)
    made.page(page("51"))
    assert made.resource_version == "51"
    made.next_request()
    assert len(made.feed(frame("ADDED", "52"))) == 1


def test_a_lagging_answer_between_two_right_ones_changes_nothing() -> None:
    made = watching()
    made.relist()
    with pytest.raises(ProtocolError) as caught:
        made.page(page("50"))
    made.failed(caught.value)
    made.page(page("120"))
    made.relist()
    with pytest.raises(ProtocolError):  # it was not twice in a row
        made.page(page("50"))


def test_a_server_that_says_it_is_behind_is_believed_at_once() -> None:
    made = watching()
    made.failed(ExpiredError("Too large resource version", status=504, ahead=True))
    made.page(page("50"))
    assert made.resource_version == "50"


# A list that is suddenly empty


def holding(count: int) -> ListWatch:
    made = listwatch()
    made.page(page("100", "", *(pod(f"p{n}") for n in range(count))))
    return made


@pytest.mark.parametrize(
    "trouble", [ForbiddenError("", status=403), NotFoundError("", status=404), UNREACHABLE, ProtocolError("")]
)
def test_an_empty_list_after_trouble_counts_when_it_is_said_twice(trouble: MirrorError) -> None:
    made = holding(3)
    made.failed(trouble)
    made.relist()
    with pytest.raises(ProtocolError, match="suddenly empty") as caught:
        made.page(page("110"))
    assert made.failed(caught.value) == Outcome(Action.BACKOFF_RELIST)
    assert made.page(page("111")).items == []
    assert made.resource_version == "111"


def test_an_empty_list_is_believed_at_once_where_nothing_was_or_nothing_went_wrong() -> None:
    calm = holding(3)
    calm.failed(EXPIRED)
    calm.page(page("110"))
    empty = holding(0)
    empty.failed(UNREACHABLE)
    empty.relist()
    empty.page(page("110"))
    deleted = holding(1)
    deleted.failed(UNREACHABLE)
    deleted.feed(frame("DELETED", "120"))
    deleted.failed(UNREACHABLE)
    deleted.relist()
    deleted.page(page("130"))
    assert [made.resource_version for made in (calm, empty, deleted)] == ["110", "110", "130"]


def test_a_list_that_is_full_again_was_not_empty() -> None:
    made = holding(3)
    made.failed(UNREACHABLE)
    made.relist()
    with pytest.raises(ProtocolError) as caught:
        made.page(page("110"))
    made.failed(caught.value)
    assert len(made.page(page("110", "", pod())).items) == 1

"""What the list/watch protocol does when it is refused: for good, in part, or for a moment."""

from __future__ import annotations

from mirror.errors import ForbiddenError
from mirror.kube.listwatch import ProbeRequest, WatchRequest
from mirror.kube.outcome import Action, Outcome
from tests.mirror.kube.wire import frame, listed, page, pod, watching


def test_where_only_listing_is_allowed_lists_follow_each_other() -> None:
    forbidden = ForbiddenError("", status=403)
    made = watching()
    for version in ("110", "120"):
        assert made.failed(forbidden) == Outcome(Action.POLL)
        assert listed(made) == {"limit": "500"}
        made.page(page(version))
        assert isinstance(made.next_request(), WatchRequest)
    made.failed(forbidden)
    assert made.failed(forbidden) == Outcome(Action.PARK_FORBIDDEN)  # the list as well


def test_a_server_that_refuses_everything_for_a_moment_is_not_met_with_lists() -> None:
    """As one that starts, until it has read its roles."""
    forbidden = ForbiddenError("", status=403)
    made = watching()
    made.feed(frame("ADDED", "110"))
    made.ended(60)
    made.next_request()
    for _ in range(20):
        assert made.failed(forbidden) == Outcome(Action.PARK_FORBIDDEN)
        assert isinstance(made.next_request(), ProbeRequest)
    assert made.probed(page("120"))
    request = made.next_request()
    assert isinstance(request, WatchRequest)
    assert request.query["resourceVersion"] == "110"


def test_where_watching_is_no_longer_allowed_a_list_follows_the_probe_that_is() -> None:
    forbidden = ForbiddenError("", status=403)
    made = watching()
    made.feed(frame("ADDED", "110"))
    made.failed(forbidden)
    made.probed(page("120"))
    assert made.failed(forbidden) == Outcome(Action.PARK_FORBIDDEN)
    assert listed(made) == {"limit": "500"}
    made.page(page("130", "", pod()))
    assert made.failed(forbidden) == Outcome(Action.POLL)

"""The pure parts: delays, states, what can be resumed."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from mirror.errors import CredentialsError, ForbiddenError, MirrorError, TransportError, UnauthorizedError
from mirror.informers.backoff import Backoff
from mirror.informers.resume import resume_points
from mirror.informers.states import ScopeStatus, cluster_state, state_after_failure
from mirror.keys import ClusterName, ScopeKey
from mirror.settings import BackoffSettings
from mirror.store.changes import ClusterState, ScopeState
from mirror.store.rows import ClusterRow, ScopeRow

SETTINGS = BackoffSettings()


def test_delays_double_up_to_the_cap_and_are_jittered() -> None:
    for seed in range(50):
        backoff = Backoff(SETTINGS, Random(seed))
        now = 0.0
        for step in (0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0, 30.0):
            delay = backoff.next_delay(now)
            assert step <= delay < 2 * step
            now += delay


def test_a_hundred_clusters_do_not_come_back_together() -> None:
    delays = {round(Backoff(SETTINGS, Random(seed)).next_delay(0.0), 3) for seed in range(100)}
    assert len(delays) > 80


def test_the_row_begins_anew_after_a_success_or_a_long_time() -> None:
    backoff = Backoff(SETTINGS, Random(1))
    for _ in range(5):
        backoff.next_delay(0.0)
    backoff.reset()
    assert backoff.next_delay(0.0) < 1.6
    for _ in range(5):
        backoff.next_delay(0.0)
    assert backoff.next_delay(10_000.0) < 1.6


def test_a_server_that_says_when_is_obeyed_within_reason() -> None:
    backoff = Backoff(SETTINGS, Random(1))
    assert backoff.next_delay(0.0, at_least_s=17.0) == 17.0
    assert backoff.next_delay(0.0, at_least_s=86_400.0) == SETTINGS.retry_after_cap_s


OPEN = ScopeStatus(ScopeState.WATCHING, listed=True)
LISTING = ScopeStatus(ScopeState.LISTING, listed=False)
RELISTING = ScopeStatus(ScopeState.LISTING, listed=True)
POLLING = ScopeStatus(ScopeState.POLLING, listed=True)
FORBIDDEN = ScopeStatus(ScopeState.FORBIDDEN, listed=False)
ABSENT = ScopeStatus(ScopeState.ABSENT, listed=False)
BROKEN = ScopeStatus(ScopeState.RECONNECTING, listed=True, error=TransportError("gone"))
NEVER = ScopeStatus(ScopeState.RECONNECTING, listed=False, error=TransportError("gone"))
REFUSED = ScopeStatus(ScopeState.FAILED, listed=True, error=UnauthorizedError("who?", status=401))


@pytest.mark.parametrize(
    ("scopes", "ever_synced", "expected"),
    [
        ([], False, ClusterState.SYNCING),
        ([OPEN, LISTING], False, ClusterState.SYNCING),
        ([OPEN, OPEN], False, ClusterState.SYNCED),
        ([OPEN, FORBIDDEN, ABSENT], False, ClusterState.SYNCED),
        ([OPEN, POLLING], True, ClusterState.SYNCED),
        ([OPEN, RELISTING], True, ClusterState.SYNCING),
        ([FORBIDDEN, FORBIDDEN], False, ClusterState.FORBIDDEN),
        ([OPEN, BROKEN], True, ClusterState.STALE),
        ([OPEN, NEVER], False, ClusterState.SYNCING),
        ([NEVER, NEVER], False, ClusterState.UNREACHABLE),
        ([OPEN, REFUSED], True, ClusterState.STALE),
        ([LISTING, REFUSED], False, ClusterState.FORBIDDEN),
    ],
)
def test_the_state_of_a_cluster(scopes: list[ScopeStatus], ever_synced: bool, expected: ClusterState) -> None:
    named = {ScopeKey(ClusterName("one"), "", f"kind{n}"): status for n, status in enumerate(scopes)}
    assert cluster_state(named, ever_synced=ever_synced) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TransportError("nobody"), ClusterState.UNREACHABLE),
        (CredentialsError("no token"), ClusterState.FORBIDDEN),
        (UnauthorizedError("who?", status=401), ClusterState.FORBIDDEN),
        (ForbiddenError("no", status=403), ClusterState.FORBIDDEN),
    ],
)
def test_a_cluster_that_cannot_be_asked_is_stale_only_if_it_ever_was_synced(
    error: MirrorError, expected: ClusterState
) -> None:
    assert state_after_failure(error, ever_synced=False) is expected
    assert state_after_failure(error, ever_synced=True) is ClusterState.STALE


NOW = 1_000_000.0
CLUSTER = ClusterRow(1, "one", "https://one", "uid-1", "v1.35.0", "synced", NOW, NOW, "", "")


def stored_scope(**changes: Any) -> ScopeRow:
    row = ScopeRow(
        1, "one", "", "pods", "Pod", "v1", "", "watching", NOW, "42", NOW - 300, NOW - 10, "", 1, 1, 0, 0
    )
    return row._replace(**changes)


def points(row: ScopeRow, *, cluster: ClusterRow | None = CLUSTER, uid: str = "uid-1") -> dict[ScopeKey, str]:
    return resume_points(cluster, [row], uid=uid, now=NOW, max_age_s=240.0)


def test_a_fresh_scope_of_the_same_cluster_is_resumed() -> None:
    assert points(stored_scope()) == {ScopeKey(ClusterName("one"), "", "pods"): "42"}


def test_a_list_that_nothing_has_followed_counts_as_news() -> None:
    assert points(stored_scope(received_at=None, listed_at=NOW - 5))
    assert not points(stored_scope(received_at=None, listed_at=NOW - 241))


@pytest.mark.parametrize(
    "row",
    [
        stored_scope(received_at=NOW - 241),
        stored_scope(received_at=NOW + 60),
        stored_scope(listed_at=None),
        stored_scope(resource_version=""),
        stored_scope(cluster="two"),
    ],
    ids=["too old", "from the future", "never listed", "no version", "another cluster"],
)
def test_what_cannot_be_trusted_is_listed_anew(row: ScopeRow) -> None:
    assert points(row) == {}


def test_without_proof_of_identity_nothing_is_resumed() -> None:
    assert points(stored_scope(), uid="") == {}
    assert points(stored_scope(), uid="uid-2") == {}
    assert points(stored_scope(), cluster=None) == {}

"""One sentence on what to do, for every way of being out of sync; and what is worth knowing all the same."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.store.changes import ClusterState, ScopeState
from mirror.store.rows import ClusterRow, ScopeRow
from server.advice import advice_for
from server.remarks import remarks_on

NOW = 1_000_000.0


def cluster(state: str = ClusterState.STALE, error: str = "", hint: str = "") -> ClusterRow:
    return ClusterRow(1, "prod", "https://prod", "uid", "v1.35.0", state, NOW - 60, NOW - 60, error, hint)


def scope(state: str = ScopeState.WATCHING, plural: str = "pods", **more: Any) -> ScopeRow:
    row = ScopeRow(
        1, "prod", "", plural, "Pod", "v1", "", state, NOW - 720, "42", NOW - 900, NOW, "", 1, 1, 0, 0
    )
    return row._replace(**more)


@pytest.mark.parametrize(
    ("error", "hint", "advice"),
    [
        ("cannot connect to prod:443: Connection refused", "is the API server running?", "VPN up"),
        ("no address found for prod:443", "is the name right, is the VPN up?", "is the VPN up?"),
        ("prod:443 did not answer in time", "is a VPN or a firewall in the way?", "tries again by itself"),
        ("no sign of life from the API server for 20 s", "", "tries again by itself"),
        ("cannot connect to the proxy http://p: refused", "is the proxy running?", "proxy-url"),
        (
            "the certificate of prod:443 was not accepted: expired",
            "checked against x",
            "fetch its kubeconfig",
        ),
        ("prod:443 did not accept the client certificate: ALERT", "renew it", "renew"),
        ("answered 200 with text/html instead of a JSON object", "", "something else answers"),
        ("exec plugin `aws` ended with code 255", "log in again, or run it in a shell", "log in again"),
        ("exec plugin `kubelogin` not found", "brew install kubelogin", "brew install kubelogin"),
        ("exec plugin `gcloud` wants a terminal", "set interactiveMode: IfAvailable", "interactiveMode"),
        ("Unauthorized", "log in again, or renew the credentials of this context", "auth whoami"),
        ("pods is forbidden: User u cannot list", "", "auth can-i --list"),
        (
            "cannot connect to prod:443: Too many open files",
            "is the API server running?",
            "limit of open files",
        ),
        ("Too many requests, please try again later.", "", "asks for patience"),
        ("internal error: KeyError", "see the mirror's log", "report it"),
        ("something nobody has seen before", "", "kubectl --context prod version"),
    ],
)
def test_every_error_says_what_to_do(error: str, hint: str, advice: str) -> None:
    said = advice_for(cluster(error=error, hint=hint), [scope()])
    assert advice in said
    assert "{" not in said
    assert len(said) < 200


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        (cluster(ClusterState.SYNCED), ""),
        (cluster(ClusterState.FORBIDDEN), "check with `kubectl --context prod auth whoami`"),
        (cluster(ClusterState.UNREACHABLE), "check with `kubectl --context prod version`"),
        (cluster(ClusterState.SYNCING), "wait: 1 of 2 kinds are done"),
    ],
)
def test_every_state_says_what_to_do(row: ClusterRow, advice: str) -> None:
    said = advice_for(row, [scope(), scope(ScopeState.LISTING)])
    assert said.startswith(advice)
    assert bool(said) == bool(advice)


def remarks(*scopes: ScopeRow, run_s: float | None = 3600.0) -> tuple[str, ...]:
    return remarks_on(scopes, now=NOW, run_s=run_s)


def test_a_cluster_of_which_nothing_is_to_be_said() -> None:
    assert remarks(scope(watches=8, lists=1)) == ()


def test_drift_is_told_with_its_healing() -> None:
    found = scope(drift=3, audited_at=NOW - 300, listed_at=NOW - 900)
    assert remarks(found) == ("pods: 3 not as on the server, by the audit 5m ago; being read anew",)
    assert remarks(found._replace(listed_at=NOW - 200))[0].endswith("read anew since")


def test_storms_are_rates_and_not_counts() -> None:
    busy = scope(expirations=20, watches=70, failures=40)
    said = remarks(busy, scope(plural="jobs"))
    assert [text.split(":")[0] for text in said] == ["pods"] * 3
    assert said[0].endswith("(20 times in 1h)")
    assert remarks(busy, run_s=48 * 3600.0) == ()
    assert remarks(busy, run_s=60.0) == (), "a start is not a storm"
    assert remarks(busy, run_s=None) == ()


def test_what_cannot_be_seen_is_grouped_by_its_reason() -> None:
    said = remarks(
        scope(ScopeState.FORBIDDEN, "nodes"),
        scope(ScopeState.POLLING, "events"),
        scope(ScopeState.ABSENT, "alerts"),
        scope(plural="configmaps", namespace="team-a"),
        scope(plural="configmaps", namespace="team-b"),
    )
    assert said == (
        "not readable for this user: nodes",
        "may be listed but not watched, so listed again every minute: events",
        "not served by this cluster: alerts",
        "1 of its kinds can be read in some namespaces only: team-a, team-b",
    )

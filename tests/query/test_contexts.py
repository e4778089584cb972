from __future__ import annotations

from pathlib import Path

from mirror.store.changes import ClusterState
from query.contexts import contexts
from query.results.answer import Context
from tests.query.stores import Content, view_of


def context(name: str, *, error: str = "") -> Context:
    return Context(name, f"https://{name}", "default", current=False, mirrored=False, error=error)


def test_without_a_store_nothing_is_mirrored() -> None:
    answer = contexts([context("a")], None)
    assert answer.contexts == (context("a"),)
    assert answer.freshness == ()


def test_contexts_get_the_state_of_their_cluster(tmp_path: Path) -> None:
    fleet = {
        "up": Content(),
        "down": Content(state=ClusterState.UNREACHABLE, error="connection refused", confirmed_at=None),
        "gone": Content(),
    }
    with view_of(tmp_path, fleet) as view:
        answer = contexts([context("new"), context("up", error="no such user"), context("down")], view)
    found = [(item.name, item.mirrored, item.state, item.error) for item in answer.contexts]
    assert found == [
        ("new", False, "", ""),
        ("up", True, "synced", "no such user"),
        ("down", True, "unreachable", "connection refused"),
        ("gone", True, "synced", ""),
    ]
    assert answer.contexts[-1].server == "https://gone.example.com"
    assert len(answer.freshness) == 3


def test_a_context_of_a_cluster_that_is_mirrored_already_names_the_other(tmp_path: Path) -> None:
    fleet = {"a": Content(), "vpn": Content(alias_of="a", served=())}
    with view_of(tmp_path, fleet) as view:
        answer = contexts([context("vpn"), context("a")], view)
    found = [(item.name, item.mirrored, item.state, item.alias_of) for item in answer.contexts]
    assert found == [("vpn", True, "synced", "a"), ("a", True, "synced", "")]
    assert len(answer.freshness) == 1

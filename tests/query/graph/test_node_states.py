"""What is referred to and not there: missing, absent, or unknown because nobody looks at present."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.store.changes import ClusterState, ScopeState
from query.graph.question import dependency_graph
from tests.query.root_cause import fleet
from tests.query.stores import Content, view_of

VALUES = [{"kind": "ConfigMap", "name": "base"}]


def state_of_values(folder: Path, content: Content) -> tuple[str, str]:
    with view_of(folder, {"eu": content}) as view:
        answer = dependency_graph(view, kind="hr", name="shop")
    node = next(node for node in answer.nodes if node.object.name == "base")
    return node.health, node.reason


RELEASE = (fleet.helm_release(valuesFrom=VALUES),)


def test_it_is_missing_where_its_kind_is_followed(tmp_path: Path) -> None:
    assert state_of_values(tmp_path, Content(RELEASE)) == ("Missing", "")


@pytest.mark.parametrize("lost", [ScopeState.FAILED, ScopeState.RECONNECTING])
def test_it_is_unknown_while_the_stream_of_its_kind_is_down(tmp_path: Path, lost: ScopeState) -> None:
    health, reason = state_of_values(tmp_path, Content(RELEASE, lost={"ConfigMap": lost}))
    assert health == "Unknown"
    assert "was not there when last looked for" in reason


def test_a_stream_of_another_kind_matters_not(tmp_path: Path) -> None:
    content = Content(RELEASE, lost={"Pod": ScopeState.FAILED})
    assert state_of_values(tmp_path, content) == ("Missing", "")


def test_it_is_unknown_in_a_cluster_that_is_stale(tmp_path: Path) -> None:
    health, reason = state_of_values(tmp_path, Content(RELEASE, state=ClusterState.STALE))
    assert health == "Unknown"
    assert "ago" in reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [(None, "not mirrored"), (ScopeState.FORBIDDEN, "forbidden"), (ScopeState.LISTING, "not listed yet")],
)
def test_it_is_unknown_where_nobody_could_look(tmp_path: Path, state: ScopeState | None, reason: str) -> None:
    assert state_of_values(tmp_path, Content(RELEASE, states={"ConfigMap": state})) == ("Unknown", reason)

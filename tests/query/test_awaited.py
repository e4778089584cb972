from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirror.keys import GroupKind
from mirror.store.changes import ClusterState, ScopeState
from query.awaited import is_awaited, wish_of
from query.resources import get_resources
from query.view import View
from tests.query.stores import NOW, Content, view_of

SERVICE = GroupKind("", "Service")
HIDDEN = Content(states={"Service": None})


@contextmanager
def looking(path: Path, *, asked_ago_s: float | None = None, **fleet: Content) -> Iterator[View]:
    path.mkdir(exist_ok=True)
    asked = {} if asked_ago_s is None else {SERVICE: NOW - asked_ago_s}
    with view_of(path, fleet, asked=asked) as view:
        yield view


def test_a_kind_that_is_served_and_not_mirrored_is_asked_for_and_awaited(tmp_path: Path) -> None:
    with looking(tmp_path, a=Content(), b=HIDDEN) as view:
        assert wish_of(view, "svc", None) == (SERVICE, True)
        assert is_awaited(view, SERVICE)


@pytest.mark.parametrize("kind", ["pods", "widgets"])
def test_what_is_mirrored_or_unknown_is_no_wish(tmp_path: Path, kind: str) -> None:
    with looking(tmp_path, a=HIDDEN) as view:
        assert wish_of(view, kind, None) is None


def test_a_cluster_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    away = Content(states={"Service": None}, state=ClusterState.STALE)
    with looking(tmp_path, a=away) as view:
        assert wish_of(view, "services", None) == (SERVICE, False)


def test_a_kind_that_is_refused_is_not_waited_for(tmp_path: Path) -> None:
    with looking(tmp_path, a=Content(states={"Service": ScopeState.FORBIDDEN}), b=HIDDEN) as view:
        assert wish_of(view, "services", None) == (SERVICE, True)
    refused = Content(states={"Service": ScopeState.FORBIDDEN})
    with looking(tmp_path / "refused", a=refused) as view:
        assert not is_awaited(view, SERVICE)


@pytest.mark.parametrize(
    ("asked_ago_s", "wish"), [(1.0, (SERVICE, True)), (60.0, None), (90_000.0, (SERVICE, False))]
)
def test_a_question_waits_only_while_it_may_help_and_renews_its_interest_daily(
    tmp_path: Path, asked_ago_s: float, wish: tuple[GroupKind, bool] | None
) -> None:
    with looking(tmp_path, asked_ago_s=asked_ago_s, a=HIDDEN) as view:
        assert wish_of(view, "services", None) == wish


def test_an_answer_says_that_a_kind_is_not_there_yet(tmp_path: Path) -> None:
    with looking(tmp_path, asked_ago_s=1.0, a=Content(), b=HIDDEN) as view:
        searched = get_resources(view, kind="Service").searched
    assert searched.endswith("of a; served but not mirrored yet (asked for, try again) in b")

from __future__ import annotations

import pytest

from mirror.store.changes import ScopeState
from mirror.store.rows import ScopeRow
from query.visibility import Visibility, not_visible, visibility_of


def scope(state: ScopeState, namespace: str = "", *, listed: bool = True, plural: str = "pods") -> ScopeRow:
    at = 1.0 if listed else None
    return ScopeRow(1, "a", "", plural, "Pod", "v1", namespace, state, 0.0, "1", at, at, "", 1, 1, 0, 0)


FOLLOWED = scope(ScopeState.WATCHING)
FORBIDDEN = scope(ScopeState.FORBIDDEN, listed=False)
IN_APPS = scope(ScopeState.WATCHING, "apps")


@pytest.mark.parametrize(
    ("scopes", "namespace", "verdict"),
    [
        ([], "apps", None),
        ([FOLLOWED], "apps", Visibility.SEEN),
        ([FOLLOWED], "", Visibility.SEEN),
        ([scope(ScopeState.RECONNECTING)], "apps", Visibility.SEEN),
        ([scope(ScopeState.FAILED)], "apps", Visibility.SEEN),
        ([scope(ScopeState.LISTING, listed=False)], "apps", Visibility.NOT_SYNCED),
        ([FORBIDDEN], "apps", Visibility.FORBIDDEN),
        ([scope(ScopeState.ABSENT, listed=False)], "apps", Visibility.NOT_SERVED),
        ([FORBIDDEN, IN_APPS], "apps", Visibility.SEEN),
        ([FORBIDDEN, IN_APPS], "infra", Visibility.FORBIDDEN),
        ([FORBIDDEN, IN_APPS], "", Visibility.FORBIDDEN),
        ([IN_APPS], "infra", None),
        ([IN_APPS], "", None),
    ],
    ids=str,
)
def test_a_scope_speaks_only_for_what_it_covers(
    scopes: list[ScopeRow], namespace: str, verdict: Visibility | None
) -> None:
    assert visibility_of(scopes, namespace) is verdict


def test_what_is_not_visible_names_its_namespace() -> None:
    hidden = scope(ScopeState.FORBIDDEN, "team-a", listed=False)
    assert not_visible([hidden]) == ("pods in team-a: forbidden",)


def test_many_hidden_resources_are_counted() -> None:
    names = [f"kind-{number}" for number in range(9)]
    texts = not_visible([FOLLOWED, *(scope(ScopeState.FORBIDDEN, plural=name) for name in names)])
    assert texts[:2] == ("kind-0: forbidden", "kind-1: forbidden")
    assert texts[6:] == ("3 more: forbidden",)


def test_one_reason_for_everything_is_said_once() -> None:
    names = [f"kind-{number}" for number in range(36)]
    assert not_visible(scope(ScopeState.FAILED, plural=name) for name in names) == ("all 36 kinds: failed",)


def test_a_kind_that_is_seen_in_some_namespaces_names_them() -> None:
    in_infra = scope(ScopeState.POLLING, "infra")
    lost = scope(ScopeState.FORBIDDEN, "lost", listed=True)
    assert not_visible([FORBIDDEN, IN_APPS, in_infra, lost]) == ("pods: forbidden except in apps, infra",)
    many = [scope(ScopeState.WATCHING, f"team-{number}") for number in range(8)]
    (text,) = not_visible([FORBIDDEN, *many])
    assert text.endswith("team-4, team-5 and 2 more")


def test_a_namespace_in_trouble_is_named_beside_the_forbidden_rest() -> None:
    broken = scope(ScopeState.FAILED, "infra")
    texts = not_visible([FORBIDDEN, IN_APPS, broken])
    assert texts == ("pods in infra: failed", "pods: forbidden except in apps")


def test_a_whole_that_is_seen_hides_nothing() -> None:
    assert not_visible([FOLLOWED, scope(ScopeState.FORBIDDEN, "apps")]) == ()


def test_a_resource_that_is_not_served_is_not_hidden() -> None:
    assert not_visible([scope(ScopeState.ABSENT, listed=False), scope(ScopeState.RECONNECTING)]) == ()

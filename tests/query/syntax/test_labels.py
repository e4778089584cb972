from __future__ import annotations

import pytest

from query.errors import SelectorError
from query.syntax.labels import parse_selector

LABELS = {"app": "web", "tier": "front", "app.kubernetes.io/version": "3", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app = web , tier = front", True),
        ("app=api", False),
        ("missing=web", False),
        ("app!=web", False),
        ("missing!=web", True),
        ("tier in (front, back)", True),
        ("tier in (back)", False),
        ("tier notin (back,db)", True),
        ("missing notin (back)", True),
        ("tier notin (front)", False),
        ("app", True),
        ("missing", False),
        ("!missing", True),
        ("!app", False),
        ("empty=", True),
        ("app=", False),
        ("app.kubernetes.io/version>2", True),
        ("app.kubernetes.io/version>3", False),
        ("app.kubernetes.io/version<10", True),
        ("app>1", False),
        ("app=web,tier in (front,back),!legacy", True),
        ("app=web,tier=back", False),
    ],
)
def test_selectors_match_as_in_kubectl(selector: str, matches: bool) -> None:
    assert parse_selector(selector).matches(LABELS) is matches


@pytest.mark.parametrize(
    "selector", ["app=web tier", "=web", "app in web", "app in (a", "a,,b", "-a=b", "app>x", "a=b=c"]
)
def test_what_does_not_parse_is_named_with_an_example(selector: str) -> None:
    with pytest.raises(SelectorError, match=r"does not parse .* \(as in kubectl, separated by commas"):
        parse_selector(selector)


def test_spaces_between_equations_are_commas() -> None:
    selector = parse_selector(" app=web  tier!=back ")
    assert selector.matches({"app": "web", "tier": "front"})
    assert not selector.matches({"app": "web", "tier": "back"})

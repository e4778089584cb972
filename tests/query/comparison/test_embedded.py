from __future__ import annotations

import pytest

from query.comparison.embedded import parse_embedded


def test_dates_infinities_and_odd_keys_become_plain_json() -> None:
    text = "at: 2026-11-22\nmost: .inf\n1: yes\nlist: [1, a, null]"
    assert parse_embedded(text) == {"at": "2026-11-22", "most": "inf", "1": True, "list": [1, "a", None]}


def test_json_is_understood() -> None:
    assert parse_embedded('{"a": [1, {"b": true}]}') == {"a": [1, {"b": True}]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        "a: b: c",
        "a: 2026-13-45",
        "---\na: 1\n---\nb: 2",
        "a: &x [1]\nb: *x",
        "x: !!python/object/apply:os.getcwd []",
        "[" * 100_000,
        "- " * 100_000 + "a",
        "a: " + "x" * 300_000,
    ],
)
def test_what_is_no_tame_document_stays_text(text: str) -> None:
    assert parse_embedded(text) is None

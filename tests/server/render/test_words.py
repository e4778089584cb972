"""Counts, ages and values as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from server.render.words import ago, clip, count, listing, value


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (1, "cause", "1 cause"),
        (0, "cause", "0 causes"),
        (2, "GitRepository", "2 GitRepositories"),
        (2, "Ingress", "2 Ingresses"),
        (1_200, "object", "1,200 objects"),
    ],
)
def test_count(number: int, noun: str, text: str) -> None:
    assert count(number, noun) == text


def test_messages_become_one_line() -> None:
    assert clip("a\n  b\tc") == "a b c"
    assert clip("x" * 500, 10) == "x" * 9 + "…"


def test_an_unknown_time_has_no_age() -> None:
    assert ago("", 0.0) == ""
    assert ago("1970-01-01T00:00:00Z", 720.0, " ago") == "12m ago"


def test_listing_counts_the_rest() -> None:
    assert listing(["a", "b"]) == "a, b"
    assert listing("abcdefg", 2) == "a, b and 5 more"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("6.5.4", "6.5.4"),
        ("3", '"3"'),
        (3, "3"),
        (True, "true"),
        ("true", '"true"'),
        (None, "null"),
        ("", '""'),
        ("a\nb", '"a\\nb"'),
        ("a; b", '"a; b"'),
        ({"b": 1, "a": [2]}, '{"a":[2],"b":1}'),
    ],
)
def test_a_value_cannot_be_mistaken_for_another_type(content: Any, text: str) -> None:
    assert value(content) == text

"""Spans, times and patterns that come with a question."""

from __future__ import annotations

import pytest

from query.errors import SelectorError
from query.syntax.patterns import parse_pattern
from query.syntax.spans import parse_since

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "ago"),
    [("2h", 7200.0), ("1h30m", 5400.0), ("90s", 90.0), ("3d", 259_200.0), ("1.5h", 5400.0), (" 500ms ", 0.5)],
)
def test_a_span_counts_back_from_now(text: str, ago: float) -> None:
    assert parse_since(text, NOW) == pytest.approx(NOW - ago)


def test_a_time_is_a_time() -> None:
    assert parse_since("2023-11-14T22:13:20Z", 0.0) == NOW
    assert parse_since("2023-11-14T22:13Z", 0.0) == NOW - 20


@pytest.mark.parametrize("text", ["", "soon", "2 hours", "h", "-2h", "5x", "2h ago"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SelectorError, match="neither a span nor a time"):
        parse_since(text, NOW)


def test_a_pattern_ignores_case() -> None:
    assert parse_pattern("back.?off|failed").search("BackOff restarting")


@pytest.mark.parametrize(
    ("text", "why"),
    [("(", "does not parse"), ("x" * 201, "at most 200"), ("(a+)+$", "repetition"), ("(a*)*b", "repetition")],
)
def test_a_pattern_that_is_wrong_or_may_run_away_is_refused(text: str, why: str) -> None:
    with pytest.raises(SelectorError, match=why):
        parse_pattern(text)

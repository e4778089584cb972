from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.syntax.quantities import canonical_duration, canonical_quantity


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("60m", "1h"),
        ("1h0m0s", "1h"),
        ("90s", "1m30s"),
        ("1.5h", "1h30m"),
        ("300ms", "300ms"),
        ("0", "0s"),
        ("-0s", "0s"),
        ("-90s", "-1m30s"),
        ("10", "10"),
        ("1h x", "1h x"),
        ("", ""),
    ],
)
def test_durations_have_one_form(text: str, canonical: str) -> None:
    assert canonical_duration(text) == canonical


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        ("1000m", "1"),
        (1, "1"),
        (0.5, "500m"),
        ("0.50", "500m"),
        ("1024Mi", "1Gi"),
        (1073741824, "1Gi"),
        ("1500Mi", "1500Mi"),
        ("1e3", "1000"),
        ("1G", "1G"),
        ("2048", "2048"),
        ("0", "0"),
        ("12e999999999", "12e999999999"),
        ("web", "web"),
        ("", ""),
        (True, True),
        (None, None),
    ],
)
def test_quantities_have_one_form(value: object, canonical: object) -> None:
    assert canonical_quantity(value) == canonical


@given(st.integers(0, 10**15), st.sampled_from([("Ki", 2**10), ("Mi", 2**20), ("k", 10**3), ("G", 10**9)]))
def test_a_suffix_is_worth_what_it_says(number: int, suffix: tuple[str, int]) -> None:
    assert canonical_quantity(f"{number}{suffix[0]}") == canonical_quantity(number * suffix[1])


@given(st.integers(0, 10**9), st.sampled_from([("h", 3600_000), ("m", 60_000), ("s", 1000)]))
def test_a_unit_is_worth_what_it_says(number: int, unit: tuple[str, int]) -> None:
    assert canonical_duration(f"{number}{unit[0]}") == canonical_duration(f"{number * unit[1]}ms")

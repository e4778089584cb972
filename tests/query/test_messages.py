from __future__ import annotations

import pytest

from query.messages import excerpt, is_specific, normal_message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "kustomization path not found: stat /tmp/kustomization-123/apps: no such file",
            "kustomization path not found: stat /tmp/kustomization-98/apps: no such file",
        ),
        ("health check failed after 30.104005142s: x", "health check failed after 5m0.02s: x"),
        ("pulled main@sha1:" + "a" * 40, "pulled main@sha1:" + "b" * 40),
        ("read tcp 10.0.0.1:4242->10.1.1.1:443: reset\n", "read tcp 10.0.0.9:5252->10.1.1.1:443: reset"),
        ("Pod web-7d4b9c5f6b-x2x4z is waiting", "Pod web-5c9f8b7d6c-q7w8r is waiting"),
        ("stat ./clusters/staging/apps: no such file", "stat ./clusters/production/apps: no such file"),
    ],
)
def test_passing_parts_do_not_count(one: str, other: str) -> None:
    assert normal_message(one, "staging") == normal_message(other, "production")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dependency 'a/b' is not ready", "dependency 'a/c' is not ready"),
        ('secrets "git" not found', 'secrets "oci" not found'),
        ("staging-db is down", "production-db is down"),
    ],
)
def test_names_do_count(one: str, other: str) -> None:
    assert normal_message(one, "staging") != normal_message(other, "production")


def test_a_message_that_names_nothing_is_not_specific() -> None:
    assert not is_specific("Failed to upgrade after 4 attempt(s)")
    assert is_specific('secrets "git" not found')


def test_an_excerpt_is_one_line_of_bounded_length() -> None:
    assert excerpt("a\n  b") == "a b"
    assert excerpt("x" * 500, 10) == "x" * 9 + "…"

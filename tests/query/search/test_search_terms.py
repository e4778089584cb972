from __future__ import annotations

import pytest

from mirror.store.searchable import MARKS
from query.search.terms import Term, lines_of, parse_query


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("", []),
        ("  \t\n", []),
        ('""', []),
        ("redis", [("", "redis")]),
        ("Redis MASTER", [("", "redis"), ("", "master")]),
        ('"back-off  pulling" web', [("", "back-off pulling"), ("", "web")]),
        ("image:nginx:1.25", [("image", "nginx:1.25")]),
        ('message:"timed out"', [("message", "timed out")]),
        ("image: nginx", [("", "image:"), ("", "nginx")]),
        ("error: foo", [("", "error:"), ("", "foo")]),
        ("app.kubernetes.io/name=web", [("", "name=web")]),
        ("label:team/x=y", [("label", "x=y")]),
        ("https://example.com/a?b=c", [("", "https://example.com/a?b=c")]),
        (
            'a"b AND (NEAR* -x ^y {z}',
            [("", 'a"b'), ("", "and"), ("", "(near*"), ("", "-x"), ("", "^y"), ("", "{z}")],
        ),
        (f"a{MARKS['image']}b", [("", "a"), ("", "b")]),
    ],
)
def test_a_query_is_words_phrases_and_fields(query: str, terms: list[tuple[str, str]]) -> None:
    assert list(parse_query(query)) == terms


@pytest.mark.parametrize(
    ("wanted", "said", "found"),
    [
        ("podinfo", "podinfo 6.5.0", True),
        ("podinfo", "podinfo-extra 6.5.0", False),
        ("podinfo", "podinfo", True),
        ("podinfo@6.5.0", "podinfo 6.5.0", True),
        ("podinfo@6.5.0", "podinfo 6.5.01", False),
        ("podinfo@v6.5.0", "podinfo 6.5.0", True),
        ("podinfo@6.5.*", "podinfo 6.5.3", True),
        ("podinfo@6.5.*", "podinfo 6.4.3", False),
        ("podinfo@6.5.0", "podinfo 6.5.0+0123456789ab", True),
        ("podinfo@6.5.0", "podinfo", False),
        ("pod*", "podinfo 6.5.0", True),
        ("*", "podinfo 6.5.0", True),
        ("p[o]dinfo", "podinfo 6.5.0", False),
    ],
)
def test_a_chart_is_named_exactly(wanted: str, said: str, found: bool) -> None:
    term = Term("chart", wanted)
    assert term.matches("chart", said) is found
    assert not term.matches("name", said)
    if found:
        text = f"x\n{MARKS['chart']}{said}".lower()
        assert all(literal.lower() in text for literal in term.literals)


@pytest.mark.parametrize(
    ("wanted", "said", "found"),
    [
        ("nginx", "docker.io/library/nginx:1.25", True),
        ("nginx", "nginx", True),
        ("nginx", "ghcr.io/org/nginx-ingress:1.25", False),
        ("nginx", "ghcr.io/nginx/unit:1", False),
        ("nginx:1.25", "nginx:1.25", True),
        ("nginx:1.25", "nginx:1.25.3", False),
        ("nginx:1.25*", "nginx:1.25.3", True),
        ("ghcr.io/org/app", "ghcr.io/org/app:v1@sha256:abcdef0", True),
        ("app@sha256:abc", "ghcr.io/org/app:v1@sha256:abcdef0", True),
        ("app@sha256:abd", "ghcr.io/org/app:v1@sha256:abcdef0", False),
        ("localhost:5000/app", "localhost:5000/app:1", True),
        ("app:v1", "localhost:5000/app", False),
        ("org/*", "ghcr.io/org/app:1", True),
        ("*", "web:1", True),
    ],
)
def test_an_image_is_named_by_whole_parts(wanted: str, said: str, found: bool) -> None:
    term = Term("image", wanted)
    assert term.matches("image", said) is found
    if found:
        assert all(literal in f"x\n{MARKS['image']}{said}" for literal in term.literals)


def test_the_lines_of_a_text_know_their_field() -> None:
    body = f"web\n{MARKS['image']}web:1\n{MARKS['label']}app=web"
    assert lines_of(body) == (("name", "web"), ("image", "web:1"), ("label", "app=web"))

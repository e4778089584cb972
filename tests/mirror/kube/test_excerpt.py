"""Quoted text never carries secrets, never grows, always is one line."""

from __future__ import annotations

import time

import pytest

from mirror.kube.excerpt import LIMIT, excerpt, excerpt_tail, mask_url

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMyJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlLW9mLTEyMw"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"refused {JWT}", "c2lnbmF0dXJl"),
        (f"Authorization: Bearer {JWT}", "eyJ"),
        ("authorization: basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("password=hunter2 is wrong", "hunter2"),
        ('{"access_token": "short", "x": 1}', "short"),
        ("export AWS_SECRET_ACCESS_KEY=abc", "abc"),
        (KEY, "MIIE"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA and cut", "MIIE"),
        ("https://user:pa55@proxy:3128 refused", "pa55"),
        ("key 0123456789abcdef0123456789abcdef", "0123456789abcdef"),
        ("k8s-aws-v1.aHR0cHM6Ly9zdHMuZXUtd2VzdC0x", "aHR0cHM6"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, secret: str) -> None:
    assert secret not in excerpt(text)
    assert secret not in excerpt_tail(text)
    assert "[masked]" in excerpt(text)


@pytest.mark.parametrize(
    "text",
    [
        'pods is forbidden: User "system:serviceaccount:flux-system:kustomize-controller" cannot list',
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 not found",
        "exec: /Users/Jane/Library2/Application/google-cloud-sdk/bin/gke-gcloud-auth-plugin failed",
        "getting credentials: exec: executable aws-iam-authenticator-with-a-long-name not found",
        "The SSO session associated with this profile has expired",
        "uid 7e9b0a5c-41d3-4c49-9a0e-6a8f3e7d2b11 changed",
    ],
)
def test_ordinary_messages_stay_readable(text: str) -> None:
    assert excerpt(text) == text


def test_it_is_one_bounded_line() -> None:
    text = "a\nb\r\n\x00c\t" + "word " * 10_000
    assert excerpt(text).startswith("a b c word")
    assert len(excerpt(text)) == LIMIT
    assert "\n" not in excerpt(text)


def test_a_long_word_takes_no_time() -> None:
    """Patterns that may begin anywhere in a word need more than a second for this one."""
    started = time.process_time()
    for word in ("x", "token-", "x1Y/", "a://", "x@", "secret"):
        excerpt(word * 20_000)
        excerpt_tail(word * 20_000)
    assert time.process_time() - started < 0.5


def test_the_tail_keeps_the_end() -> None:
    tail = excerpt_tail(b"noise " * 10_000 + b"the reason")
    assert tail.endswith("the reason")
    assert len(tail) == LIMIT


def test_bytes_that_are_no_text_are_survived() -> None:
    assert excerpt(b"\xff\xfeabc").endswith("abc")


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://host:6443/k8s", "https://host:6443/k8s"),
        ("http://me:secret@proxy:3128", "http://[masked]@proxy:3128"),
        ("http://[broken", "[masked]"),
    ],
)
def test_urls_lose_their_password(url: str, masked: str) -> None:
    assert mask_url(url) == masked

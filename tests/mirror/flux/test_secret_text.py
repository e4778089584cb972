from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.flux.secret_shapes import ASSIGNMENTS, RULES
from mirror.flux.secret_text import may_hold_secrets, redact_prose

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"


def mask(secret: str) -> str:
    return f"<{secret}>" if secret and not secret.startswith("<") else secret


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clone 'https://bob:s3cret@host/x.git': no", "clone 'https://<bob:s3cret>@host/x.git': no"),
        ("https://ghtoken@host/x", "https://<ghtoken>@host/x"),
        ("postgres://app:s3cret@db/app?sslmode=on", "postgres://app:<s3cret>@db/app?sslmode=on"),
        ("redis://:s3cret@cache:6379", "redis://:<s3cret>@cache:6379"),
        ("root:s3cret@tcp(db:3306)/app", "root:<s3cret>@tcp(db:3306)/app"),
        (f"key: {PEM} end", f"key: <{PEM}> end"),
        ("Authorization: Bearer abc.def", "Authorization: <Bearer abc.def>"),
        ("curl -H 'Bearer 0123456789'", "curl -H 'Bearer <0123456789>'"),
        ("ghp_0123456789abcdefghij", "<ghp_0123456789abcdefghij>"),
        ("id AKIAIOSFODNN7EXAMPLE used", "id <AKIAIOSFODNN7EXAMPLE> used"),
        (f"jwt {JWT}", f"jwt <{JWT}>"),
        ("https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack.com/<services/T0/B0/x>"),
        ("initialized for path: /hook/0123456789abcdef", "initialized for path: /hook/<0123456789abcdef>"),
        ("GET https://host/x?access_token=abc&page=2", "GET https://host/x?access_token=<abc>&page=2"),
        ("run --password=s3cret --level=info", "run --password=<s3cret> --level=info"),
        ("run --api-token s3cret -v", "run --api-token <s3cret> -v"),
        ("curl -u bob:s3cret https://host", "curl -u bob:<s3cret> https://host"),
        ("Server=db;User=app;Password=s3cret;Port=1", "Server=db;User=app;Password=<s3cret>;Port=1"),
        ('module username="u" password="s3cret";', 'module username="u" password="<s3cret>";'),
        ('sent {"token": "abc", "page": "2"}', 'sent {"token": "<abc>", "page": "2"}'),
        ('sent {"password": 1234, "tokens": 5}', 'sent {"password": "<1234>", "tokens": 5}'),
        (r'sent "{\"token\":\"abc\"}"', r'sent "{\"token\":\"<abc>\"}"'),
        ('spec.token: Invalid value: "abc": too short', 'spec.token: Invalid value: "<abc>": too short'),
        ('spec.env[0].password: Invalid value: "a"', 'spec.env[0].password: Invalid value: "<a>"'),
        ("<password>s3cret</password>", "<password><s3cret></password>"),
        ("login failed, password: s3cret", "login failed, password: <s3cret>"),
    ],
)
def test_a_secret_in_text_is_hidden(text: str, expected: str) -> None:
    assert redact_prose(text, mask) == expected


@pytest.mark.parametrize(
    "text",
    [
        "failed to get secret 'team-a/git': secrets \"git\" not found",
        "invalid token: signature is invalid",
        'password authentication failed for user "app"',
        "Basic authentication required, bearer token missing",
        "ssh://git@github.com/org/repo",
        "git@github.com:org/repo.git",
        "oci://ghcr.io:443/org/app:1.0@sha256:0123456789abcdef0123456789abcdef",
        "main@sha1:2682436aab56da31fc3f5567a039d37fc9f41218",
        'Get "http://host/info/refs?service=git-upload-pack": dial tcp 10.0.0.1:443: connection refused',
        "Secret/flux-system/receiver-token created",
        "couldn't find key password in Secret default/db",
        'env[0].value: Invalid value: "abc": must be',
        "container exited; token_ttl=5m --token-file=/run/token --secret-name=web",
        "dep.status.token == 'ready'",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJrekNDQVRtZ0F3SUI=",
        "--enable-token=true",
    ],
)
def test_what_people_need_stays(text: str) -> None:
    assert redact_prose(text, mask) == text


def test_a_private_key_in_base64_is_hidden() -> None:
    encoded = "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVBcjdY"
    assert redact_prose(encoded, mask) == f"<{encoded}>"


FRAGMENTS = (
    "password", "token", "secret-name", "api_key", "user", "=", ": ", ":", " ", "--", "-u ", '"', "'",
    "\\", "@", "://", "https", "/", "/hook/", "0123456789abcdef0123", "Bearer ", "basic ",
    "authorization", "ghp_", "AKIA", "eyJ", ".", "-----BEGIN PRIVATE KEY-----", "LS0tLS1CRUdJTi",
    "Invalid value: ", "<", ">", "</", "tcp(", "\n", "&", "hooks.", "sk-",
)  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=12).map("".join)


@given(texts)
def test_the_cheap_test_never_overlooks_what_a_rule_would_find(text: str) -> None:
    found = any(
        rule.pattern.sub(lambda match, rule=rule: rule.replace(match, mask), text) != text  # type: ignore[misc]
        for rule in (*RULES, ASSIGNMENTS)
    )
    assert may_hold_secrets(text) or not found


@given(st.lists(texts, max_size=4))
def test_many_texts_can_be_asked_about_at_once(several: list[str]) -> None:
    if any(map(may_hold_secrets, several)):
        assert may_hold_secrets("\0".join(several))


@given(texts)
def test_hiding_twice_changes_nothing(text: str) -> None:
    def fingerprint(secret: str) -> str:
        known = secret.startswith("<masked:") and secret.endswith(">") and len(secret) == 21
        return secret if known or not secret else "<masked:0123456789ab>"

    once = redact_prose(text, fingerprint)
    assert redact_prose(once, fingerprint) == once

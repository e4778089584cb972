from __future__ import annotations

from textwrap import dedent

import pytest

from mirror.flux.secret_config import redact_config


def mask(secret: str) -> str:
    return f"<{secret}>" if secret and not secret.startswith("<") else secret


def hidden(text: str) -> str:
    return redact_config(dedent(text), mask)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("password: s3cret", "password: <s3cret>"),
        ('  apiKey: "s3cret"  # old', '  apiKey: "<s3cret>"'),
        ("- token: s3cret", "- token: <s3cret>"),
        ("DB_PASSWORD=s3cret", "DB_PASSWORD=<s3cret>"),
        ("export API_TOKEN='s3cret'", "export API_TOKEN='<s3cret>'"),
        ("# password: s3cret", "# password: <s3cret>"),
        ("db.password = s3cret", "db.password = <s3cret>"),
        ('"password": "s3cret",', '"password": "<s3cret>",'),
        ("password: 12345", "password: <12345>"),
        ("requirepass s3cret", "requirepass <s3cret>"),
        ("url: postgres://app:s3cret@db/app", "url: postgres://app:<s3cret>@db/app"),
        ("token_ttl: 5m", "token_ttl: 5m"),
        ("tokens: 5", "tokens: 5"),
        ("auth: true", "auth: true"),
        ("secretName: web-tls", "secretName: web-tls"),
        ("existingSecret: web", "existingSecret: web"),
        ("url: http://token:8080/", "url: http://token:8080/"),
        ("message: the password is wrong", "message: the password is wrong"),
    ],
)
def test_a_line(line: str, expected: str) -> None:
    assert redact_config(line, mask) == expected


def test_a_block_below_a_secret_key_is_hidden_by_indentation() -> None:
    shown = hidden("""\
        server:
          port: 80
        secrets:
          db: one
          list:
            - two
          secretName: web
        done: yes
        tokens:
        - three
        last: four
    """)
    assert shown == dedent("""\
        server:
          port: 80
        secrets:
          db: <one>
          list:
            - <two>
          secretName: web
        done: yes
        tokens:
        - <three>
        last: four
    """)


def test_a_text_block_is_hidden_line_by_line() -> None:
    shown = hidden("""\
        password: |
          one
          name: two
        after: three
        auth: >-
          four
    """)
    assert shown == dedent("""\
        password: |
          <one>
          <name: two>
        after: three
        auth: >-
          <four>
    """)


def test_a_value_that_goes_on_in_the_next_line_is_hidden_whole() -> None:
    assert hidden('password: "one\n  two"\nnext: 1') == 'password: "<one>"\n  <two">\nnext: 1'


def test_auth_alone_does_not_hide_what_is_below_it() -> None:
    assert hidden("auth:\n  username: bob\n  password: x\n") == "auth:\n  username: bob\n  password: <x>\n"


def test_names_and_values_in_a_list() -> None:
    shown = hidden("""\
        env:
          - name: DB_PASSWORD
            value: one
          - name: LEVEL
            value: two
    """)
    assert "value: <one>" in shown
    assert "value: two" in shown


def test_the_name_of_another_level_does_not_hide_a_value() -> None:
    assert (
        hidden("metadata:\n  name: api-token\nvalue: one\n") == "metadata:\n  name: api-token\nvalue: one\n"
    )


def test_a_secret_manifest_loses_its_data_whatever_the_keys() -> None:
    shown = hidden("""\
        kind: Secret
        metadata:
          name: web
        stringData:
          username: one
        data:
          color: two
        ---
        kind: ConfigMap
        data:
          color: three
    """)
    assert "one" not in shown.replace("<one>", "")
    assert "two" not in shown.replace("<two>", "")
    assert "color: three" in shown


def test_text_without_secrets_comes_back_as_it_is() -> None:
    text = "server:\r\n  key: value\r\n\r\n\tname=x\n---\nlast"
    assert redact_config(text, mask) == text

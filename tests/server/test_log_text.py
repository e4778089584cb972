"""Which lines of a log are shown, and that no secret is among them."""

from __future__ import annotations

import pytest

from mirror.flux.redaction import Redactor
from server.log_text import BYTES, EARLIER, GAP, LAST, LONGEST, telling_part

CANARY = "planted-canary-Zq8vT2"
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "MIIEowIBAAKCAQEAplanted/canary+base64line00\n" * 40
    + "-----END RSA PRIVATE KEY-----\n"
)


def shown(text: str | bytes, *, whole: bool = True) -> tuple[str, ...]:
    raw = text if isinstance(text, bytes) else text.encode()
    return telling_part(raw, Redactor(b"k" * 32).redact_text, whole=whole)


def test_the_last_lines() -> None:
    lines = [f"line {number}" for number in range(100)]
    assert shown("\n".join(lines)) == (GAP, *lines[-LAST:])
    assert shown("one\n\ntwo\n") == ("one", "two")
    assert shown("") == ()


def test_what_happened_stands_above_its_stack_trace() -> None:
    trace = [f"    at com.example.Deep.call{number}(Deep.java:{number})" for number in range(60)]
    text = "\n".join(["starting", "Exception in thread main: no such table orders", *trace])
    found = shown(text)
    assert found[:3] == (GAP, "Exception in thread main: no such table orders", GAP)
    assert found[-1] == trace[-1].rstrip()


def test_a_log_full_of_errors_stays_short() -> None:
    found = shown("\n".join(f"error {number}: {'x' * 900}" for number in range(200)))
    assert sum(len(line.encode()) + 1 for line in found) <= BYTES + len(GAP.encode()) * 3
    assert all(len(line) <= LONGEST for line in found)
    assert found[-1].startswith("error 199")
    assert len([line for line in found if line != GAP]) <= LAST + EARLIER


@pytest.mark.parametrize(
    "text",
    [
        f"connecting to postgres://app:{CANARY}@db:5432/shop",
        f"DB_PASSWORD={CANARY}",
        f'{{"level":"error","password":"{CANARY}"}}',
        f"Authorization: Bearer {CANARY}",
        f"run --token={CANARY} --verbose",
        f"\x1b[31mpassword=\x1b[0m{CANARY}",
    ],
)
def test_secrets_are_masked(text: str) -> None:
    found = "\n".join(shown(text))
    assert CANARY not in found
    assert "<masked:" in found


def test_a_key_is_masked_whole_or_in_part() -> None:
    assert "canary" not in "\n".join(shown(f"loaded\n{KEY}done"))
    half = KEY[len(KEY) // 2 :]
    assert shown(f"{half}failed to start", whole=False) == ("failed to start",)


def test_a_secret_is_not_hidden_by_a_cut() -> None:
    long = f"{'x' * (LONGEST - 12)} password={CANARY}"
    assert "planted" not in "".join(shown(long))


def test_the_first_line_is_left_out_where_it_is_only_a_part() -> None:
    assert shown("rd=secret-rest\nwhole line", whole=False) == ("whole line",)


def test_colours_and_control_characters_go() -> None:
    assert shown(b"\x1b[1;31mERROR\x1b[0m \x07bad\x00 byte \xff\r\nnext") == ("ERROR bad byte �", "next")

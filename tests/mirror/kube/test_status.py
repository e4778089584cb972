"""What the server's refusals mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mirror.errors import (
    ApiError,
    ExpiredError,
    ForbiddenError,
    NotFoundError,
    ThrottledError,
    UnauthorizedError,
)
from mirror.kube.status import parse_retry_after, parse_status, to_error
from tests.mirror.kube.wire import status


def error(code: int, document: dict[str, Any] | None = None, **more: Any) -> ApiError:
    body = json.dumps(document).encode() if document else b""
    return to_error(code, parse_status(body), where="here", **more)


@pytest.mark.parametrize(
    ("code", "document", "kind"),
    [
        (401, status(401, "Unauthorized"), UnauthorizedError),
        (403, status(403, "Forbidden", 'User "system:anonymous" cannot list'), UnauthorizedError),
        (403, status(403, "Forbidden", 'User "bob" cannot list'), ForbiddenError),
        (403, None, ForbiddenError),
        (404, status(404, "NotFound"), NotFoundError),
        (404, None, NotFoundError),
        (410, status(410, "Expired"), ExpiredError),
        (410, status(410, "Gone"), ExpiredError),
        (410, None, ExpiredError),
        (0, status(410, "Expired"), ExpiredError),
        (0, {"kind": "Status", "reason": "Expired"}, ExpiredError),
        (429, status(429, "TooManyRequests"), ThrottledError),
        (429, None, ThrottledError),
        (504, status(504, "Timeout"), ApiError),
        (500, status(500, "InternalError", "Too large resource version"), ApiError),
        (422, status(422, "Invalid"), ApiError),
    ],
)
def test_kinds(code: int, document: dict[str, Any] | None, kind: type[ApiError]) -> None:
    found = error(code, document)
    assert type(found) is kind
    assert found.where == "here"
    assert found.status == (code or 410 if kind is ExpiredError else code)


@pytest.mark.parametrize(
    "document",
    [
        status(504, "Timeout", causes=[{"reason": "ResourceVersionTooLarge", "message": "whatever"}]),
        status(504, "Timeout", causes=[{"message": "Too large resource version"}]),
        status(504, "Timeout", "Timeout: Too large resource version: 9, current: 5"),
    ],
)
def test_a_version_from_the_future_in_three_encodings(document: dict[str, Any]) -> None:
    for code in (504, 0):
        found = error(code, document)
        assert isinstance(found, ExpiredError)
        assert found.ahead
        assert found.status == 504


def test_a_plain_expiry_is_not_ahead() -> None:
    found = error(410, status(410, "Expired"))
    assert isinstance(found, ExpiredError)
    assert not found.ahead


@pytest.mark.parametrize(
    ("header_s", "document", "wait"),
    [
        (None, None, None),
        (7.0, status(429, retryAfterSeconds=3), 7.0),
        (0.0, status(429, retryAfterSeconds=3), 0.0),
        (None, status(429, retryAfterSeconds=3), 3.0),
    ],
)
def test_how_long_to_wait(
    header_s: float | None, document: dict[str, Any] | None, wait: float | None
) -> None:
    found = error(429, document, retry_after_s=header_s)
    assert isinstance(found, ThrottledError)
    assert found.retry_after_s == wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("12", 12.0),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 07:26:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1e3", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_headers(header: str | None, wait: float | None) -> None:
    assert parse_retry_after(header, wall=1445412420.0) == wait


def test_the_message_is_the_servers_bounded_and_masked() -> None:
    found = error(500, status(500, message="password=planted-canary " + "x" * 1000))
    assert "planted" not in str(found)
    assert len(found.what) <= 300
    assert error(404, text=b"404 page not found\n").what == "404 page not found"
    assert error(502).what == "HTTP 502"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"kind": "Pod"}', b'{"kind": "Status", "code": "x"}']
)
def test_what_is_no_status(body: bytes) -> None:
    assert parse_status(body) is None

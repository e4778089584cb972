"""What an API server says when it says no: metav1.Status, and which error of ours it means.

The same table serves a failed request and an ERROR event inside a watch: a 410 is a 410 in every dress.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import msgspec

from mirror.errors import (
    ApiError,
    ExpiredError,
    ForbiddenError,
    NotFoundError,
    ThrottledError,
    UnauthorizedError,
)
from mirror.kube.excerpt import excerpt

__all__ = ["Status", "parse_retry_after", "parse_status", "to_error"]

_TOO_LARGE = "Too large resource version"
_ANONYMOUS = "system:anonymous"

_KINDS: dict[int, tuple[type[ApiError], str]] = {
    401: (UnauthorizedError, "log in again, or renew the credentials of this context"),
    403: (ForbiddenError, ""),
    404: (NotFoundError, ""),
}


class _Cause(msgspec.Struct):
    reason: str | None = None
    message: str | None = None


class _Details(msgspec.Struct, rename="camel"):
    causes: list[_Cause] | None = None
    retry_after_seconds: int | None = None


class Status(msgspec.Struct, rename="camel"):
    """metav1.Status, as far as it decides anything."""

    kind: str | None = None
    message: str | None = None
    reason: str | None = None
    code: int | None = None
    details: _Details | None = None


def parse_status(body: bytes) -> Status | None:
    """The Status object in a response body; None when it is something else (plain text, HTML)."""
    try:
        status = msgspec.json.decode(body, type=Status)
    except (msgspec.DecodeError, RecursionError):
        return None
    return status if status.kind == "Status" else None


def parse_retry_after(header: str | None, wall: float) -> float | None:
    """Seconds to wait by a Retry-After header, given as seconds or as an HTTP date; None for junk.

    wall: now, in seconds since the epoch. A date in the past means 0.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - wall)
    except (ValueError, OverflowError):
        return None


def to_error(
    http_status: int,
    status: Status | None,
    *,
    where: str,
    text: str | bytes = b"",
    retry_after_s: float | None = None,
) -> ApiError:
    """The error for a failed request or an ERROR event.

    http_status: of the response; 0 inside a stream, where only the Status knows.
    text: the raw body, quoted (bounded, masked) when it is no Status.
    retry_after_s: from the header; the Status's own figure serves when there is none.
    """
    status = status or Status()
    code = http_status or status.code or 500
    reason = status.reason or ""
    what = excerpt(status.message or text) or f"HTTP {code}"
    details = status.details or _Details()
    if code == 410 or reason in ("Expired", "Gone"):
        return ExpiredError(what, status=410, reason=reason or "Gone", where=where)
    if _is_too_large(code, reason, status.message or "", details):
        return ExpiredError(what, status=504, reason=reason or "Timeout", where=where, ahead=True)
    if code == 429:
        wait = retry_after_s if retry_after_s is not None else details.retry_after_seconds
        return ThrottledError(what, where=where, retry_after_s=None if wait is None else float(wait))
    kind, hint = _KINDS.get(code, (ApiError, ""))
    if code == 403 and _ANONYMOUS in (status.message or ""):
        kind, hint = UnauthorizedError, "the server saw no credentials; does a proxy on the way drop them?"
    return kind(what, status=code, reason=reason, where=where, hint=hint)


def _is_too_large(code: int, reason: str, message: str, details: _Details) -> bool:
    """A resourceVersion newer than the server's own; three encodings (client-go reflector.go)."""
    if code != 504 and reason != "Timeout":
        return False
    causes = details.causes or ()
    return (
        any(cause.reason == "ResourceVersionTooLarge" for cause in causes)
        or any(_TOO_LARGE in (cause.message or "") for cause in causes)
        or _TOO_LARGE in message
    )

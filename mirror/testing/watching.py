"""The parameters of a WATCH: what is refused, what they mean; and failures inside a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mirror.testing.failures import StatusError, bad_request, invalid_options
from mirror.testing.listing import parse_number, parse_rv
from mirror.testing.rendering import dumps

__all__ = ["WatchRequest", "error_event", "validate_watch"]

_DEFAULT_TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """The parameters of a watch after validation."""

    rv: int
    bookmarks: bool
    initial_events: bool
    ends_with_bookmark: bool
    timeout_s: int


def validate_watch(query: Mapping[str, str], *, watch_list: bool) -> WatchRequest:
    """Refuse with 422 what apimachinery's validateWatchOptions refuses; 400 for an unreadable number.

    watch_list: the WatchList feature of the server. With it, a watch without a resourceVersion is treated as
    if it had asked for initial events.
    """
    text, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    asked = query.get("sendInitialEvents")
    legacy = text in ("", "0")
    if watch_list and legacy and asked is None and not match:
        asked, match = "true", "NotOlderThan"
    field, causes = "resourceVersionMatch", []
    if asked is not None and match != "NotOlderThan":
        causes.append((field, f"sendInitialEvents requires setting {field} to NotOlderThan"))
    if asked is not None and not watch_list:
        feature = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
        causes.append(("sendInitialEvents", feature))
    if match and asked is None:
        causes.append((field, f"{field} is forbidden for watch unless sendInitialEvents is provided"))
    if match and query.get("continue"):
        causes.append((field, f"{field} is forbidden when continue is provided"))
    if causes:
        raise invalid_options([(name, "FieldValueForbidden", f"Forbidden: {text}") for name, text in causes])
    initial = asked is not None and asked.lower() in ("true", "1")
    return WatchRequest(
        rv=parse_rv(text),
        bookmarks=query.get("allowWatchBookmarks", "").lower() in ("true", "1"),
        initial_events=initial or (legacy and asked is None),
        ends_with_bookmark=initial,
        timeout_s=_timeout(query),
    )


def _timeout(query: Mapping[str, str]) -> int:
    seconds = parse_number(query, "timeoutSeconds")
    if seconds < 0:
        raise bad_request("timeoutSeconds must not be negative")
    return seconds or _DEFAULT_TIMEOUT_S


def error_event(error: StatusError) -> bytes:
    """The failure as a line of a stream whose HTTP status is 200 already."""
    return b'{"type":"ERROR","object":%b}\n' % dumps(error.body())

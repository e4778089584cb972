"""LIST: which resourceVersion to serve, what is refused, pages of one snapshot."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

import msgspec

from mirror.testing.etcd import Collection, Etcd
from mirror.testing.failures import StatusError, bad_request, expired, invalid_options, too_large
from mirror.testing.objects import Stored
from mirror.testing.rendering import Rendering
from mirror.testing.selectors import Selector

__all__ = ["list_page", "parse_number", "parse_rv", "validate_list"]

_EXACT, _NOT_OLDER = "Exact", "NotOlderThan"
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list without the continue parameter, or use the continue token in this response to retrieve the "
    "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
    "that were created, modified, or deleted between the time the first chunk was returned and now may show "
    "up in the list."
)


class _Token(msgspec.Struct):
    v: str
    rv: int
    start: str


class _Window(NamedTuple):
    """What to serve: the state at `rv`, from the key `start` on, `limit` objects (0 = all)."""

    rv: int
    start: str
    limit: int


def parse_number(query: Mapping[str, str], name: str) -> int:
    """A whole number parameter; 0 when it is absent. Raises StatusError 400."""
    text = query.get(name) or "0"
    if not text.lstrip("-").isdecimal():
        raise bad_request(f'unable to decode {name}: strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def parse_rv(text: str) -> int:
    """A resourceVersion parameter, "" as 0. Raises StatusError 400."""
    if text and not (text.isascii() and text.isdecimal()):
        raise bad_request(
            f'invalid resource version: resourceVersion: Invalid value: "{text}": '
            f'strconv.ParseUint: parsing "{text}": invalid syntax'
        )
    return int(text or "0")


def validate_list(query: Mapping[str, str]) -> None:
    """Refuse with 422 what apimachinery's ValidateListOptions refuses."""
    match, rv = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    field = "resourceVersionMatch"
    causes = []
    if match and not rv:
        causes.append((field, f"{field} is forbidden unless resourceVersion is provided"))
    if match and query.get("continue"):
        causes.append((field, f"{field} is forbidden when continue is provided"))
    if match == _EXACT and rv == "0":
        causes.append((field, f'{field} "exact" is forbidden for resourceVersion "0"'))
    if query.get("sendInitialEvents"):
        causes.append(("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    listed = [(name, "FieldValueForbidden", f"Forbidden: {text}") for name, text in causes]
    if match not in ("", _EXACT, _NOT_OLDER):
        supported = f'Unsupported value: "{match}": supported values: "{_EXACT}", "{_NOT_OLDER}", ""'
        listed.append((field, "FieldValueNotSupported", supported))
    if listed:
        raise invalid_options(listed)


def list_page(
    collection: Collection,
    etcd: Etcd,
    query: Mapping[str, str],
    rendering: Rendering,
    *,
    namespace: str,
    selector: Selector | None,
    watch_cache: bool,
) -> bytes:
    """The body of a LIST answer.

    watch_cache: as on real servers, resourceVersion "0" is answered from the cache, which ignores the limit.
    Raises StatusError 400, 410, 422, 504. A real server waits up to 3 s before 504; this one answers at once.
    """
    validate_list(query)
    window = _window(etcd, query, watch_cache)
    try:
        items = collection.snapshot(window.rv).select(namespace, window.start)
    except StatusError:
        if query.get("continue"):
            raise _token_expired(window.start) from None
        raise
    matching: Iterable[Stored] = items if selector is None else filter(selector, items)
    page = list(islice(matching, window.limit)) if window.limit > 0 else list(matching)
    token, remaining = "", None
    if page and len(page) == window.limit:
        rest = collection.snapshot(window.rv).select(namespace, f"{page[-1].key}\0")
        if rest:
            token = _encode_token(window.rv, f"{page[-1].key}\0")
            remaining = len(rest) if selector is None else None
    return rendering.page(page, window.rv, token, remaining)


def _window(etcd: Etcd, query: Mapping[str, str], watch_cache: bool) -> _Window:
    text, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    limit, rv = parse_number(query, "limit"), parse_rv(text)
    if query.get("continue"):
        if text not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        return _continued(etcd, query["continue"], limit)
    if rv > etcd.rv:
        raise too_large(rv, etcd.rv)
    if text == "0" and watch_cache:
        return _Window(etcd.rv, "", 0)
    exact = match == _EXACT or (not match and rv > 0 and limit > 0)
    return _Window(rv if exact else etcd.rv, "", limit)


def _continued(etcd: Etcd, text: str, limit: int) -> _Window:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        token = msgspec.json.decode(raw, type=_Token)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise bad_request(f"continue key is not valid: {error}") from None
    if token.v != "meta.k8s.io/v1" or not token.start or token.rv == 0:
        raise bad_request("continue key is not valid")
    if token.rv < 0:  # an inconsistent continuation: the remainder as it is now
        return _Window(etcd.rv, token.start, limit)
    if token.rv <= etcd.continue_floor:
        raise _token_expired(token.start)
    if token.rv > etcd.rv:
        raise too_large(token.rv, etcd.rv)
    return _Window(token.rv, token.start, limit)


def _token_expired(start: str) -> StatusError:
    return expired(_TOO_OLD, continue_token=_encode_token(-1, start))


def _encode_token(rv: int, start: str) -> str:
    raw = msgspec.json.encode(_Token("meta.k8s.io/v1", rv, start))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

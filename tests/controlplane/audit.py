"""What the API server wrote down about who asked it what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from mirror.clock import parse_time

__all__ = ["POLICY", "Request", "parse_requests"]

POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["system:apiserver"]},  # its requests to itself say nothing about us
        {"level": "Metadata"},
    ],
}
"""Everything by its metadata. A watch is written when it begins and again when it ends."""


@dataclass(frozen=True)
class Request:
    """One request, once, however many stages of it were written.

    user: as authenticated; as_user: whom it impersonated, or empty.
    received: seconds since the epoch at which it arrived, for a watch the time at which it began.
    code: the HTTP status, 0 while a watch is open and nothing was answered yet.
    """

    user: str
    as_user: str
    verb: str
    path: str
    code: int
    received: float
    agent: str


def parse_requests(lines: Iterable[bytes], *, user: str | None = None, since: float = 0.0) -> list[Request]:
    """The requests of one user (None: of all) that arrived at or after `since`, in order of arrival.

    A last line that is not whole yet is left out.
    """
    found: dict[str, Request] = {}
    for line in lines:
        if not line.endswith(b"\n"):
            continue
        entry = _DECODER.decode(line)
        request = _request(entry)
        if user in (None, request.user) and request.received >= since:
            found[entry.audit_id] = request
    return sorted(found.values(), key=lambda request: request.received)


class _User(msgspec.Struct):
    username: str = ""


class _Status(msgspec.Struct):
    code: int = 0


class _Entry(msgspec.Struct, rename="camel"):
    audit_id: str = msgspec.field(name="auditID")
    user: _User
    verb: str
    request_uri: str = msgspec.field(name="requestURI")
    request_received_timestamp: str
    user_agent: str = ""
    impersonated_user: _User = msgspec.field(default_factory=_User)
    response_status: _Status = msgspec.field(default_factory=_Status)


_DECODER = msgspec.json.Decoder(_Entry)


def _request(entry: _Entry) -> Request:
    return Request(
        user=entry.user.username,
        as_user=entry.impersonated_user.username,
        verb=entry.verb,
        path=entry.request_uri,
        code=entry.response_status.code,
        received=parse_time(entry.request_received_timestamp) or 0.0,
        agent=entry.user_agent,
    )

"""What a request asks for, and the log of all requests a server has got."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["Match", "Matching", "RequestInfo", "RequestLog", "describe", "matcher"]

_LOG_LENGTH = 10_000


@dataclass(slots=True)
class RequestInfo:
    """One request, parsed as a server's RequestInfo resolver does; also its line in the log.

    verb: list, watch, get, create, update, patch or delete for objects; "" for discovery, version, health.
    user: who sent it; "" until authenticated. impersonated: whom it acted as, else "".
    status: of the answer; 0 while there is none. A watch is 200 from its first byte on.
    """

    method: str
    path: str
    query: Mapping[str, str]
    verb: str = ""
    group: str = ""
    version: str = ""
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    accept: str = ""
    user: str = ""
    impersonated: str = ""
    impersonated_groups: tuple[str, ...] = ()
    impersonated_uid: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    status: int = 0


Match = Callable[[RequestInfo], bool]
Matching = str | Match
"""Which requests: a function, or words that must all fit, each a verb, a plural or a path prefix.

`"watch pods"`, `"list"`, `"/apis/apps"`, `""` (every request).
"""


def matcher(matching: Matching) -> Match:
    if callable(matching):
        return matching
    words = matching.split()
    return lambda info: all(
        info.path.startswith(word) if word.startswith("/") else word in (info.verb, info.plural)
        for word in words
    )


_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def describe(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> RequestInfo:
    """Parse method, path and query. A path that names no resource leaves `plural` empty."""
    given = headers or {}
    info = RequestInfo(method, path, query, accept=given.get("Accept", ""), headers=given)
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        info.version, rest = parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        info.group, info.version, rest = parts[1], parts[2], parts[3:]
    else:
        return info
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        info.namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        return info
    info.plural, info.name, info.subresource = (*rest, "", "")[:3]
    info.verb = _VERBS.get(method, _read_verb(info))
    return info


def _read_verb(info: RequestInfo) -> str:
    if info.name:
        return "get"
    return "watch" if info.query.get("watch", "0").lower() in ("1", "true", "") else "list"


class RequestLog:
    """The newest requests in order, and how many there have been in all.

    total: since the start or the last `clear()`, also those that are no longer kept.
    """

    def __init__(self) -> None:
        self._kept: deque[RequestInfo] = deque(maxlen=_LOG_LENGTH)
        self.total = 0

    def add(self, info: RequestInfo) -> None:
        self._kept.append(info)
        self.total += 1

    def clear(self) -> None:
        self._kept.clear()
        self.total = 0

    def count(self, matching: Matching = "") -> int:
        """How many of the kept requests match."""
        return len(self.matching(matching))

    def matching(self, matching: Matching) -> list[RequestInfo]:
        fits = matcher(matching)
        return [info for info in self._kept if fits(info)]

    def __iter__(self) -> Iterator[RequestInfo]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, index: int) -> RequestInfo:
        return self._kept[index]

"""Misbehaviour on command: what servers, proxies and networks do to a client."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from mirror.testing.behaviour import StreamSettings
from mirror.testing.cluster import FakeCluster
from mirror.testing.failures import StatusError
from mirror.testing.holds import Hold
from mirror.testing.listener import Listener
from mirror.testing.requests import Match, Matching, RequestInfo, matcher
from mirror.testing.stream import WatchStream
from mirror.testing.watching import error_event
from mirror.testing.wire import json_response, status_response

__all__ = ["Faults"]

Proceed = Callable[[], Awaitable[web.StreamResponse]]
_Act = Callable[[web.BaseRequest, Proceed], Awaitable[web.StreamResponse]]

_LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
_HALF_A_LINE = b'{"type":"MODIFIED","object":{"apiVersion":"v1","metadata":{"name":"half-a-li'
_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


@dataclass(slots=True)
class _Rule:
    fits: Match
    left: float
    act: _Act


class Faults:
    """The faults of one server; all of them off at first.

    `times` is how many of the next matching requests are affected (`math.inf`: all), `matching` which ones
    (see requests.Matching). The oldest rule that fits takes a request; a request meets at most one rule.
    Methods about watches act on the streams that are open now and return how many that were.
    """

    def __init__(
        self, cluster: FakeCluster, listener: Listener, streams: set[WatchStream], settings: StreamSettings
    ) -> None:
        self._cluster = cluster
        self._listener = listener
        self._streams = streams
        self._settings = settings
        self._rules: list[_Rule] = []
        self._holds: list[Hold] = []
        self.hidden_groups: set[str] = set()
        self.stale_groups: set[str] = set()

    # requests

    def answer(
        self,
        status: int,
        *,
        times: float = 1,
        matching: Matching = "",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        reason: str = "",
        message: str = "",
    ) -> None:
        """Answer with this status and a Status object, or with `body` as it is."""
        error = StatusError(status, reason or _REASONS.get(status, ""), message or "made to fail")

        async def act(request: web.BaseRequest, proceed: Proceed) -> web.StreamResponse:
            if body is None:
                response = status_response(error)
                response.headers.update(headers or {})
                return response
            return web.Response(body=body, status=status, headers=headers)

        self._rule(matching, times, act)

    def throttle(self, *, times: float = 1, matching: Matching = "", retry_after: str | None = "1") -> None:
        """429. retry_after: the header as it is, seconds or an HTTP date; None leaves it out."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        text = "Too many requests, please try again later."
        self.answer(429, times=times, matching=matching, headers=headers, message=text)

    def login_page(self, *, times: float = 1, matching: Matching = "") -> None:
        """200 with HTML, as an authenticating proxy answers."""
        headers = {"Content-Type": "text/html; charset=utf-8"}
        self.answer(200, times=times, matching=matching, body=_LOGIN_PAGE, headers=headers)

    def truncate(self, *, times: float = 1, matching: Matching = "") -> None:
        """A complete HTTP answer whose JSON stops in the middle. Not for watches."""

        async def act(request: web.BaseRequest, proceed: Proceed) -> web.StreamResponse:
            whole = await proceed()
            if not isinstance(whole, web.Response) or not isinstance(whole.body, bytes):
                return whole
            return json_response(whole.body[: len(whole.body) // 2], status=whole.status)

        self._rule(matching, times, act)

    def reset(self, *, times: float = 1, matching: Matching = "") -> None:
        """Break the connection instead of answering."""

        async def act(request: web.BaseRequest, proceed: Proceed) -> web.StreamResponse:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)

        self._rule(matching, times, act)

    def hold(self, *, times: float = math.inf, matching: Matching = "") -> Hold:
        """Keep requests waiting before anything is sent; released, they are served as usual."""
        hold = self._new_hold()

        async def act(request: web.BaseRequest, proceed: Proceed) -> web.StreamResponse:
            await hold.wait()
            return await proceed()

        self._rule(matching, times, act)
        return hold

    def clear(self) -> None:
        """End every fault of requests, streams and discovery. What was answered or ended stays so."""
        self._rules.clear()
        for hold in self._holds:
            hold.release()
        self._holds.clear()
        self.hidden_groups.clear()
        self.stale_groups.clear()
        self._settings.omit_bookmarks = False
        self._settings.chunk_bytes = 0

    # open watches

    def end_watches(self, matching: Matching = "") -> int:
        """A clean end, as when a server shuts down."""
        return self._each(matching, WatchStream.close)

    def cut_watches(self, matching: Matching = "", *, mid_line: bool = True) -> int:
        """A broken connection; mid_line: after half an event."""

        def cut(stream: WatchStream) -> None:
            if mid_line:
                stream.send(_HALF_A_LINE)
            stream.abort()

        return self._each(matching, cut)

    def freeze_watches(self, matching: Matching = "") -> Hold:
        """Half-open connections: nothing more arrives and nothing is closed, until the hold is released."""
        hold = self._new_hold()
        self._each(matching, lambda stream: stream.hold(hold))
        return hold

    def send_error(self, status: int, matching: Matching = "", *, reason: str = "", message: str = "") -> int:
        """An ERROR event, then the end of the stream."""
        line = error_event(StatusError(status, reason or _REASONS.get(status, ""), message or "made to fail"))

        def fail(stream: WatchStream) -> None:
            stream.send(line)
            stream.close()

        return self._each(matching, fail)

    def send_bookmarks(self, matching: Matching = "") -> int:
        """A bookmark now, to those who asked for bookmarks."""
        return self._each(matching, WatchStream.send_bookmark)

    def drop_events(self, matching: Matching = "", *, count: int = 1) -> int:
        """Never send the next events of each stream; bookmarks and later events go on, as if nothing were."""
        return self._each(matching, lambda stream: stream.drop(count))

    def send_duplicates(self, matching: Matching = "") -> int:
        """The newest event of each stream's kind once more."""
        return self._each(matching, WatchStream.repeat_last)

    def send_raw(self, line: bytes, matching: Matching = "") -> int:
        """Any bytes: a blank line, junk, an unknown event type."""
        return self._each(matching, lambda stream: stream.send(line))

    def omit_bookmarks(self) -> None:
        self._settings.omit_bookmarks = True

    def split_chunks(self, size: int) -> None:
        """Cut watch streams into HTTP chunks of `size` bytes, in the middle of characters too."""
        self._settings.chunk_bytes = size

    # history and the cluster

    def expire_continue_tokens(self) -> None:
        """410 for every continue token handed out so far."""
        self._cluster.etcd.expire_continue_tokens()

    def compact(self) -> None:
        """410 for every resourceVersion and continue token handed out so far; open watches go on."""
        self._cluster.etcd.compact()

    def rebuild(self, *, start: int = 1000) -> None:
        """See FakeCluster.rebuild; open connections break."""
        self._cluster.rebuild(start=start)
        self._listener.abort_connections()

    def restore(self, rv: int) -> None:
        """See FakeCluster.restore; open connections break."""
        self._cluster.restore(rv)
        self._listener.abort_connections()

    # discovery

    def hide_group(self, group: str) -> None:
        """Leave a group out of discovery; its objects are still served."""
        self.hidden_groups.add(group)

    def make_group_stale(self, group: str) -> None:
        """As when the server behind an aggregated API is away: `freshness: Stale`, 503 for its objects."""
        self.stale_groups.add(group)

    # the network

    async def refuse_connections(self) -> None:
        """Break all connections and refuse new ones, until `accept_connections`; the port stays reserved."""
        await self._listener.refuse()

    async def accept_connections(self) -> None:
        """Listen again on the same port."""
        await self._listener.accept()

    def abort_connections(self) -> None:
        """Break all connections once."""
        self._listener.abort_connections()

    async def around(
        self, info: RequestInfo, request: web.BaseRequest, proceed: Proceed
    ) -> web.StreamResponse:
        """Serve one request under the faults of the moment. For the server only."""
        for rule in self._rules:
            if rule.left > 0 and rule.fits(info):
                rule.left -= 1
                self._rules = [r for r in self._rules if r.left > 0]
                return await rule.act(request, proceed)
        return await proceed()

    def _rule(self, matching: Matching, times: float, act: _Act) -> None:
        self._rules.append(_Rule(matcher(matching), times, act))

    def _new_hold(self) -> Hold:
        hold = Hold()
        self._holds.append(hold)
        return hold

    def _each(self, matching: Matching, act: Callable[[WatchStream], None]) -> int:
        fits = matcher(matching)
        chosen = [stream for stream in self._streams if fits(stream.info)]
        for stream in chosen:
            act(stream)
        return len(chosen)

"""Everything that a fake server can do wrong, as steps of a program."""

from __future__ import annotations

from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.holds import Hold
from tests.mirror.informers.interleaving import objects
from tests.mirror.informers.interleaving.history import History

__all__ = ["JUNK", "Mishaps"]

JUNK = {
    "blank": b"\n",
    "no JSON": b"<html>\n",
    "no object": b'{"type":"ADDED"}\n',
    "unknown type": b'{"type":"RENAMED","object":{"metadata":{"name":"x","resourceVersion":"1"}}}\n',
    "error without status": b'{"type":"ERROR","object":{}}\n',
    "table": b'{"type":"ADDED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[]}}\n',
    "other kind": b'{"type":"ADDED","object":{"kind":"Lease","apiVersion":"coordination.k8s.io/v1",'
    b'"metadata":{"name":"x","namespace":"y","uid":"z","resourceVersion":"999999"}}}\n',
    "bookmark without version": b'{"type":"BOOKMARK","object":{"metadata":{}}}\n',
    "half a line": b'{"type":"MODIFIED","object":{"metadata":{"na',
    "half a character": b'{"type":"MODIFIED","object":{"metadata":{"name":"\xe2\x98',
    "NUL": b"\x00\n",
}
"""Bytes that no server should send into a watch. None of them says anything that is not so."""

BODIES = {
    "failure with 200": b'{"kind":"Status","status":"Failure","code":500,"reason":"InternalError"}',
    "empty": b"",
    "another list": b'{"kind":"LeaseList","apiVersion":"coordination.k8s.io/v1",'
    b'"metadata":{"resourceVersion":"999999"},"items":[]}',
    "no items": b'{"kind":"Status","apiVersion":"v1","status":"Success"}',
    "null": b"null",
}
"""Answers with status 200 that are no answer."""

TOO_LARGE = "Too large resource version: 999999, current: 1000"


class Mishaps:
    """Each method is one step; `forgive` ends all that can be ended."""

    def __init__(self, server: FakeAPIServer, history: History) -> None:
        self._server = server
        self._faults = server.faults
        self._history = history
        self._holds: list[Hold] = []

    async def forgive(self) -> None:
        self._faults.clear()
        self._server.access.allow_everything()
        self._server.access.tokens = None
        await self._faults.accept_connections()

    def answer(self, status: int, times: int, matching: str) -> None:
        self._faults.answer(status, times=times, matching=matching)

    def gone(self, times: int, matching: str) -> None:
        """410 as servers up to 1.17 spelled it."""
        self._faults.answer(410, reason="Gone", times=times, matching=matching)

    def too_large(self, times: int, matching: str) -> None:
        self._faults.answer(504, reason="Timeout", message=TOO_LARGE, times=times, matching=matching)

    def nonsense(self, body: str, times: int, matching: str) -> None:
        headers = {"Content-Type": "application/json"}
        self._faults.answer(200, body=BODIES[body], headers=headers, times=times, matching=matching)

    def throttle(self, retry_after: str | None, times: int, matching: str) -> None:
        self._faults.throttle(retry_after=retry_after, times=times, matching=matching)

    def login_page(self, times: int, matching: str) -> None:
        self._faults.login_page(times=times, matching=matching)

    def truncate(self, times: int, matching: str) -> None:
        self._faults.truncate(times=times, matching=matching)

    def reset(self, times: int, matching: str) -> None:
        self._faults.reset(times=times, matching=matching)

    def hold(self, times: int, matching: str) -> None:
        self._holds.append(self._faults.hold(times=times, matching=matching))

    def release(self) -> None:
        """What was held first goes on first."""
        if self._holds:
            self._holds.pop(0).release()

    def clear(self) -> None:
        self._faults.clear()

    def end_watches(self, matching: str) -> None:
        self._faults.end_watches(matching)

    def cut_watches(self, matching: str, mid_line: bool) -> None:
        self._faults.cut_watches(matching, mid_line=mid_line)

    def freeze_watches(self, matching: str) -> None:
        self._holds.append(self._faults.freeze_watches(matching))

    def send_error(self, status: int, reason: str, matching: str) -> None:
        self._faults.send_error(status, matching, reason=reason)

    def send_bookmarks(self, matching: str) -> None:
        self._faults.send_bookmarks(matching)

    def send_duplicates(self, matching: str) -> None:
        self._faults.send_duplicates(matching)

    def send_junk(self, name: str, matching: str) -> None:
        self._faults.send_raw(JUNK[name], matching)

    def omit_bookmarks(self) -> None:
        self._faults.omit_bookmarks()

    def split_chunks(self, size: int) -> None:
        self._faults.split_chunks(size)

    def expire_continue_tokens(self) -> None:
        self._faults.expire_continue_tokens()

    def compact(self) -> None:
        self._faults.compact()

    def rebuild(self, start: int) -> None:
        """Another cluster behind the address, with the CRDs of the first."""
        self._faults.rebuild(start=start)
        self._history.begin_life(start)
        objects.furnish(self._server.cluster)

    def restore(self, back: int) -> None:
        """A backup from `back` writes ago."""
        self._faults.restore(self._server.cluster.rv - back)
        self._history.begin_life(self._server.cluster.rv, restored=True)

    def serve_like(self, streaming: bool, legacy: bool, http_410: bool, silent_reviews: bool) -> None:
        """Another release of Kubernetes, or another configuration of it."""
        behaviour = self._server.behaviour
        behaviour.watch_list, behaviour.legacy_discovery = streaming, legacy
        behaviour.expired_watch = "http" if http_410 else "event"
        behaviour.incomplete_reviews = silent_reviews

    def hide_group(self, group: str) -> None:
        self._faults.hide_group(group)

    def make_group_stale(self, group: str) -> None:
        self._faults.make_group_stale(group)

    async def refuse_connections(self) -> None:
        await self._faults.refuse_connections()

    async def accept_connections(self) -> None:
        await self._faults.accept_connections()

    def abort_connections(self) -> None:
        self._faults.abort_connections()

    def deny(self, verb: str, plural: str, namespace: str | None) -> None:
        self._server.deny(verb, "*", plural, namespace=namespace)

    def allow(self, verb: str, plural: str, namespace: str | None) -> None:
        self._server.allow(verb, "*", plural, namespace=namespace)

    def lock_out(self) -> None:
        """401 for everybody."""
        self._server.access.tokens = {}

    def let_in(self) -> None:
        self._server.access.tokens = None

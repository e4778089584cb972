"""A random server and the mirror that ListWatch keeps of it end up equal, whatever happens between them."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mirror.errors import ExpiredError, MirrorError, TransportError
from mirror.kube.frames import EventType
from mirror.kube.listwatch import ListRequest, ListWatch
from mirror.settings import WatchSettings
from tests.mirror.kube.wire import POD, frame, page, pod, status


class Server:
    """A collection with a log, snapshots behind its continue tokens, and faults."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.version = 1
        self.objects: dict[str, str] = {}
        self.log: list[tuple[int, bytes]] = []
        self.compacted = 0
        self.snapshots: dict[str, tuple[str, list[dict[str, Any]]]] = {}

    def write(self) -> None:
        for _ in range(self.rng.randint(0, 4)):
            self.version += 1
            name, version = self.rng.choice("abcdefgh"), str(self.version)
            if name in self.objects and self.rng.random() < 0.4:
                del self.objects[name]
                kind = "DELETED"
            else:
                kind = "MODIFIED" if name in self.objects else "ADDED"
                self.objects[name] = version
            self.log.append((self.version, frame(kind, body=pod(name, version))))
        if self.rng.random() < 0.15:
            self.compacted = self.version
            self.snapshots.clear()

    def page(self, query: dict[str, str], faulty: bool) -> bytes:
        if faulty and self.rng.random() < 0.1:
            raise TransportError("nobody there")
        version, rest = str(self.version), [pod(name, at) for name, at in sorted(self.objects.items())]
        if token := query.get("continue"):
            if token not in self.snapshots:
                raise ExpiredError("gone", status=410)
            version, rest = self.snapshots[token]
        limit = int(query.get("limit", len(rest) or 1))
        token = f"{version}-{len(rest)}" if len(rest) > limit else ""
        self.snapshots[token] = (version, rest[limit:])
        return page(version, token, *rest[:limit])

    def watch(self, query: dict[str, str], faulty: bool) -> list[bytes]:
        since = int(query["resourceVersion"])
        if since < self.compacted:
            if self.rng.random() < 0.5:
                raise ExpiredError("gone", status=410)
            return [frame("ERROR", body=status(410, "Expired"))]
        stream = b"".join(line for version, line in self.log if version > since)
        if self.rng.random() < 0.3:
            stream = (
                b"".join([line for version, line in self.log if version <= since][-3:]) + stream
            )  # replayed
        if faulty and self.rng.random() < 0.3:
            stream += frame("ERROR", body=status(429, "TooManyRequests")) + frame("ADDED", "999999")
        elif faulty and self.rng.random() < 0.3:
            stream = stream[: self.rng.randint(0, len(stream))]
        else:
            stream += frame("BOOKMARK", str(self.version))
        cut = self.rng.randint(0, len(stream))
        return [stream[:cut], stream[cut:]]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(10, 60))
def test_whatever_happens_the_mirror_ends_up_equal(seed: int, steps: int) -> None:
    """Random writes, cut streams, expiries, throttling and page sizes; then quiet."""
    rng = random.Random(seed)
    server = Server(rng)
    made = ListWatch(POD, WatchSettings(page_size=rng.randint(1, 4), very_short_s=0), rng)
    mirror: dict[str, str] = {}
    staged: dict[str, str] = {}
    for step in range(steps + 30):  # the quiet end is long enough for two lists, page by page
        faulty = step < steps
        if faulty:
            server.write()
        request = made.next_request()
        try:
            if isinstance(request, ListRequest):
                staged = {} if request.first else staged
                got = made.page(server.page(request.query, faulty))
                staged |= {
                    item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in got.items
                }
                if not got.continue_:
                    mirror = staged
                continue
            for chunk in server.watch(request.query, faulty):
                for event in made.feed(chunk):
                    name = event.object["metadata"]["name"] if event.object else ""
                    if event.type is EventType.DELETED:
                        assert mirror.pop(name, None) is not None, "a delete of what was never seen"
                    elif event.object:
                        mirror[name] = event.resource_version
            made.ended(60)
        except MirrorError as error:
            made.failed(error)
    assert mirror == server.objects

"""The list/watch protocol of one scope as a state machine: what to ask next, and what the answers mean.

    ┌─ page(): more to come
    ▼                                    ┌────────── ended(): asked to come back ──▶ WATCH
    LIST ──── page(): the last one ────▶ WATCH
    ▲                                    │ ▲
    │                                    │ └── probed(): we are not ahead of the server ─── PROBE
    │                                    └──── failed()/ended(): out of touch for a while ────▲
    └── failed()/ended(): expired, makes no sense, or keeps failing; probed(): we are ahead ──┘

No sockets, no clock: bytes go in, values come out. Rules after client-go's reflector.go and pager.go:

- A list is read from the beginning at the most recent resourceVersion (none is sent), in pages; follow-up
  pages send only `continue` and `limit`. The resourceVersion to watch from is the list's, never an item's.
- 410 on a later page: one list without pages. 410 elsewhere, in every dress: a new list.
- A list may also be the beginning of its watch (WatchList): always instead of one without pages, which
  costs the server five times its size, and for all lists if the settings say so. It counts at its end
  bookmark. What a server refuses is remembered, and listed as before.
- Events come in the order of their resourceVersion (KEP-5504); one that is not newer than the last is a
  duplicate and dropped. A version that cannot be compared is taken as it comes.
- What a stream delivered before it failed has been delivered: the watch goes on after it.
- A server that was restored from a backup, or rebuilt, accepts a resourceVersion from its future and stays
  silent (kubernetes#107457). So before a watch goes on after a break, or from what an earlier run has
  stored, one object is listed: the answer says how far the server is. If it is behind us: a new list.
- A list that goes back in time, or that is empty after trouble where something was, must be said twice.
- Where a list works and the watch after it is forbidden, lists follow each other; each one tries to watch.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mirror.errors import ExpiredError, ForbiddenError, MirrorError, ThrottledError
from mirror.keys import Resource
from mirror.kube.doubts import Doubts, is_newer
from mirror.kube.frames import EventType, FrameDecoder, Page, WatchEvent
from mirror.kube.lines import LineSplitter
from mirror.kube.outcome import Action, Outcome, classify
from mirror.kube.streaming import StreamingOffer
from mirror.settings import WatchSettings

__all__ = ["ListRequest", "ListWatch", "ProbeRequest", "Request", "WatchCounters", "WatchRequest"]

_WATCH_ATTEMPTS = 10
"""Failed watches in a row before a list. With client-go's backoff they take 3 to 6 minutes: by then etcd has
compacted our resourceVersion anyway, and where only watching fails a list gets through."""


_GROWTH = {EventType.ADDED: 1, EventType.MODIFIED: 0, EventType.DELETED: -1, EventType.BOOKMARK: 0}


class ListRequest(NamedTuple):
    """GET the collection. first: a new list begins; what was read of an unfinished one is to be dropped."""

    query: dict[str, str]
    first: bool


class WatchRequest(NamedTuple):
    """Open a watch on the collection. initial: it begins with a list, whose end a bookmark tells."""

    query: dict[str, str]
    initial: bool = False


class ProbeRequest(NamedTuple):
    """GET one object of the collection, to learn the server's resourceVersion."""

    query: dict[str, str]


Request = ListRequest | WatchRequest | ProbeRequest


@dataclass(slots=True)
class WatchCounters:
    """What came through the streams of a scope since the start."""

    events: int = 0
    bookmarks: int = 0
    duplicates: int = 0
    unknown: int = 0


class ListWatch:
    """The state of one scope. Not shared between tasks.

    resource_version: where to resume; the first request is then a probe. "" begins with a LIST.
    selectors: `labelSelector` and `fieldSelector`, sent with every request.
    metadata_only: objects are reduced to apiVersion, kind and metadata.
    troubled: there was trouble before, so that a first list without objects has to be said twice.
    offer: what is known of the server; without one, no list is asked for as a stream.
    """

    def __init__(
        self,
        resource: Resource,
        settings: WatchSettings,
        rng: random.Random,
        *,
        resource_version: str = "",
        metadata_only: bool = False,
        selectors: Mapping[str, str] | None = None,
        where: str = "",
        troubled: bool = False,
        offer: StreamingOffer | None = None,
    ) -> None:
        self.resource_version = resource_version
        """Everything up to here has been returned by `page` and `feed`; "" before the first list."""
        self.counters = WatchCounters()
        self._settings = settings
        self._rng = rng
        self._selectors = dict(selectors or {})
        self._where = where
        self._offer = offer
        self._initial = False  # the present stream has not told the end of its list yet
        self._decoder = FrameDecoder(resource, metadata_only=metadata_only, where=where)
        self._listing = not resource_version
        self._doubts = Doubts(resumes=bool(resource_version), troubled=troubled)
        self._continue = ""
        self._snapshot = ""  # the resourceVersion of the list under way
        self._unpaged = False
        self._listed = 0  # objects of the list under way
        self._lines = LineSplitter(settings.line_limit_bytes)
        self._error: MirrorError | None = None  # of the present stream, still to be told
        self._moved = False  # the present stream has brought something new
        self._moved_since_list = True
        self._just_listed = False  # no stream has brought anything since
        self._just_probed = False  # the same, about a probe
        self._failed_watches = 0

    @property
    def is_listing(self) -> bool:
        """Whether the next request is a LIST."""
        return self._listing

    def next_request(self) -> Request:
        """What to send now. A WatchRequest begins a new stream: what an old one left over is forgotten."""
        if self._listing and self._may_stream():
            return self._open(initial=True)
        if self._listing:
            query = dict(self._selectors)
            if not self._unpaged:
                query["limit"] = str(self._settings.page_size)
            if self._continue:
                query["continue"] = self._continue
            return ListRequest(query, first=not self._continue)
        if self._doubts.unproven:
            return ProbeRequest(self._selectors | {"limit": "1"})
        return self._open(initial=False)

    def page(self, body: bytes) -> Page:
        """Takes the answer to a ListRequest. The list counts only once its last page has been read.

        Raises the ApiError of a Status sent with 200, and ProtocolError for anything but the right list and
        for one that must be said twice; both are for `failed`.
        """
        page = self._decoder.page(body)
        self._snapshot = self._snapshot or page.resource_version
        self._continue = page.continue_
        self._listed += len(page.items)
        if not page.continue_:
            self._complete(self._snapshot)
            self._just_listed = True
        return page

    def probed(self, body: bytes) -> bool:
        """Takes the answer to a ProbeRequest. False: the server is behind us, and a list comes next.

        Raises like `page`.
        """
        page = self._decoder.page(body)
        proven = self._doubts.answered(page.resource_version, self.resource_version)
        self._just_probed = proven
        if not proven:
            self._start_list()
        return proven

    def feed(self, chunk: bytes) -> list[WatchEvent]:
        """Takes bytes of a watch, cut anywhere; gives the events they complete, bookmarks included.

        An ERROR event raises its ApiError, nonsense raises ProtocolError; both are for `failed`. Events of
        the same chunk that came before are returned first, and the error is raised by the next call.
        """
        if self._error is not None:
            raise self._error
        events: list[WatchEvent] = []
        try:
            for line in self._lines.feed(chunk):
                event = self._decoder.event(line)
                self._went_well()
                if event is None:
                    self.counters.unknown += 1
                elif self._initial:
                    self._collect(event)
                    events.append(event)
                elif self._advance(event):
                    events.append(event)
        except MirrorError as error:
            self._error = error
            if not events:
                raise
        return events

    def ended(self, duration_s: float, *, broken: bool = False) -> Outcome:
        """The stream is over: the server ended it, or it broke off or was given up (`broken`).

        duration_s: how long it was open. Half an event at its end is dropped and comes again.
        """
        if self._error is not None:
            return self.failed(self._error)
        if broken:
            self._doubts.out_of_touch()
        if self._initial:
            self._start_list(unpaged=self._unpaged)
            return Outcome(Action.BACKOFF_RELIST)
        if not self._moved and duration_s < self._settings.very_short_s:
            self._start_list()
            return Outcome(Action.BACKOFF_RELIST)
        self._went_well()
        return Outcome(Action.RETRY_WATCH_NOW)

    def failed(self, error: MirrorError) -> Outcome:
        """A request failed, an answer made no sense, or a stream carried an error: what to do about it."""
        outcome = classify(error)
        if self._initial and self._refuses(error, outcome):
            return Outcome(Action.RETRY_WATCH_NOW)
        self._doubt(error, outcome)
        if self._listing:
            return self._list_failed(error, outcome)
        match outcome.action:
            case Action.RELIST_NOW:
                self._start_list()
                # A watch that expires straight after each list would list for ever.
                return outcome if self._moved_since_list else Outcome(Action.BACKOFF_RELIST)
            case Action.BACKOFF_RELIST | Action.PARK_ABSENT:
                self._start_list()
            case Action.PARK_FORBIDDEN:
                return self._forbidden(outcome)
            case Action.BACKOFF_WATCH:
                self._failed_watches += 1
                if self._failed_watches >= _WATCH_ATTEMPTS:
                    self._start_list()
                    return Outcome(Action.BACKOFF_RELIST, outcome.retry_after_s)
        return outcome

    def _went_well(self) -> None:
        """The present stream was allowed, and somebody is there."""
        self._failed_watches = 0
        self._just_listed = self._just_probed = False

    def _forbidden(self, outcome: Outcome) -> Outcome:
        """A watch or a probe was refused. An API server that starts refuses everything until it has read its
        roles, so a probe comes next, not a list; if that is allowed and the watch still is not, a list."""
        listed, probed = self._just_listed, self._just_probed
        self._just_listed = self._just_probed = False
        if listed or probed:
            self._start_list()
        else:
            self._doubts.out_of_touch()
        return Outcome(Action.POLL) if listed else outcome

    def _doubt(self, error: MirrorError, outcome: Outcome) -> None:
        if isinstance(error, ExpiredError):
            if error.ahead:
                self._doubts.behind()
        elif not isinstance(error, ThrottledError):
            self._doubts.trouble()
            if outcome.action in (Action.BACKOFF_WATCH, Action.AUTH):
                self._doubts.out_of_touch()

    def relist(self) -> None:
        """The next request is a LIST from the beginning, whatever was under way."""
        self._start_list()

    def _may_stream(self) -> bool:
        wanted = self._settings.streaming_lists or self._unpaged
        return wanted and not self._continue and self._offer is not None and not self._offer.refused

    def _open(self, *, initial: bool) -> WatchRequest:
        self._lines = LineSplitter(self._settings.line_limit_bytes)
        self._moved, self._error, self._initial = False, None, initial
        timeout = self._rng.uniform(self._settings.timeout_min_s, 2 * self._settings.timeout_min_s)
        query = self._selectors | {
            "watch": "true",
            "resourceVersion": "" if initial else self.resource_version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(int(timeout)),
        }
        if initial:
            query |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        return WatchRequest(query, initial)

    def _collect(self, event: WatchEvent) -> None:
        """Initial events come in any order; only the bookmark at their end has a place in time."""
        self._listed += _GROWTH[event.type]
        if event.ends_initial:
            self._initial = False
            self._complete(event.resource_version)
            self._moved = True

    def _complete(self, version: str) -> None:
        self._doubts.examine(version, self.resource_version, self._listed, where=self._where)
        self.resource_version = version
        self._start_list()
        self._listing = False
        self._moved_since_list = False
        self._failed_watches = 0

    def _refuses(self, error: MirrorError, outcome: Outcome) -> bool:
        """Whether the error says that the server cannot stream lists: then it is listed as before."""
        if outcome.action not in (Action.BACKOFF_RELIST, Action.PARK_FORBIDDEN):
            return False
        if isinstance(error, ForbiddenError):
            self._offer = None  # perhaps this kind may be listed and not watched
        elif self._offer is not None:
            self._offer.refused = True
        self._start_list(unpaged=self._unpaged)
        return True

    def _start_list(self, *, unpaged: bool = False) -> None:
        self._listing = True
        self._continue = self._snapshot = ""
        self._initial = False
        self._listed = 0
        self._unpaged = unpaged

    def _list_failed(self, error: MirrorError, outcome: Outcome) -> Outcome:
        if not isinstance(error, ExpiredError):
            self._start_list(unpaged=self._initial and self._unpaged)
            return outcome
        was_paging = bool(self._continue)
        self._start_list(unpaged=was_paging)
        return outcome if was_paging else Outcome(Action.BACKOFF_RELIST)

    def _advance(self, event: WatchEvent) -> bool:
        """Moves on to the event; False when it tells nothing new."""
        newer = is_newer(event.resource_version, self.resource_version)
        if newer:
            self.resource_version = event.resource_version
            self._moved = self._moved_since_list = True
        if event.type is EventType.BOOKMARK:
            self.counters.bookmarks += 1
            return True
        if newer:
            self.counters.events += 1
            self._doubts.changed(_GROWTH[event.type])
        else:
            self.counters.duplicates += 1
        return newer

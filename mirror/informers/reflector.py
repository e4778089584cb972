"""One scope: list it, watch it, hand what changed to the writer, and never stop."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial

import anyio

from mirror.errors import MirrorError, ProtocolError, StoreError, TransportError
from mirror.flux.kinds import metadata_only
from mirror.informers.backoff import Backoff
from mirror.informers.limits import ListLimits
from mirror.informers.meanwhile import meanwhile
from mirror.informers.staging import Observer, Staging
from mirror.informers.states import ScopeStatus
from mirror.informers.streams import SilenceError, Stream, Streams
from mirror.informers.tally import Tally
from mirror.informers.tools import Tools
from mirror.informers.transform import to_batch
from mirror.keys import Resource, ScopeKey
from mirror.kube.client import Client
from mirror.kube.frames import WatchEvent
from mirror.kube.listwatch import ListRequest, ListWatch, ProbeRequest, WatchRequest
from mirror.kube.outcome import Action, Outcome
from mirror.kube.streaming import StreamingOffer
from mirror.store.changes import ScopeState, ScopeUpdate

__all__ = ["Observer", "Reflector", "Report"]

log = logging.getLogger("flux_mirror.reflector")

Report = Callable[[ScopeKey, ScopeStatus], Awaitable[None]]

_STATES = {
    Action.AUTH: ScopeState.FAILED,
    Action.PARK_FORBIDDEN: ScopeState.FORBIDDEN,
    Action.PARK_ABSENT: ScopeState.ABSENT,
}
"""What a failure is called in the store; every other one is RECONNECTING. All are tried again with growing
delays, refusals too: an API server that starts says 403 and 404 until it has read its roles and CRDs."""


class Reflector:
    """Keep our copy of one resource type in one cluster close to the truth.

    Promised
        Per object: states are stored in the order in which the API server issued them. Some may be
            skipped, none is invented.
        A resourceVersion is stored only together with everything up to it.
        An object that vanished while we were away is gone from the store once the next list is committed;
            a list that breaks off changes nothing.
    Not promised
        Any order between different objects, or a record of every state in between.
    Ends
        `run()` returns only when cancelled. It raises StoreError when the store cannot be written; every
        other failure is a state: retried with growing delays, or parked when we may not read the type
        (403) or it is not served (404), in which case what is stored is kept.
    """

    def __init__(
        self,
        scope: ScopeKey,
        resource: Resource,
        *,
        client: Client,
        limits: ListLimits,
        streams: Streams,
        offer: StreamingOffer,
        tools: Tools,
        resume: str,
        report: Report,
        observer: Observer | None = None,
        troubled: bool = False,
    ) -> None:
        """resume: a resourceVersion to go on from; "" begins with a list. troubled: see ListWatch."""
        self._scope = scope
        self._resource = resource
        self._client = client
        self._limits = limits
        self._streams = streams
        self._writer = tools.writer
        self._redactor = tools.redactor
        self._settings = tools.settings.watch
        self._clock = tools.clock
        self._random = tools.random
        self._backoff = Backoff(tools.settings.backoff, tools.random)
        self._tally = Tally()
        self._report = report
        self._observer = observer
        self._path = resource.path(scope.namespace)
        self._metadata_only = metadata_only(resource.group_kind)
        self._protocol = ListWatch(
            resource,
            tools.settings.watch,
            tools.random,
            resource_version=resume,
            metadata_only=self._metadata_only,
            where=str(scope),
            troubled=troubled,
            offer=offer,
        )
        self._status = ScopeStatus(ScopeState.LISTING, listed=bool(resume))
        self._doubted = anyio.Event()
        self._stream: Stream | None = None

    def relist(self) -> None:
        """Read the scope from the beginning, because what is stored of it was found to be wrong."""
        self._doubted.set()
        if self._stream is not None:
            self._stream.give_up(TransportError("what is stored is not what the server has"))

    async def run(self) -> None:
        """Follow the scope until cancelled."""
        while True:
            if self._doubted.is_set():
                await self._begin_anew()
            request = self._protocol.next_request()
            try:
                match request:
                    case ListRequest():
                        await self._list(request)
                    case ProbeRequest():
                        await self._probe(request)
                    case WatchRequest():
                        await self._watch(request)
            except StoreError:
                raise
            except MirrorError as error:
                outcome = self._protocol.failed(error)
                if outcome.action is not Action.RETRY_WATCH_NOW:
                    await self._follow(outcome, error)

    async def _list(self, request: ListRequest) -> None:
        """One whole list, page by page, committed at its end. While a page is transformed the next one is
        on its way, and no more than that one."""
        staging = self._staging()
        async with self._limits.listing():
            body = await self._page(request)
            while True:
                work = partial(staging.add, self._protocol.page(body).items)
                following = self._protocol.next_request()
                if not isinstance(following, ListRequest):
                    await work()
                    break
                body = await meanwhile(partial(self._page, following), work)
        await self._replace(staging, self._protocol.resource_version)

    def _staging(self) -> Staging:
        return Staging(self._resource, self._redactor, self._observer)

    async def _replace(self, staging: Staging, resource_version: str) -> None:
        """The list is complete."""
        polled = self._status.state is ScopeState.POLLING
        status = self._status if polled else ScopeStatus(ScopeState.LISTING, listed=True)
        await self._writer.replace(
            self._scope,
            staging.pages,
            self._update(status, lists=1),
            resource_version=resource_version,
            at=self._clock.wall(),
        )
        staging.committed()
        if not polled:
            await self._announce(status)

    async def _page(self, request: ListRequest | ProbeRequest) -> bytes:
        body = await self._client.get_page(self._path, request.query, self._metadata_only)
        self._tally.received(len(body))
        return body

    async def _begin_anew(self) -> None:
        self._doubted = anyio.Event()
        self._protocol.relist()
        await self._move(ScopeStatus(ScopeState.LISTING, self._status.listed))

    async def _probe(self, request: ProbeRequest) -> None:
        """Make sure that the server is not behind us, before its silence is taken for calm."""
        if not self._protocol.probed(await self._page(request)):
            log.warning("%s: the server has gone back to an earlier state: listing anew", self._scope)
            await self._move(ScopeStatus(ScopeState.LISTING, self._status.listed), expirations=1)

    async def _watch(self, request: WatchRequest) -> None:
        """One watch, to its end."""
        began = self._clock.monotonic()
        lasts_s = float(request.query["timeoutSeconds"]) + self._settings.grace_s
        async with AsyncExitStack() as place:
            if request.initial:
                await place.enter_async_context(self._limits.listing())
            async with self._client.watch(self._path, request.query, self._metadata_only) as chunks:
                with self._streams.following(lasts_s) as stream:
                    self._stream = stream
                    if self._doubted.is_set():
                        return
                    if request.initial:
                        await self._read_initial(stream, chunks)
                        await place.aclose()
                    await self._move(ScopeStatus(ScopeState.WATCHING, listed=True), watches=1)
                    broken = await self._read(stream, chunks)
        if self._doubted.is_set():
            return
        outcome = self._protocol.ended(self._clock.monotonic() - began, broken=broken is not None)
        if outcome.action is not Action.RETRY_WATCH_NOW:
            ended = TransportError("the watch ended at once, without an event", where=str(self._scope))
            await self._follow(outcome, broken or ended)
            return
        self._backoff.reset()
        if broken is not None:
            await self._move(ScopeStatus(ScopeState.RECONNECTING, self._status.listed, broken))
            await self._clock.sleep(stream.pause_s)

    async def _read_initial(self, stream: Stream, chunks: AsyncIterator[bytes]) -> None:
        """Store the list that a watch begins with, and what has come in one piece with its end."""
        staging = self._staging()
        while True:
            try:
                chunk = await stream.read(chunks, self._settings.initial_silence_s)
            except SilenceError as error:
                why = "a watch that was to begin with a list did not tell its end"
                raise ProtocolError(why, where=str(self._scope)) from error
            arrived = self._clock.monotonic()
            self._tally.received(len(chunk))
            events = self._protocol.feed(chunk)
            taken = await staging.take(events)
            if taken is not None:
                await self._replace(staging, events[taken - 1].resource_version)
                await self._commit(events[taken:], arrived)
                return
            if not chunk:
                raise TransportError("a watch ended before its list did", where=str(self._scope))

    async def _read(self, stream: Stream, chunks: AsyncIterator[bytes]) -> TransportError | None:
        """Store what comes, until the stream ends; why, unless the server has ended it properly."""
        while True:
            try:
                chunk = await stream.read(chunks, self._patience_s())
            except TransportError as error:
                return error
            arrived = self._clock.monotonic()
            self._tally.received(len(chunk))
            await self._commit(self._protocol.feed(chunk), arrived)
            if not chunk:
                return None

    def _patience_s(self) -> float:
        """How long a stream may be silent. Bookmarks come about every minute, where they come at all;
        without them only the end that we asked the server for shows that it still hears us."""
        return self._settings.silence_s if self._protocol.counters.bookmarks else math.inf

    async def _commit(self, events: Sequence[WatchEvent], arrived: float) -> None:
        """Store what one chunk brought; the next chunk is read when that is done."""
        if not events:
            return
        batch = to_batch(
            self._scope,
            self._resource,
            events,
            self._redactor,
            self._protocol.resource_version,
            self._clock.wall(),
        )
        await self._writer.apply(self._tally.on(batch, self._protocol.counters.duplicates))
        self._tally.stored(self._clock.monotonic() - arrived)
        self._backoff.reset()
        if self._observer is not None:
            self._observer.see(batch.records, batch.deletions)

    async def _follow(self, outcome: Outcome, error: MirrorError) -> None:
        """Say what is wrong, wait as long as this kind of failure asks for."""
        if outcome.action is Action.RELIST_NOW:
            # Until the list is read the stream is down: what is stored must not count as confirmed.
            await self._move(ScopeStatus(ScopeState.LISTING, self._status.listed), expirations=1)
            return
        if outcome.action is Action.POLL:
            await self._move(ScopeStatus(ScopeState.POLLING, listed=True, error=error))
            await self._clock.sleep(self._settings.poll_s * self._random.uniform(0.8, 1.2))
            return
        state = _STATES.get(outcome.action, ScopeState.RECONNECTING)
        await self._move(ScopeStatus(state, self._status.listed, error), failures=1)
        delay = self._backoff.next_delay(self._clock.monotonic(), at_least_s=outcome.retry_after_s or 0.0)
        await self._clock.sleep(delay)

    async def _move(self, status: ScopeStatus, **counted: int) -> None:
        """Go to another state: in the store, and for the cluster. Says nothing when nothing is new."""
        same = (status.state, str(status.error)) == (self._status.state, str(self._status.error))
        await self._writer.apply(self._update(status, **counted))
        if not same:
            await self._announce(status)

    async def _announce(self, status: ScopeStatus) -> None:
        self._status = status
        await self._report(self._scope, status)

    def _update(self, status: ScopeStatus, **counted: int) -> ScopeUpdate:
        return ScopeUpdate(
            scope=self._scope,
            kind=self._resource.kind,
            version=self._resource.version,
            state=status.state,
            at=self._clock.wall(),
            error=str(status.error) if status.error else "",
            bytes=self._tally.take_bytes(),
            **counted,
        )

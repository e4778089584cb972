"""The slow audit: now and then, compare what the store holds with what the server has."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import anyio.to_thread

from mirror.errors import MirrorError, StoreError
from mirror.informers.drift import Look, Name, Version, drift, suspects
from mirror.informers.limits import ListLimits
from mirror.informers.tools import Tools
from mirror.keys import Resource, ScopeKey
from mirror.kube.client import Client
from mirror.kube.frames import FrameDecoder
from mirror.store.changes import ScopeAudited
from mirror.store.reader import Reader
from mirror.store.versions import stored_versions

__all__ = ["Audited", "Auditor"]

log = logging.getLogger("flux_mirror.audit")

_NAMED = 5
"""Objects named in one line of the log."""


class Audited(NamedTuple):
    """A scope whose stream is open now. relist: have its reflector read it from the beginning."""

    scope: ScopeKey
    resource: Resource
    relist: Callable[[], None]


class Auditor:
    """Audit the scopes of one cluster in turn.

    Promised
        One audit at a time, its lists inside the limits of all lists, metadata only. Each scope has its turn
            every `interval_s` to twice that, whichever was audited longest ago first.
        What two looks agree on is drift: it is counted, logged, and healed by a list. No change, however
            fast objects change, counts as drift.
    Not promised
        That drift is found which heals by itself within the audit, nor anything about core Events: the store
            keeps them longer than the server does.
    Ends
        `run()` returns only when cancelled. It raises StoreError when the store cannot be used; a server that
        does not answer is left to the reflectors.
    """

    def __init__(
        self,
        scopes: Callable[[], Sequence[Audited]],
        *,
        client: Client,
        reader: Reader,
        limits: ListLimits,
        tools: Tools,
    ) -> None:
        self._scopes = scopes
        self._client = client
        self._reader = reader
        self._limits = limits
        self._writer = tools.writer
        self._settings = tools.settings.audit
        self._page_size = tools.settings.watch.page_size
        self._clock = tools.clock
        self._random = tools.random
        self._turns: dict[ScopeKey, int] = {}
        self._turn = 0

    async def run(self) -> None:
        """Audit until cancelled."""
        while True:
            await self._clock.sleep(self._pause_s())
            due = min(self._scopes(), key=lambda each: self._turns.get(each.scope, 0), default=None)
            if due is None:
                continue
            self._turn += 1
            self._turns[due.scope] = self._turn
            try:
                await self.audit(due)
            except StoreError:
                raise
            except MirrorError as error:
                log.info("%s: not audited: %s", due.scope, error)

    async def audit(self, audited: Audited) -> int:
        """Compare one scope; how many objects differed. Raises what the client and the store raise."""
        first = suspects(await self._look(audited))
        wrong: frozenset[Name] = frozenset()
        if first:
            await self._clock.sleep(self._settings.settle_s)
            wrong = drift(first, suspects(await self._look(audited)))
        await self._writer.apply(ScopeAudited(audited.scope, self._clock.wall(), len(wrong)))
        if wrong:
            names = ", ".join("/".join(filter(None, name)) for name in sorted(wrong)[:_NAMED])
            log.warning("%s: %d not as on the server, reading anew: %s", audited.scope, len(wrong), names)
            audited.relist()
        return len(wrong)

    def _pause_s(self) -> float:
        """So that all scopes have had their turn once the interval is over."""
        interval = self._settings.interval_s * (1.0 + self._random.random())
        return interval / max(1, len(self._scopes()))

    async def _look(self, audited: Audited) -> Look:
        """A list, and what is stored once the watch has passed it, or has had the time to.

        Where both are the same at once, nothing has to be waited for; that is how nearly every audit ends.
        """
        listed, listed_at = await self._list(audited)
        until = self._clock.monotonic() + self._settings.settle_s
        while True:
            stored_at, rows = await anyio.to_thread.run_sync(self._stored, audited.scope)
            look = Look(listed, listed_at, rows, stored_at)
            if look.passed or self._clock.monotonic() >= until or not suspects(look):
                return look
            await self._clock.sleep(self._settings.look_again_s)

    async def _list(self, audited: Audited) -> tuple[dict[Name, Version], str]:
        decoder = FrameDecoder(audited.resource, metadata_only=True, where=str(audited.scope))
        path = audited.resource.path(audited.scope.namespace)
        found: dict[Name, Version] = {}
        query = {"limit": str(self._page_size)}
        async with self._limits.listing():
            while True:
                page = decoder.page(await self._client.get_page(path, query, metadata_only=True))
                found.update(map(_version, page.items))
                if not page.continue_:
                    return found, page.resource_version
                query["continue"] = page.continue_

    def _stored(self, scope: ScopeKey) -> tuple[str, dict[Name, Version]]:
        with self._reader.snapshot() as connection:
            version, rows = stored_versions(connection, scope)
        return version, {name: Version(*row) for name, row in rows.items()}


def _version(item: dict[str, object]) -> tuple[Name, Version]:
    metadata = item.get("metadata")
    texts: dict[str, str] = metadata if isinstance(metadata, dict) else {}
    name = (texts.get("namespace") or "", texts.get("name") or "")
    return name, Version(texts.get("uid") or "", texts.get("resourceVersion") or "")

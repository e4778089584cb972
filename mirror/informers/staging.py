"""One list on its way into the store: transformed as it comes, committed as a whole at its end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import anyio.lowlevel

from mirror.flux.redaction import Redactor
from mirror.informers.transform import is_event, to_event, to_record
from mirror.keys import Resource
from mirror.kube.frames import EventType, WatchEvent
from mirror.records import Record
from mirror.store.changes import Deletion
from mirror.store.pages import Pages

__all__ = ["Observer", "Staging"]


class Observer(NamedTuple):
    """Somebody whom the objects of a type tell what else is to be watched.

    see: shown what a list or a watch brings. listed: told, once a list is committed, the names of all that it
    has shown; what was seen before and is not among them is gone. For types without namespaces.
    """

    see: Callable[[Sequence[Record], Sequence[Deletion]], None]
    listed: Callable[[Collection[str]], None] | None = None


_SLICE = 50
"""Objects transformed between two looks at the event loop: some five milliseconds."""
_PAGE = 500
"""Initial events that are gathered into one page."""


class Staging:
    """What a list has shown so far.

    pages: for the writer, once the list is complete.
    """

    def __init__(self, resource: Resource, redactor: Redactor, observer: Observer | None) -> None:
        self.pages = Pages()
        self._resource = resource
        self._redactor = redactor
        self._observer = observer
        self._names: dict[str, str] = {}  # by uid
        self._gone: set[str] = set()
        self._waiting: list[dict[str, Any]] = []

    async def add(self, items: Sequence[dict[str, Any]]) -> None:
        """Transform a page without holding up the loop."""
        for start in range(0, len(items), _SLICE):
            part = items[start : start + _SLICE]
            if is_event(self._resource):
                self.pages.add([to_event(item, self._redactor) for item in part])
            else:
                records = [to_record(item, self._resource, self._redactor) for item in part]
                self.pages.add(records)
                self._show(records)
            await anyio.lowlevel.checkpoint()

    async def take(self, events: Sequence[WatchEvent]) -> int | None:
        """Add what a watch begins with; None until it says that this was all, then how many of these events
        belonged to it. What changes or goes in the meantime is as it was at the end.
        """
        for number, event in enumerate(events, start=1):
            if event.ends_initial:
                await self._flush()
                return number
            if event.type is EventType.DELETED:
                uid = event.object["metadata"].get("uid") or ""
                self.pages.discard(uid)
                self._gone.add(uid)
            elif event.type is not EventType.BOOKMARK:
                self._waiting.append(event.object)
        if len(self._waiting) >= _PAGE:
            await self._flush()
        return None

    def committed(self) -> None:
        """What was shown is in the store now, and nothing else."""
        if self._observer is not None and self._observer.listed is not None:
            self._observer.listed({name for uid, name in self._names.items() if uid not in self._gone})

    def _show(self, records: Sequence[Record]) -> None:
        if self._observer is None:
            return
        self._observer.see(records, ())
        if self._observer.listed is not None:
            self._names |= {record.uid: record.key.name for record in records}

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        await self.add(waiting)

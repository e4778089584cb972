"""One list on its way into the store: transformed as it comes, committed as a whole at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anyio.lowlevel

from mirror.flux.redaction import Redactor
from mirror.informers.transform import is_event, to_event, to_record
from mirror.keys import Resource
from mirror.kube.frames import EventType, WatchEvent
from mirror.records import Record
from mirror.store.changes import Deletion
from mirror.store.pages import Pages

__all__ = ["Observe", "Staging"]

Observe = Callable[[Sequence[Record], Sequence[Deletion]], None]
"""Shown what a list or a watch brings: some objects say what else is to be watched."""

_SLICE = 50
"""Objects transformed between two looks at the event loop: some five milliseconds."""
_PAGE = 500
"""Initial events that are gathered into one page."""


class Staging:
    """What a list has shown so far.

    pages: for the writer, once the list is complete.
    """

    def __init__(self, resource: Resource, redactor: Redactor, observe: Observe | None) -> None:
        self.pages = Pages()
        self._resource = resource
        self._redactor = redactor
        self._observe = observe
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
                if self._observe is not None:
                    self._observe(records, ())
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
                self.pages.discard(event.object["metadata"].get("uid") or "")
            elif event.type is not EventType.BOOKMARK:
                self._waiting.append(event.object)
        if len(self._waiting) >= _PAGE:
            await self._flush()
        return None

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        await self.add(waiting)

"""How much room a store takes: what goes first when its quota comes near, and what is given back to the disk.

Nothing of a cluster's present state is ever given up for room; what can be is the past, the events.
"""

from __future__ import annotations

from sqlalchemy.engine.interfaces import DBAPICursor

from mirror.store import events
from mirror.store.statements import insert_or_update
from mirror.store.tables import meta

__all__ = ["QUOTA_KEY", "give_back", "make_room", "note_quota"]

QUOTA_KEY = "quota_bytes"

_NEARLY_FULL = 0.8
_EVENTS_PER_STEP = 5000
"""Some 50 ms of a heartbeat, and five times what 500 events a second bring until the next one."""
_PAGES_PER_STEP = 1000
_PAGES_KEPT = 256
"""Free pages are used again; only what is more than these, and than a quarter of the file, is given back."""

_NOTE = insert_or_update(meta)


def note_quota(cursor: DBAPICursor, quota_bytes: int) -> None:
    """Let readers know what the mirror keeps to."""
    _NOTE.run(cursor, QUOTA_KEY, str(quota_bytes))


def make_room(cursor: DBAPICursor, quota_bytes: int) -> int:
    """Remove the oldest events, a step of them, when the quota comes near; how many. quota_bytes 0: none."""
    if not quota_bytes:
        return 0
    pages = _number(cursor, "page_count") - _number(cursor, "freelist_count")
    if pages * _number(cursor, "page_size") < _NEARLY_FULL * quota_bytes:
        return 0
    return events.prune(cursor, float("inf"), _EVENTS_PER_STEP)


def give_back(cursor: DBAPICursor) -> None:
    """Return free pages to the file system, a step of them, when there are many.

    Nothing happens in stores that earlier versions have made: only a new file can be told to do so.
    """
    free = _number(cursor, "freelist_count")
    if free > _PAGES_KEPT and free > _number(cursor, "page_count") // 4:
        # One at a time: the driver takes a statement without columns for finished after its first step.
        for _ in range(min(_PAGES_PER_STEP, free - _PAGES_KEPT)):
            cursor.execute("PRAGMA incremental_vacuum(1)")


def _number(cursor: DBAPICursor, pragma: str) -> int:
    cursor.execute(f"PRAGMA {pragma}")
    return int(cursor.fetchall()[0][0])

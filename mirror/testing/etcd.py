"""Storage with history: one global revision, snapshots of the past, an event log that is compacted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Protocol

import msgspec

from mirror.keys import GroupKind
from mirror.testing.failures import expired
from mirror.testing.kinds import Kind
from mirror.testing.objects import Stored, encode, restamp

__all__ = ["Change", "Collection", "Etcd", "Snapshot", "Watcher"]

_key = attrgetter("key")
_SNAPSHOTS_KEPT = 8


class Change(msgspec.Struct, frozen=True, gc=False):
    """One write. type: ADDED, MODIFIED or DELETED.

    stored: the object after it; for DELETED the last content under the resourceVersion of the deletion.
    """

    type: str
    stored: Stored
    previous: Stored | None

    @property
    def rv(self) -> int:
        return self.stored.rv


_rv = attrgetter("rv")


class Watcher(Protocol):
    """Somebody who follows a collection."""

    def wake(self) -> None:
        """There are new changes."""
        ...

    def close(self) -> None:
        """The collection's storage is gone: end the stream."""
        ...


class Snapshot:
    """All objects of a collection at one resourceVersion, in key order."""

    def __init__(self, items: list[Stored]) -> None:
        self._items = items

    def select(self, namespace: str = "", start: str = "") -> list[Stored]:
        """The objects of a namespace ("" = all) from the key `start` on."""
        low = bisect_left(self._items, start or f"{namespace}/", key=_key) if namespace or start else 0
        high = bisect_left(self._items, f"{namespace}0", key=_key) if namespace else len(self._items)
        return self._items[low:high]  # "0" is the character after "/"


class Collection:
    """The objects of one kind, their recent changes and who follows them.

    opened_at: the resourceVersion at which the kind began to be served.
    floor: what happened up to this resourceVersion is forgotten; older ones are answered with 410.
    """

    def __init__(self, kind: Kind, floor: int, history: int) -> None:
        self.kind = kind
        self.floor = floor
        self.opened_at = floor
        self.changed_at = floor
        self.objects: dict[str, Stored] = {}
        self.watchers: set[Watcher] = set()
        self._history = history
        self._log: list[Change] = []
        self._trimmed = 0
        self._present: Snapshot | None = None
        self._past: OrderedDict[int, Snapshot] = OrderedDict()

    def commit(self, change: Change) -> None:
        stored = change.stored
        if change.type == "DELETED":
            del self.objects[stored.key]
        else:
            self.objects[stored.key] = stored
        self.changed_at = stored.rv
        self._present = None
        self._log.append(change)
        if len(self._log) > self._history:
            self.floor = self._log.pop(0).rv
            self._trimmed += 1
        for watcher in tuple(self.watchers):
            watcher.wake()

    def position_after(self, rv: int) -> int:
        """Where in the log a watch from `rv` begins. Raises StatusError 410 when that is forgotten."""
        if rv < self.floor:
            raise expired(f"too old resource version: {rv} ({self.floor})")
        return self._trimmed + bisect_right(self._log, rv, key=_rv)

    def changes(self, position: int) -> list[Change] | None:
        """The changes from a position on; None when some of them are forgotten."""
        return self._log[position - self._trimmed :] if position >= self._trimmed else None

    @property
    def end(self) -> int:
        """The position after the newest change."""
        return self._trimmed + len(self._log)

    def snapshot(self, rv: int) -> Snapshot:
        """The collection as it was at `rv`. Raises StatusError 410 when that is forgotten."""
        if rv < self.floor:
            raise expired("The resourceVersion for the provided list is too old.")
        if rv >= self.changed_at:
            if self._present is None:
                self._present = Snapshot(sorted(self.objects.values(), key=_key))
            return self._present
        if rv not in self._past:
            self._past[rv] = self._rewind(rv)
            if len(self._past) > _SNAPSHOTS_KEPT:
                self._past.popitem(last=False)
        return self._past[rv]

    def _rewind(self, rv: int) -> Snapshot:
        objects = dict(self.objects)
        for change in reversed(self._log):
            if change.rv <= rv:
                break
            if change.previous is None:
                del objects[change.stored.key]
            else:
                objects[change.stored.key] = change.previous
        return Snapshot(sorted(objects.values(), key=_key))

    def compact(self, rv: int) -> None:
        """Forget the past. Followers that have seen everything are not disturbed."""
        self.floor = max(self.floor, rv)
        self._trimmed += len(self._log)
        self._log.clear()
        self._past.clear()

    def tear_down(self, rv: int) -> None:
        """What happens when the storage is built anew: the past is forgotten and every watch ends."""
        self.compact(rv)
        self.close_watchers()

    def close_watchers(self) -> None:
        """End every watch after what it has still to send."""
        for watcher in tuple(self.watchers):
            watcher.close()

    def put_back(self, snapshot: Snapshot, rv: int) -> None:
        """Make an old snapshot the present, as a restored backup does."""
        self.objects = {stored.key: stored for stored in snapshot.select()}
        self._present = None
        self.floor = self.changed_at = rv
        self.tear_down(rv)


class Etcd:
    """All collections of one cluster under one revision counter.

    rv: the revision of the last write; the only source of resourceVersions.
    continue_floor: continue tokens of this revision and older ones are expired.
    """

    def __init__(self, start: int, history: int) -> None:
        self.rv = start
        self.continue_floor = 0
        self.collections: dict[tuple[str, str], Collection] = {}
        self.kinds: dict[GroupKind, Collection] = {}
        self.observers: list[Callable[[Collection, Change], None]] = []
        self._history = history

    def open(self, kind: Kind) -> Collection:
        """The collection of a kind; an existing one goes on with the new description of its kind."""
        collection = self.collections.get((kind.group, kind.plural))
        if collection is None:
            collection = Collection(kind, self.rv, self._history)
            self.collections[kind.group, kind.plural] = collection
        collection.kind = kind
        self.kinds[kind.group_kind] = collection
        return collection

    def drop(self, group: str, plural: str) -> None:
        """No longer serve a kind; its watches end."""
        collection = self.collections.pop((group, plural), None)
        if collection is not None:
            del self.kinds[collection.kind.group_kind]
            collection.close_watchers()

    def insert(self, collection: Collection, obj: Mapping[str, Any]) -> Stored:
        return self._commit(collection, "ADDED", encode(collection.kind, obj, self.rv + 1), None)

    def replace(self, collection: Collection, old: Stored, obj: Mapping[str, Any]) -> Stored:
        return self._commit(collection, "MODIFIED", encode(collection.kind, obj, self.rv + 1), old)

    def remove(self, collection: Collection, old: Stored) -> Stored:
        return self._commit(collection, "DELETED", restamp(collection.kind, old, self.rv + 1), old)

    def _commit(self, collection: Collection, kind: str, stored: Stored, old: Stored | None) -> Stored:
        self.rv = stored.rv
        change = Change(kind, stored, old)
        collection.commit(change)
        for observer in tuple(self.observers):
            observer(collection, change)
        return stored

    def compact(self) -> None:
        """Forget everything so far: each resourceVersion and continue token handed out until now gets 410."""
        self.expire_continue_tokens()
        for collection in self.collections.values():
            collection.compact(self.rv)

    def expire_continue_tokens(self) -> None:
        """As if time had passed: the revision moves on, and tokens of older ones are refused."""
        self.continue_floor = self.rv
        self.rv += 1

    def restore(self, rv: int) -> None:
        """Go back to revision `rv`, as an etcd restored from a backup does; all watches end.

        Raises StatusError 410 when `rv` is no longer in the history; then nothing has changed.
        """
        present = self.collections.values()
        snapshots = [(c, c.snapshot(rv) if rv >= c.opened_at else Snapshot([])) for c in present]
        self.rv = rv
        self.continue_floor = 0
        for collection, snapshot in snapshots:
            collection.put_back(snapshot, rv)

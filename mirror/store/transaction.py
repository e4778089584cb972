"""One write transaction: what each kind of change does to the tables, and when readers are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import assert_never

from sqlalchemy import Connection, Integer, Text, bindparam, cast, update

from mirror.keys import ScopeKey
from mirror.records import EventRecord, Record
from mirror.settings import WriterSettings
from mirror.store import events, fleet, interests, removals, room, scopes, searchable
from mirror.store.changes import (
    Change,
    ClusterForgotten,
    ClusterRenamed,
    ClusterUpdate,
    Heartbeat,
    KindsAsked,
    MirrorStarted,
    ObjectBatch,
    ResourcesDiscovered,
    ScopeAudited,
    ScopeRemoved,
    ScopeUpdate,
)
from mirror.store.documents import Codec
from mirror.store.pages import Pages
from mirror.store.statements import Statement, chunks
from mirror.store.tables import meta
from mirror.store.upserts import Place, upsert

__all__ = ["Transaction"]

_PRUNED_PER_HEARTBEAT = 1000
_INDEXED_PER_HEARTBEAT = 2000
"""Texts; some 100 ms of the writer's thread, most of it outside of the interpreter's lock."""

_INDEXED_WHILE_IDLE = 500
"""Texts; so many as whoever comes meanwhile can wait for."""

_Rest = (
    ScopeUpdate
    | ScopeRemoved
    | ScopeAudited
    | ClusterUpdate
    | ClusterForgotten
    | ClusterRenamed
    | KindsAsked
    | ResourcesDiscovered
    | MirrorStarted
    | Heartbeat
)
_GROW = Statement(
    update(meta)
    .where(meta.c.key == bindparam("the_key"))
    .values(value=cast(cast(meta.c.value, Integer) + bindparam("by"), Text))
)


class Transaction:
    """Applies changes inside an open transaction of the writer's connection; the caller ends it.

    Batches of different scopes are put off and written together: what is cheap for one statement with many
    rows is not for many statements. Whatever else is asked for, and a second batch of a scope, comes after.

    After a rollback the codec must be made anew: it may have learned a dictionary that was not stored.
    """

    def __init__(self, connection: Connection, codec: Codec, settings: WriterSettings) -> None:
        self._connection = connection
        self._cursor = connection.connection.cursor()
        self._codec = codec
        self._settings = settings
        self._batches: dict[Place, ObjectBatch] = {}
        self._visible = False
        self._unlinked: set[int] = set()

    def apply(self, *changes: Change) -> None:
        """Apply the changes in their order."""
        for change in changes:
            if isinstance(change, ObjectBatch):
                self._put_off(change)
            else:
                self._write_batches()
                self._apply(change)

    def replace(self, scope: ScopeKey, pages: Pages, resource_version: str, at: float) -> None:
        """Make the scope hold what the pages show and nothing else; events are only added."""
        self._write_batches()
        place = scopes.require_place(self._cursor, scope, listed=True)
        shown: set[int] = set()
        for page in pages:
            shown |= self._write([(place, record) for record in page])
        held = removals.present_in_scope(self._cursor, place.scope_id)
        held |= removals.superseded(self._cursor, place.scope_id, resource_version)
        self._remove(held - shown, at)
        self._visible |= scopes.complete_list(self._cursor, place.scope_id, resource_version, at)
        self._prune()

    def make_room(self) -> None:
        """Give up the oldest events if the quota comes near."""
        self._visible |= room.make_room(self._cursor, self._settings.quota_bytes) > 0

    def tidy(self) -> bool:
        """Do a little of what can wait until nobody has anything to write; whether some of it is left."""
        return searchable.catch_up(self._cursor, _INDEXED_WHILE_IDLE) == _INDEXED_WHILE_IDLE

    def finish(self) -> None:
        """Write what was put off, and tell the readers if there is anything to tell; then commit."""
        self._write_batches()
        if self._visible:
            _GROW.run(self._cursor, 1, "generation")
        self._cursor.close()

    def _put_off(self, batch: ObjectBatch) -> None:
        place = scopes.require_place(self._cursor, batch.scope)
        if place in self._batches:
            self._write_batches()
        self._batches[place] = batch

    def _write_batches(self) -> None:
        batches, self._batches = self._batches, {}
        # Deletions first: where a name was deleted and taken again, its successor is among the records.
        for place, batch in batches.items():
            gone = [(place.cluster_id, deletion) for deletion in batch.deletions]
            self._remove(removals.removable(self._cursor, gone), batch.received_at)
        self._write([(place, record) for place, batch in batches.items() for record in batch.records])
        self._write([(place, event) for place, batch in batches.items() for event in batch.events])
        for place, batch in batches.items():
            scopes.advance(self._cursor, place.scope_id, batch)
        self._prune()

    def _apply(self, change: _Rest) -> None:
        match change:
            case ScopeUpdate():
                self._visible |= scopes.update_scope(self._cursor, change)
            case ScopeRemoved():
                self._remove_scope(change)
            case ClusterUpdate():
                self._visible |= fleet.update_cluster(self._connection, change)
            case ClusterForgotten():
                self._visible |= fleet.forget_cluster(self._connection, change.cluster)
            case ClusterRenamed():
                self._visible |= fleet.rename_cluster(self._connection, change)
            case KindsAsked():
                self._visible |= interests.write(self._cursor, change)
            case ResourcesDiscovered():
                self._visible |= fleet.replace_resources(self._connection, self._cursor, change)
            case ScopeAudited():
                scopes.record_audit(self._cursor, change)
            case MirrorStarted():
                self._visible |= scopes.close_streams(self._connection, change)
            case Heartbeat():
                fleet.confirm(self._cursor, change)
                expired = change.at - self._settings.event_retention_s
                self._visible |= events.prune(self._cursor, expired, _PRUNED_PER_HEARTBEAT) > 0
                searchable.catch_up(self._cursor, _INDEXED_PER_HEARTBEAT)
                room.note_quota(self._cursor, self._settings.quota_bytes)
                self.make_room()
                room.give_back(self._cursor)
            case _:
                assert_never(change)

    def _remove_scope(self, change: ScopeRemoved) -> None:
        place = scopes.find_place(self._cursor, change.scope)
        heir = scopes.find_place(self._cursor, change.heir) if change.heir else None
        if place and heir:
            removals.hand_over(self._cursor, place.scope_id, heir.scope_id)
            scopes.begin_anew(self._cursor, heir.scope_id)
        if place:
            self._remove(removals.present_in_scope(self._cursor, place.scope_id), change.at)
            self._prune()
            scopes.remove_scope(self._cursor, place)
            self._visible = True

    def _write(self, placed: Sequence[tuple[Place, Record | EventRecord]]) -> set[int]:
        """Store records of objects and of events; the rows of the objects, changed or not."""
        rows: set[int] = set()
        for part in chunks(placed, self._settings.rows_per_statement):
            news = [(place.cluster_id, record) for place, record in part if isinstance(record, EventRecord)]
            self._visible |= events.write(self._cursor, news) > 0
            records = [(place, record) for place, record in part if isinstance(record, Record)]
            if records:
                outcome = upsert(self._cursor, self._codec, records)
                self._visible |= outcome.written > 0
                self._unlinked |= outcome.unlinked
                rows |= outcome.ids
        return rows

    def _remove(self, rows: Collection[int], at: float) -> None:
        if rows:
            self._unlinked |= removals.remove(self._cursor, rows, at)
            self._visible = True

    def _prune(self) -> None:
        removals.prune(self._cursor, self._unlinked)
        self._unlinked = set()

"""Records become rows: one object with its document and its edges, many objects at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, update
from sqlalchemy.engine.interfaces import DBAPICursor

from mirror.keys import compare_resource_versions
from mirror.records import Record
from mirror.store import documents, links, searchable, tally
from mirror.store.documents import Body, Codec
from mirror.store.identities import Found, Identities
from mirror.store.links import Source
from mirror.store.statements import Row, Statement, insert_or_update
from mirror.store.tables import object_

__all__ = ["Place", "Upserted", "upsert"]


class Place(NamedTuple):
    """Where the records of one list/watch belong."""

    cluster_id: int
    scope_id: int
    listed: bool
    """Whether the records are the content of a list: it tells the state of now, even if that is an older one
    (a cluster restored from a backup). What a watch tells may be a repetition."""


class Upserted(NamedTuple):
    """ids: the rows of all records given, written or not. written: how many were. unlinked: rows that an
    edge was taken from."""

    ids: set[int]
    written: int
    unlinked: set[int]


class _Write(NamedTuple):
    id: int
    place: Place
    record: Record
    found: Found | None

    @property
    def shown(self) -> bool:
        """Whether the row shows an object already, so that it may have edges and a document."""
        return self.found is not None and self.found.present

    @property
    def refreshes(self) -> bool:
        """Whether it is the same object in the same scope."""
        found = self.found
        return (
            found is not None
            and found.present
            and (found.uid, found.scope_id) == (self.record.uid, self.place.scope_id)
        )


_WRITE = insert_or_update(object_, fixed=("cluster_id", "group", "kind", "namespace", "name"))
_REFRESHED = (
    "version",
    "resource_version",
    "generation",
    "observed_generation",
    "created_at",
    "reason",
    "message",
    "since",
    "revision",
)
_REFRESH = Statement(
    update(object_)
    .where(object_.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}") for name in _REFRESHED})
)
"""The same object in the same scope: what no index holds, so that no index is written again."""
_JUDGE = Statement(
    update(object_).where(object_.c.id == bindparam("row")).values(health=bindparam("new_health"))
)
_RESTATE = Statement(
    update(object_).where(object_.c.id == bindparam("row")).values(digest=bindparam("new_digest"))
)
_RELABEL = Statement(
    update(object_).where(object_.c.id == bindparam("row")).values(labels=bindparam("new_labels"))
)
_ADOPT = Statement(
    update(object_).where(object_.c.id == bindparam("row")).values(scope_id=bindparam("new_scope_id"))
)
_COUNTED = _REFRESHED.index("reason")
"""How many of them stand before deleted_at and health in the table."""
_NO_LABELS = "{}"


def upsert(cursor: DBAPICursor, codec: Codec, placed: Sequence[tuple[Place, Record]]) -> Upserted:
    """Store what is new about the records; where a key comes twice the later record counts."""
    identities = Identities(cursor)
    latest = {(place.cluster_id, *record.key): (place, record) for place, record in placed}
    found = identities.find(latest)
    writes: list[_Write] = []
    adopted: list[Row] = []
    for key, (place, record) in latest.items():
        row = found.get(key)
        if row is None:
            writes.append(_Write(identities.claim(), place, record, None))
        elif _is_known(row, record, listed=place.listed):
            if row.scope_id != place.scope_id:
                adopted.append((place.scope_id, row.id))
        else:
            writes.append(_Write(row.id, place, record, row))
    _ADOPT.run_all(cursor, adopted)
    _write_rows(cursor, writes)
    tally.add(cursor, _counted(writes))
    documents.write(cursor, codec, [_body(write) for write in writes])
    searchable.put(cursor, [(write.id, searchable.text_of(write.record)) for write in writes])
    unlinked = links.rewrite(
        cursor,
        [Source(write.id, write.place.cluster_id, write.record.references) for write in writes],
        linked=[write.id for write in writes if write.shown],
        known={(write.place.cluster_id, *write.record.key): write.id for write in writes},
    )
    ids = {row.id for row in found.values()}
    ids.update(write.id for write in writes)
    return Upserted(ids, len(writes), unlinked)


def _counted(writes: Sequence[_Write]) -> tally.Change:
    """What the writes change in the numbers of objects."""
    change: tally.Change = Counter()
    for _, place, record, found in writes:
        kind = (place.cluster_id, record.key.group, record.key.kind)
        change[(*kind, record.health.value)] += 1
        if found and found.present:
            change[(*kind, found.health)] -= 1
    return change


def _is_known(row: Found, record: Record, *, listed: bool) -> bool:
    """Whether the store has this version of the object, or a later one.

    In another API version the same resourceVersion shows other fields."""
    if not row.present or (row.uid, row.version) != (record.uid, record.version):
        return False
    if listed or row.resource_version == record.resource_version:
        return row.resource_version == record.resource_version
    try:
        return compare_resource_versions(record.resource_version, row.resource_version) < 0
    except ValueError:
        return False  # versions that cannot be compared: what was said last counts


def _write_rows(cursor: DBAPICursor, writes: Sequence[_Write]) -> None:
    refreshed: list[Row] = []
    judged: list[Row] = []
    restated: list[Row] = []
    relabelled: list[Row] = []
    written: list[Row] = []
    for write in writes:
        row, place, record, found = write
        health, labels, projected = record.health.value, _labels(record), _projected(record)
        if found and write.refreshes:
            refreshed.append((*projected, row))
            if found.health != health:
                judged.append((health, row))
            if found.digest != record.digest:
                restated.append((record.digest, row))
            if found.labels != labels:
                relabelled.append((labels, row))
        else:
            version, *counted = projected[:_COUNTED]
            identity = (row, place.cluster_id, *record.key, True, place.scope_id, version, record.uid)
            written.append((*identity, *counted, None, health, *projected[_COUNTED:], labels, record.digest))
    _REFRESH.run_all(cursor, refreshed)
    _JUDGE.run_all(cursor, judged)
    _RESTATE.run_all(cursor, restated)
    _RELABEL.run_all(cursor, relabelled)
    _WRITE.run_all(cursor, written)


def _projected(record: Record) -> Row:
    """The columns of _REFRESHED."""
    return (
        record.version,
        record.resource_version,
        record.generation,
        record.observed_generation,
        record.created_at,
        record.reason,
        record.message,
        record.since,
        record.revision,
    )


def _labels(record: Record) -> str:
    return msgspec.json.encode(record.labels).decode() if record.labels else _NO_LABELS


def _body(write: _Write) -> Body:
    record = write.record
    return Body(write.id, record.key.kind, record.resource_version, record.body, write.shown)

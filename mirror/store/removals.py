"""Objects that are gone: their rows stay, as names, for as long as something refers to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, bindparam, delete, exists, false, literal_column, null, select, update
from sqlalchemy.engine.interfaces import DBAPICursor

from mirror.records import Health
from mirror.store import documents, links
from mirror.store.changes import Deletion
from mirror.store.identities import Identities
from mirror.store.statements import Statement
from mirror.store.tables import edge, object_

__all__ = ["present_in_scope", "prune", "removable", "remove"]

_EMPTY: ColumnElement[str] = literal_column("''")
_ABSENT = Statement(
    update(object_)
    .where(object_.c.id == bindparam("row"))
    .values(
        present=false(),
        deleted_at=bindparam("at"),
        scope_id=null(),
        observed_generation=null(),
        health=literal_column(f"'{Health.UNKNOWN.value}'"),
        reason=_EMPTY,
        message=_EMPTY,
        since=null(),
        revision=_EMPTY,
        labels=literal_column("'{}'"),
    )
)
_PRESENT_IN_SCOPE = Statement(
    select(object_.c.id).where(object_.c.scope_id == bindparam("scope"), object_.c.present)
)
_PRUNE = Statement(
    delete(object_).where(
        object_.c.id == bindparam("row"), ~object_.c.present, ~exists().where(edge.c.dst == object_.c.id)
    )
)


def removable(cursor: DBAPICursor, deletions: Sequence[tuple[int, Deletion]]) -> list[int]:
    """The rows that deletions in these clusters are about: present, and the very object that was deleted.

    An event in the stream of a type that is not stored as objects finds no row.
    """
    named = {(cluster_id, *deletion.key, deletion.uid) for cluster_id, deletion in deletions}
    found = Identities(cursor).find({name[:-1] for name in named})
    return [row.id for key, row in found.items() if row.present and (*key, row.uid) in named]


def present_in_scope(cursor: DBAPICursor, scope_id: int) -> set[int]:
    """The objects that a scope is known to hold."""
    return {row[0] for row in _PRESENT_IN_SCOPE.rows(cursor, scope_id)}


def remove(cursor: DBAPICursor, ids: Collection[int], at: float) -> set[int]:
    """Mark the objects as gone; the rows that may have to be pruned now: they and what they referred to.

    at: when it was noticed, wall seconds.
    """
    unlinked = links.remove(cursor, ids)
    documents.remove(cursor, ids)
    _ABSENT.run_all(cursor, [(at, row) for row in ids])
    return unlinked.union(ids)


def prune(cursor: DBAPICursor, ids: Collection[int]) -> int:
    """Remove those of the rows that are not present and that nothing refers to; how many they were."""
    return _PRUNE.run_all(cursor, [(row,) for row in ids])

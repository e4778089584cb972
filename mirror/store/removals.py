"""Objects that are gone: their rows stay, as names, for as long as something refers to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    false,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.engine.interfaces import DBAPICursor

from mirror.keys import compare_resource_versions
from mirror.records import Health
from mirror.store import documents, links, searchable, tally
from mirror.store.changes import Deletion
from mirror.store.identities import Identities
from mirror.store.statements import Statement
from mirror.store.tables import edge, object_, scope

__all__ = ["hand_over", "present_in_scope", "prune", "removable", "remove", "superseded"]

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
        digest=null(),
    )
)
_PRESENT_IN_SCOPE = Statement(
    select(object_.c.id).where(object_.c.scope_id == bindparam("scope"), object_.c.present)
)
_HERE, _ELSEWHERE = scope.alias(), scope.alias()
_BROUGHT_BY_OTHERS = Statement(
    select(object_.c.id, object_.c.resource_version)
    .select_from(_HERE)
    .join(
        _ELSEWHERE,
        and_(
            _ELSEWHERE.c.cluster_id == _HERE.c.cluster_id,
            _ELSEWHERE.c.group == _HERE.c.group,
            _ELSEWHERE.c.plural == _HERE.c.plural,
            _ELSEWHERE.c.id != _HERE.c.id,
        ),
    )
    .join(object_, object_.c.scope_id == _ELSEWHERE.c.id)
    .where(
        _HERE.c.id == bindparam("here"),
        or_(_HERE.c.namespace == _EMPTY, object_.c.namespace == _HERE.c.namespace),
        object_.c.present,
    )
)
_HAND_OVER = Statement(
    update(object_).where(object_.c.scope_id == bindparam("scope")).values(scope_id=bindparam("heir"))
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


def superseded(cursor: DBAPICursor, scope_id: int, resource_version: str) -> set[int]:
    """What other scopes of the same type have brought into the place that this one covers, and what a list of
    this scope at that resourceVersion must show if it still exists."""
    rows = _BROUGHT_BY_OTHERS.rows(cursor, scope_id)
    return {row for row, version in rows if not _is_newer(version, resource_version)}


def hand_over(cursor: DBAPICursor, scope_id: int, heir_id: int) -> None:
    """Give the objects of a scope to another one."""
    _HAND_OVER.run(cursor, heir_id, scope_id)


def remove(cursor: DBAPICursor, ids: Collection[int], at: float) -> set[int]:
    """Mark the objects as gone; the rows that may have to be pruned now: they and what they referred to.

    at: when it was noticed, wall seconds.
    """
    unlinked = links.remove(cursor, ids)
    documents.remove(cursor, ids)
    searchable.forget(cursor, ids)
    gone = tally.of_rows(cursor, ids)
    tally.add(cursor, Counter({key: -number for key, number in gone.items()}))
    _ABSENT.run_all(cursor, [(at, row) for row in ids])
    return unlinked.union(ids)


def prune(cursor: DBAPICursor, ids: Collection[int]) -> int:
    """Remove those of the rows that are not present and that nothing refers to; how many they were."""
    return _PRUNE.run_all(cursor, [(row,) for row in ids])


def _is_newer(version: str, than: str) -> bool:
    """Versions that cannot be compared prove nothing: the object stays until it is said to be gone."""
    try:
        return compare_resource_versions(version, than) > 0
    except ValueError:
        return True

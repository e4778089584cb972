"""The kinds that somebody has asked for, and when that was last."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.engine.interfaces import DBAPICursor

from mirror.keys import GroupKind
from mirror.store.changes import KindsAsked
from mirror.store.statements import Statement, insert_or_update
from mirror.store.tables import interest

__all__ = ["asked_kinds", "write"]

_WRITE = insert_or_update(interest)
_FORGET = Statement(delete(interest).where(interest.c.asked_at < bindparam("before")))
_KNOWN = Statement(select(interest.c.group, interest.c.kind))


def asked_kinds(connection: Connection) -> dict[GroupKind, float]:
    """When each kind was last asked for, wall seconds."""
    rows = connection.execute(select(interest.c.group, interest.c.kind, interest.c.asked_at))
    return {GroupKind(*row[:2]): row[2] for row in rows}


def write(cursor: DBAPICursor, change: KindsAsked) -> bool:
    """Note what was asked for, and forget what nobody wants any more; whether the set is another one now."""
    before = set(_KNOWN.rows(cursor))
    _WRITE.run_all(cursor, [(*kind, change.at) for kind in change.kinds])
    _FORGET.run(cursor, change.forget_before)
    return set(_KNOWN.rows(cursor)) != before

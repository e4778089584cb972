"""Which row stands for which object: keys become row ids, many at a time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import CTE

from mirror.store.engine import upsert
from mirror.store.statements import Insert, Lookup, Row, Statement
from mirror.store.tables import object_

__all__ = ["KEY", "Found", "Identities"]

KEY = (object_.c.cluster_id, object_.c.group, object_.c.kind, object_.c.namespace, object_.c.name)
"""What an object is called: the row of its cluster, and the fields of its ObjectKey."""


class Found(NamedTuple):
    """What must be known of a row before it is written."""

    id: int
    present: bool
    uid: str
    version: str
    resource_version: str
    scope_id: int | None
    health: str
    digest: int | None
    labels: str


def _by_key(wanted: CTE) -> Select[Any]:
    found = (object_.c[name] for name in Found._fields)
    same = and_(*(column == wanted.c[column.name] for column in KEY))
    return select(*KEY, *found).join_from(wanted, object_, same)


_FIND = Lookup(KEY, _by_key)
_LAST = Statement(select(func.max(object_.c.id)))
_PLACEHOLDER = Insert(
    upsert(object_).values({name: bindparam(name) for name in ("id", *(c.name for c in KEY), "present")})
)


class Identities:
    """Row ids within one transaction. New ones are handed out here: the store has only one writer."""

    def __init__(self, cursor: DBAPICursor) -> None:
        self._cursor = cursor
        self._last: int | None = None

    def find(self, keys: Collection[Row]) -> dict[Row, Found]:
        """The rows of those KEYs that have one."""
        split = len(KEY)
        return {
            row[:split]: Found(row[split], bool(row[split + 1]), *row[split + 2 :])
            for row in _FIND.rows(self._cursor, keys)
        }

    def claim(self) -> int:
        """An id that no row has."""
        if self._last is None:
            self._last = _LAST.rows(self._cursor)[0][0] or 0
        self._last += 1
        return self._last

    def find_or_name(self, keys: Collection[Row]) -> dict[Row, int]:
        """A row id for every KEY; those without a row get one that is not present."""
        ids: dict[Row, int] = {key: found.id for key, found in self.find(keys).items()}
        new = [(self.claim(), *key, False) for key in keys if key not in ids]
        _PLACEHOLDER.run_all(self._cursor, new)
        ids.update((row[1:-1], row[0]) for row in new)
        return ids

"""How many objects exist of each kind and health in each cluster.

Kept beside the rows, in the same transaction: to count them takes a walk over the index of all objects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import CTE

from mirror.keys import GroupKind
from mirror.store.engine import upsert
from mirror.store.statements import Lookup, Statement, compiled, value
from mirror.store.tables import cluster, object_, tally

__all__ = ["Change", "add", "count_by_health", "of_rows"]

Change = Counter[tuple[int, str, str, str]]
"""(cluster, group, kind, health) → how many more, or fewer."""

_KEY = (object_.c.cluster_id, object_.c.group, object_.c.kind, object_.c.health)


def _by_id(wanted: CTE) -> sa.Select[Any]:
    existing = sa.and_(object_.c.id == wanted.c.id, object_.c.present)
    return sa.select(*_KEY).join_from(wanted, object_, existing)


def _adding() -> Statement:
    statement = upsert(tally).values({column.name: bindparam(column.name) for column in tally.c})
    return Statement(
        statement.on_conflict_do_update(
            index_elements=list(tally.primary_key),
            set_={"number": tally.c.number + statement.excluded.number},
        )
    )


_OF_ROWS = Lookup([object_.c.id], _by_id)
_ADD = _adding()


def add(cursor: DBAPICursor, change: Change) -> None:
    """Take note of a change of the rows."""
    _ADD.run_all(cursor, [(*key, number) for key, number in change.items() if number])


def of_rows(cursor: DBAPICursor, ids: Collection[int]) -> Change:
    """The objects among these rows that exist."""
    return Counter((row[0], row[1], row[2], row[3]) for row in _OF_ROWS.rows(cursor, [(row,) for row in ids]))


def count_by_health(
    connection: Connection,
    clusters: Collection[str] | None = None,
    kinds: Collection[GroupKind] | None = None,
) -> list[tuple[str, str, str, str, int]]:
    """(cluster, group, kind, health, how many) of the objects that exist, in this order; None means all."""
    chosen = None if clusters is None else set(clusters)
    groups = () if kinds is None else tuple({kind.group for kind in kinds})
    rows = connection.exec_driver_sql(_counted(len(groups)), groups).all()
    return [
        (name, group, kind, health, number)
        for name, group, kind, health, number in rows
        if (kinds is None or (group, kind) in kinds) and (chosen is None or name in chosen)
    ]


@lru_cache(maxsize=32)
def _counted(groups: int) -> str:
    """groups: how many of them, its parameters; 0 for all."""
    query = sa.select(cluster.c.name, tally.c.group, tally.c.kind, tally.c.health, tally.c.number)
    query = query.join_from(tally, cluster).where(tally.c.number > sa.literal_column("0"))
    if groups:
        query = query.where(tally.c.group.in_([value(f"group_{each}") for each in range(groups)]))
    query = query.order_by(cluster.c.name, tally.c.group, tally.c.kind, tally.c.health)
    return compiled(query)

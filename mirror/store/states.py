"""How objects stand, without the rest of their rows: a part of the time that whole rows take."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.store.rows import StateRow
from mirror.store.statements import Lookup
from mirror.store.tables import object_

__all__ = ["states"]


def _by_id(wanted: sa.CTE) -> sa.Select[Any]:
    columns = (object_.c[name] for name in StateRow._fields)
    return sa.select(object_.c.id, *columns).join_from(wanted, object_, object_.c.id == wanted.c.id)


_BY_ID = Lookup([object_.c.id], _by_id)


def states(connection: Connection, ids: Collection[int]) -> dict[int, StateRow]:
    """Of the objects of these ids; ids that no row has are left out."""
    return {row: StateRow(*state) for row, *state in _BY_ID.read(connection, [(each,) for each in ids])}

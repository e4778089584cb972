"""Objects by the beginning of their names, in the whole fleet, without looking at every name.

There is no index of names alone: each kind in each namespace has its names in order. Those places are few;
they are found by leaping from one to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.store.engine import DIALECT
from mirror.store.tables import object_

__all__ = ["named"]

_NEXT, _LAST = "\x01", "\U0010ffff"
"""What comes before and after every character that a name can have."""
_MOST_PLACES = 100_000


def named(
    connection: Connection, name: str, first_kinds: Collection[str], *, most: int
) -> Iterator[list[int]]:
    """The objects of just this name, then those whose names begin with it: at most so many rows of each, by
    kind, namespace and name, the objects of one name together. first_kinds: kinds that come first.
    """
    kinds = sorted(first_kinds) or [""]
    for begin, end in ((name, name), (name + _NEXT, name + _LAST)):
        rows = connection.exec_driver_sql(_named(len(kinds)), (*kinds, _MOST_PLACES, 0, begin, end, most, 0))
        yield [row[0] for row in rows]


@lru_cache(maxsize=8)
def _named(kinds: int) -> str:
    """Its parameters: the kinds that come first; how many places, and an offset; the first and the last name;
    how many rows, and an offset."""
    places = _places()
    first = places.c.kind.in_([sa.bindparam(f"kind_{number}", type_=sa.Text) for number in range(kinds)])
    ordered = sa.select(places.c.kind, places.c.namespace).where(places.c.namespace.is_not(None))
    ordered = ordered.order_by(first.desc(), places.c.kind, places.c.namespace)
    # The bound is what keeps SQLite from giving up the order.
    place = ordered.limit(sa.bindparam("places")).offset(sa.bindparam("from_place")).subquery("place")
    here = sa.and_(
        object_.c.kind == place.c.kind,
        object_.c.namespace == place.c.namespace,
        object_.c.name.between(sa.bindparam("name"), sa.bindparam("last")),
    )
    query = sa.select(object_.c.id).select_from(place.join(object_, here)).where(object_.c.present)
    return str(query.limit(sa.bindparam("most")).offset(sa.bindparam("from")).compile(dialect=DIALECT))


def _places() -> sa.CTE:
    """Each kind with each namespace in which there is, or was, an object of it; at the end a row of nulls."""
    kinds = sa.select(sa.func.min(object_.c.kind).label("kind")).cte("kinds", recursive=True)
    next_kind = sa.select(sa.func.min(object_.c.kind)).where(object_.c.kind > kinds.c.kind).scalar_subquery()
    kinds = kinds.union_all(sa.select(next_kind).where(kinds.c.kind.is_not(None)))
    lowest = sa.func.min(object_.c.namespace)
    first = sa.select(lowest).where(object_.c.kind == kinds.c.kind).scalar_subquery()
    places = sa.select(kinds.c.kind, first.label("namespace")).where(kinds.c.kind.is_not(None))
    place = places.cte("places", recursive=True)
    following = (
        sa.select(lowest)
        .where(object_.c.kind == place.c.kind, object_.c.namespace > place.c.namespace)
        .scalar_subquery()
    )
    return place.union_all(sa.select(place.c.kind, following).where(place.c.namespace.is_not(None)))

"""Edges of one object at a time: compare what is stored with what is meant, write the difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import CTE

from mirror.store.statements import Lookup, Statement, insert_or_update
from mirror.store.tables import edge

__all__ = ["Links", "remove", "rewrite"]

Links = dict[tuple[int, str, str], bool]
"""The edges of one object: (dst, relation, field) → optional."""


def _by_source(wanted: CTE) -> Select[Any]:
    return select(edge).join_from(wanted, edge, edge.c.src == wanted.c.src)


_OF_SOURCES = Lookup([edge.c.src], _by_source)
_WRITE = insert_or_update(edge)
_REMOVE = Statement(
    delete(edge).where(
        *(edge.c[name] == bindparam(f"the_{name}") for name in ("src", "dst", "relation", "field"))
    )
)
_REMOVE_ALL = Statement(delete(edge).where(edge.c.src == bindparam("the_src")))


def rewrite(cursor: DBAPICursor, meant: Mapping[int, Links], linked: Collection[int]) -> set[int]:
    """Make the edges of each object what is meant; the targets that an edge was taken from.

    meant: per object id. linked: those of them that may have edges already.
    """
    stored = _stored(cursor, linked)
    removed = [
        (src, *key) for src, links in stored.items() for key in links.keys() - meant.get(src, {}).keys()
    ]
    nothing: Links = {}
    written = [
        (src, *key, optional)
        for src, links in meant.items()
        for key, optional in links.items()
        if stored.get(src, nothing).get(key) != optional
    ]
    _REMOVE.run_all(cursor, removed)
    _WRITE.run_all(cursor, written)
    return {row[1] for row in removed}


def remove(cursor: DBAPICursor, ids: Collection[int]) -> set[int]:
    """Remove all edges that begin at these objects; the targets they led to."""
    targets = {dst for links in _stored(cursor, ids).values() for dst, _, _ in links}
    _REMOVE_ALL.run_all(cursor, [(src,) for src in ids])
    return targets


def _stored(cursor: DBAPICursor, ids: Collection[int]) -> dict[int, Links]:
    stored: dict[int, Links] = defaultdict(dict)
    for src, dst, relation, field, optional in _OF_SOURCES.rows(cursor, [(src,) for src in ids]):
        stored[src][dst, relation, field] = bool(optional)
    return stored

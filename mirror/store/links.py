"""The edges of objects: what is stored is compared with what is meant, and the difference written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import CTE

from mirror.records import Reference
from mirror.store.identities import KEY, Identities
from mirror.store.statements import Lookup, Row, Statement, insert_or_update
from mirror.store.tables import edge, object_

__all__ = ["Source", "remove", "rewrite"]

_Name = tuple[Row, str, str]
"""An edge of a known source: (KEY of the target, relation, field)."""


class Source(NamedTuple):
    """An object and all that it refers to, in its own cluster."""

    row: int
    cluster_id: int
    references: Sequence[Reference]


class _Stored(NamedTuple):
    dst: int
    optional: bool


def _by_source(wanted: CTE) -> Select[Any]:
    columns = (edge.c.src, edge.c.dst, edge.c.relation, edge.c.field, edge.c.optional)
    sources = wanted.join(edge, edge.c.src == wanted.c.src)
    return select(*columns, *KEY).select_from(sources.join(object_, object_.c.id == edge.c.dst))


_OF_SOURCES = Lookup([edge.c.src], _by_source)
_WRITE = insert_or_update(edge)
_REMOVE = Statement(
    delete(edge).where(
        *(edge.c[name] == bindparam(f"the_{name}") for name in ("src", "dst", "relation", "field"))
    )
)
_REMOVE_ALL = Statement(delete(edge).where(edge.c.src == bindparam("the_src")))


def rewrite(
    cursor: DBAPICursor,
    sources: Sequence[Source],
    linked: Collection[int],
    known: Mapping[Row, int],
) -> set[int]:
    """Make the edges of each object what its references say; the targets that an edge was taken from.

    linked: those of the rows that may have edges. known: row ids of some KEYs; other targets are looked up,
    and names that have no row get one.
    """
    stored = _stored(cursor, linked)
    none: dict[_Name, _Stored] = {}
    removed: list[Row] = []
    written: list[tuple[int, _Name, bool]] = []
    for src, cluster_id, references in sources:
        meant = _meant(cluster_id, references)
        had = stored.get(src, none)
        removed += [(src, edge.dst, *name[1:]) for name, edge in had.items() if name not in meant]
        written += [
            (src, name, optional)
            for name, optional in meant.items()
            if name not in had or had[name].optional != optional
        ]
    missing = {name[0] for _, name, _ in written if name[0] not in known}
    ids = {**known, **Identities(cursor).find_or_name(missing)} if missing else known
    _REMOVE.run_all(cursor, removed)
    _WRITE.run_all(cursor, [(src, ids[name[0]], *name[1:], optional) for src, name, optional in written])
    return {row[1] for row in removed}


def remove(cursor: DBAPICursor, ids: Collection[int]) -> set[int]:
    """Remove all edges that begin at these objects; the targets they led to."""
    targets = {link.dst for links in _stored(cursor, ids).values() for link in links.values()}
    _REMOVE_ALL.run_all(cursor, [(src,) for src in ids])
    return targets


def _meant(cluster_id: int, references: Sequence[Reference]) -> dict[_Name, bool]:
    # Said twice, once as optional and once not: it is needed.
    meant: dict[_Name, bool] = {}
    for relation, field, target, optional in references:
        name = ((cluster_id, *target), relation.value, field)
        meant[name] = optional and meant.get(name, True)
    return meant


def _stored(cursor: DBAPICursor, ids: Collection[int]) -> dict[int, dict[_Name, _Stored]]:
    stored: dict[int, dict[_Name, _Stored]] = defaultdict(dict)
    for src, dst, relation, field, optional, *key in _OF_SOURCES.rows(cursor, [(src,) for src in ids]):
        stored[src][tuple(key), relation, field] = _Stored(dst, bool(optional))
    return stored

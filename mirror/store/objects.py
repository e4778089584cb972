"""Objects without their bodies, as readers see them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection
from sqlalchemy.sql.selectable import CTE

from mirror.keys import GroupKind, ObjectKey
from mirror.store.clusters import cluster_names
from mirror.store.engine import DIALECT
from mirror.store.rows import ObjectRow, identity, read_labels
from mirror.store.statements import Lookup, read
from mirror.store.tables import cluster, object_, scope

__all__ = ["by_ids", "by_keys", "keys", "kinds", "namespaces", "select"]

_KEY = tuple(object_.c[name] for name in ("cluster_id", *ObjectKey._fields))
_COLUMNS = tuple(object_.c["cluster_id" if name == "cluster" else name] for name in ObjectRow._fields)


def _by_id(wanted: CTE) -> sa.Select[Any]:
    return sa.select(*_COLUMNS).join_from(wanted, object_, object_.c.id == wanted.c.id)


def _key_by_id(wanted: CTE) -> sa.Select[Any]:
    columns = (object_.c[name] for name in ("id", *ObjectKey._fields))
    return sa.select(*columns).join_from(wanted, object_, object_.c.id == wanted.c.id)


def _of_kind_by_id(wanted: CTE) -> sa.Select[Any]:
    return _by_id(wanted).where(
        object_.c.group == sa.bindparam("group"), object_.c.kind == sa.bindparam("kind")
    )


_BY_IDS = Lookup([object_.c.id], _by_id)
_OF_KIND_BY_IDS = Lookup([object_.c.id], _of_kind_by_id)
_KEYS = Lookup([object_.c.id], _key_by_id)


def by_ids(
    connection: Connection, ids: Collection[int], kind: GroupKind | None = None
) -> dict[int, ObjectRow]:
    """The rows of these ids, present or not; ids that no row has are left out. kind: only objects of it."""
    names = cluster_names(connection, None)
    wanted = [(row,) for row in dict.fromkeys(ids)]
    found = _OF_KIND_BY_IDS.read(connection, wanted, *kind) if kind else _BY_IDS.read(connection, wanted)
    return {row.id: row for row in _rows(found, names)}


def _by_key(wanted: CTE) -> sa.Select[Any]:
    same = sa.and_(*(column == wanted.c[column.name] for column in _KEY))
    return sa.select(*_COLUMNS).join_from(wanted, object_, same)


_BY_KEYS = Lookup(_KEY, _by_key)


def by_keys(connection: Connection, wanted: Collection[tuple[str, ObjectKey]]) -> list[ObjectRow]:
    """The rows of these objects, each named by its cluster and key, present or not."""
    names = cluster_names(connection, {name for name, _ in wanted})
    ids = {name: row for row, name in names.items()}
    keys = [(ids[name], *key) for name, key in dict.fromkeys(wanted) if name in ids]
    return _rows(_BY_KEYS.read(connection, keys), names)


def keys(connection: Connection, ids: Collection[int]) -> dict[int, ObjectKey]:
    """What the objects of these ids are called, present or not: a part of the time that their rows take."""
    wanted = [(row,) for row in dict.fromkeys(ids)]
    return {row: ObjectKey(*key) for row, *key in _KEYS.read(connection, wanted)}


def select(
    connection: Connection,
    *,
    clusters: Collection[str] | None = None,
    group: str | None = None,
    kind: str | None = None,
    namespace: str | None = None,
    name: str | None = None,
    health: Collection[str] | None = None,
    labels: Mapping[str, str] | None = None,
    present: bool | None = True,
    limit: int | None = None,
) -> list[ObjectRow]:
    """The objects that fit, ordered by cluster, kind, namespace and name.

    None leaves a filter out; namespace "" selects cluster-scoped objects. labels: those an object must have;
    they have no index, so something else should narrow the search. present: True for objects that
    exist, False for names that are only referred to. A name without a kind or namespace is looked for in
    every row.
    """
    names = cluster_names(connection, clusters)
    if group is None and kind is not None and name is None and present:
        groups: Collection[str] | None = _groups_of(connection, kind) or None
    else:
        groups = None if group is None else (group,)
    # Two indexes lead to a kind: by kind and name, and by cluster, group and kind. The first one is for one
    # name in many clusters. SQLite cannot tell without statistics, so there the cluster is hidden from it.
    by_kind = kind is not None and (name is not None or groups is None)
    within = clusters is not None or not (by_kind or (groups is None and health is None))
    exact = {"kind": kind, "namespace": namespace, "name": name}
    among = {"group": groups, "health": health, "cluster_id": names if within else None}
    if any(values is not None and not values for values in among.values()):
        return []
    selection = _Selection(
        present=present,
        exact=tuple(column for column, value in exact.items() if value is not None),
        among=tuple((column, len(values)) for column, values in among.items() if values is not None),
        labels=len(labels or {}),
        by_kind=by_kind,
        ranked=0 if limit is None else len(names),
    )
    values = [
        *(value for value in exact.values() if value is not None),
        *(value for several in among.values() if several is not None for value in several),
        *_texts(labels),
        *(() if limit is None else (*names, limit, 0)),  # SQLite's dialect writes an OFFSET too
    ]
    rows = _rows(read(connection, _statement(selection), tuple(values)), names)
    return sorted(rows, key=identity) if limit is None else rows


class _Selection(NamedTuple):
    """What a query narrows the objects by: for each shape there is one statement, put together once.

    present: as in select(). among: columns with the number of values. by_kind: the cluster is hidden from
    SQLite. ranked: clusters by which the rows are ordered and cut off; 0 for all rows in no order.
    """

    present: bool | None
    exact: tuple[str, ...]
    among: tuple[tuple[str, int], ...]
    labels: int
    by_kind: bool
    ranked: int


@lru_cache(maxsize=256)
def _statement(selection: _Selection) -> str:
    """Its parameters: the exact values, those among which a column is, labels, ranked clusters, the limit."""
    query = sa.select(*_COLUMNS)
    if selection.present is not None:  # as a literal: there are indexes of present ones only
        query = query.where(object_.c.present == selection.present)
    query = query.where(*(object_.c[column] == _value(column) for column in selection.exact))
    for column, number in selection.among:
        hidden = column == "cluster_id" and selection.by_kind
        term: ColumnElement[Any] = object_.c[column] + sa.literal_column("0") if hidden else object_.c[column]
        query = query.where(term.in_([_value(f"{column}_{each}") for each in range(number)]))
    texts = [_value(f"label_{each}") for each in range(selection.labels)]
    query = query.where(*(sa.func.instr(object_.c.labels, text) > sa.literal_column("0") for text in texts))
    if selection.ranked:
        rank = sa.case(
            *(
                (object_.c.cluster_id == _value(f"rank_{each}"), sa.literal_column(str(each)))
                for each in range(selection.ranked)
            ),
            else_=sa.literal_column(str(selection.ranked)),
        )
        order = (rank, object_.c.kind, object_.c.namespace, object_.c.name, object_.c.group)
        query = query.order_by(*order).limit(_value("most"))
    return str(query.compile(dialect=DIALECT))


def _value(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=sa.types.NullType())


def kinds(connection: Connection) -> list[GroupKind]:
    """The kinds of which an object exists in some cluster, ordered by kind."""
    # Through the scopes, which are few: the objects are only asked whether there is one.
    filled = sa.exists().where(object_.c.scope_id == scope.c.id, object_.c.present)
    query = sa.select(scope.c.group, scope.c.kind).where(filled).distinct()
    return [GroupKind(*row) for row in connection.execute(query.order_by(scope.c.kind, scope.c.group))]


def namespaces(connection: Connection, cluster_name: str) -> frozenset[str]:
    """The namespaces of one cluster in which an object exists."""
    query = (
        sa.select(object_.c.namespace)
        .join(cluster, cluster.c.id == object_.c.cluster_id)
        .where(cluster.c.name == cluster_name, object_.c.present, object_.c.namespace != "")
    )
    return frozenset(connection.execute(query.distinct()).scalars())


def _groups_of(connection: Connection, kind: str) -> list[str]:
    """The groups in which objects of a kind can exist: those of the scopes that show them."""
    return list(connection.execute(sa.select(scope.c.group).where(scope.c.kind == kind).distinct()).scalars())


def _texts(labels: Mapping[str, str] | None) -> list[str]:
    """Each label as it stands in the column: JSON escapes the quotes of what could look like another one."""
    return [msgspec.json.encode({key: value}).decode()[1:-1] for key, value in (labels or {}).items()]


def _rows(found: Iterable[Sequence[Any]], names: Mapping[int, str]) -> list[ObjectRow]:
    return [
        ObjectRow._make((row[0], names[row[1]], *row[2:6], row[6] == 1, *row[7:-1], read_labels(row[-1])))
        for row in found
    ]

"""In which clusters an object says the same: answered by digests in one index, no object is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.keys import GroupKind, ObjectKey
from mirror.store.rows import AlikeRow, ContentRow, read_labels
from mirror.store.statements import chunks, compiled, value
from mirror.store.tables import object_

__all__ = ["alike", "contents"]

_SIZES = (1, 8, 64, 500)
"""Values of one column in a query. Few shapes, each put together once; the rest of a shape is padded."""

_KEY = (object_.c.kind, object_.c.namespace, object_.c.name, object_.c.group)
"""In the order of the index, in which SQLite groups as it reads. That it does only as long as no term of a
query makes one of them a constant: the group is compared when the rows are here."""

_CLUSTERS = sa.func.aggregate_strings(sa.cast(object_.c.cluster_id, sa.Text), ",")
_GROUPED = (
    sa.select(*_KEY, object_.c.digest, sa.func.min(object_.c.id), _CLUSTERS)
    .group_by(*_KEY, object_.c.digest)
    .order_by(*_KEY, object_.c.digest)
)
_OWN = sa.case((object_.c.digest.is_(None), object_.c.id))
"""What tells objects apart of which the content is not known."""

_STANDING = (object_.c.name, object_.c.health, object_.c.reason, object_.c.labels)
_ALIKE = (
    sa.select(sa.func.min(object_.c.id), *_STANDING, _CLUSTERS)
    .group_by(*_STANDING, object_.c.digest, _OWN)
    .order_by(*_STANDING, object_.c.digest, _OWN)
)
_UNKNOWN = sa.select(*_KEY, object_.c.id, object_.c.cluster_id).where(object_.c.digest.is_(None))


class _Shape(NamedTuple):
    """What a query narrows the objects by: by how many values; 0 where all are meant."""

    kinds: int
    namespaces: int
    names: int
    clusters: int


def contents(
    connection: Connection,
    clusters: Mapping[int, str],
    kinds: Collection[GroupKind],
    *,
    whole: bool = False,
    namespaces: Collection[str] | None = None,
    names: Collection[str] | None = None,
) -> list[ContentRow]:
    """The objects of these kinds, each once for every different content that it has, by kind, namespace and
    name.

    clusters: names by id. whole: they are all that the store has. namespaces, names: only these objects.
    An object whose content is not known (written by an earlier version) has one row in each cluster.
    """
    if not clusters or not kinds or (namespaces is not None and not namespaces):
        return []
    wanted = frozenset(kinds)
    texts: dict[str, tuple[str, ...]] = {}
    found: list[ContentRow] = []
    within = () if whole else tuple(clusters)
    chosen = _padded({kind.kind for kind in wanted})
    places = () if namespaces is None else _padded(namespaces)
    for part in _parts(names):
        grouped, one_by_one = _statements(_Shape(len(chosen), len(places), len(part), len(within)))
        asked = (*chosen, *places, *part, *within)
        unknown = False
        for kind, home, name, group, digest, row, ids in connection.exec_driver_sql(grouped, asked).all():
            if (group, kind) not in wanted:
                continue
            if digest is None:
                unknown = True
                continue
            if ids not in texts:
                texts[ids] = tuple(sorted(clusters[int(each)] for each in ids.split(",")))
            found.append(ContentRow(ObjectKey(group, kind, home, name), row, texts[ids], digest))
        if unknown:
            rows = connection.exec_driver_sql(one_by_one, asked).all()
            found += [
                ContentRow(ObjectKey(group, kind, home, name), row, (clusters[place],), None)
                for kind, home, name, group, row, place in rows
                if (group, kind) in wanted
            ]
    return found


def alike(
    connection: Connection,
    clusters: Mapping[int, str],
    kind: GroupKind,
    namespace: str,
    *,
    whole: bool = False,
) -> list[AlikeRow]:
    """The objects of a kind in a namespace, each once for every way in which it is and stands, by name.

    clusters, whole: as contents() has them.
    """
    within = () if whole else tuple(clusters)
    rows = connection.exec_driver_sql(_alike(len(within)), (*kind, namespace, *within)).all()
    return [
        AlikeRow(
            row,
            name,
            health,
            reason,
            read_labels(labels),
            tuple(clusters[int(each)] for each in ids.split(",")),
        )
        for row, name, health, reason, labels, ids in rows
    ]


@lru_cache(maxsize=64)
def _alike(clusters: int) -> str:
    """Its parameters: group, kind, namespace, clusters."""
    exact = (object_.c[name] == value(name) for name in ("group", "kind", "namespace"))
    query = _ALIKE.where(*exact, object_.c.present)
    return compiled(query.where(_within(clusters)) if clusters else query)


@lru_cache(maxsize=256)
def _statements(shape: _Shape) -> tuple[str, str]:
    """(each content once, those that are not known one by one). Their parameters: kinds, namespaces, names,
    clusters."""
    fits = [object_.c.kind.in_(_several("kind", shape.kinds)), object_.c.present]
    if shape.namespaces:
        fits.append(object_.c.namespace.in_(_several("namespace", shape.namespaces)))
    if shape.names:
        fits.append(object_.c.name.in_(_several("name", shape.names)))
    if shape.clusters:
        fits.append(_within(shape.clusters))
    return compiled(_GROUPED.where(*fits)), compiled(_UNKNOWN.where(*fits))


def _within(clusters: int) -> sa.ColumnElement[bool]:
    # Hidden from SQLite, which would look the objects up cluster by cluster and sort them.
    return (object_.c.cluster_id + sa.literal_column("0")).in_(_several("cluster", clusters))


def _several(name: str, number: int) -> list[sa.BindParameter[Any]]:
    return [value(f"{name}_{each}") for each in range(number)]


def _parts(names: Collection[str] | None) -> Iterator[tuple[str | None, ...]]:
    """The names, as many as one query takes; nothing, once, where all are meant."""
    if names is None:
        yield ()
        return
    for part in chunks(names, _SIZES[-1]):
        yield _padded(part)


def _padded(values: Collection[str]) -> tuple[str | None, ...]:
    size = next((size for size in _SIZES if size >= len(values)), len(values))
    return (*values, *(None,) * (size - len(values)))

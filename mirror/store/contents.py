"""In which clusters an object says the same: answered by digests in one index, no object is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.keys import GroupKind, ObjectKey
from mirror.store.engine import DIALECT
from mirror.store.rows import ContentRow
from mirror.store.statements import chunks
from mirror.store.tables import object_

__all__ = ["contents"]

_SIZES = (1, 8, 64, 500)
"""Names in one query. Few shapes, each put together once; the rest of a shape is padded."""

_KEY = (object_.c.namespace, object_.c.name)
_CLUSTERS = sa.func.aggregate_strings(sa.cast(object_.c.cluster_id, sa.Text), ",")
_GROUPED = (
    sa.select(*_KEY, object_.c.digest, sa.func.min(object_.c.id), _CLUSTERS)
    .group_by(*_KEY, object_.c.group, object_.c.digest)
    .order_by(*_KEY, object_.c.group, object_.c.digest)
)
_UNKNOWN = sa.select(*_KEY, object_.c.id, object_.c.cluster_id).where(object_.c.digest.is_(None))


class _Shape(NamedTuple):
    """What a query narrows the objects of a kind by. clusters, names: how many; 0 for all of them."""

    namespaced: bool
    clusters: int
    names: int


def contents(
    connection: Connection,
    clusters: Mapping[int, str],
    kind: GroupKind,
    *,
    whole: bool = False,
    namespace: str | None = None,
    names: Collection[str] | None = None,
) -> list[ContentRow]:
    """The objects of a kind, each once for every different content that it has, by namespace and name.

    clusters: names by id. whole: they are all that the store has. namespace, names: only these objects.
    An object whose content is not known (written by an earlier version) has one row in each cluster.
    """
    if not clusters:
        return []
    texts: dict[str, tuple[str, ...]] = {}
    found: list[ContentRow] = []
    within = () if whole else tuple(clusters)
    place = () if namespace is None else (namespace,)
    for part in _parts(names):
        grouped, one_by_one = _statements(_Shape(namespace is not None, len(within), len(part)))
        asked = (kind.kind, kind.group, *within, *place, *part)
        unknown = False
        for home, name, digest, row, ids in connection.exec_driver_sql(grouped, asked):
            if digest is None:
                unknown = True
                continue
            if ids not in texts:
                texts[ids] = tuple(sorted(clusters[int(each)] for each in ids.split(",")))
            found.append(ContentRow(ObjectKey(*kind, home, name), row, texts[ids], digest))
        if unknown:
            rows = connection.exec_driver_sql(one_by_one, asked)
            found += [ContentRow(ObjectKey(*kind, p, n), row, (clusters[c],), None) for p, n, row, c in rows]
    return found


@lru_cache(maxsize=256)
def _statements(shape: _Shape) -> tuple[str, str]:
    """(each content once, those that are not known one by one). Their parameters: kind, group, clusters,
    namespace, names."""
    fits = [object_.c.kind == _value("kind"), object_.c.group == _value("group")]
    fits.append(object_.c.present)
    if shape.clusters:
        # Hidden from SQLite, which would look the objects up cluster by cluster and sort them.
        fits.append((object_.c.cluster_id + sa.literal_column("0")).in_(_several("cluster", shape.clusters)))
    if shape.namespaced:
        fits.append(object_.c.namespace == _value("namespace"))
    if shape.names:
        fits.append(object_.c.name.in_(_several("name", shape.names)))
    return _compiled(_GROUPED.where(*fits)), _compiled(_UNKNOWN.where(*fits))


def _compiled(query: sa.Select[Any]) -> str:
    # The separator between clusters is part of the text, as it is no parameter of ours.
    return str(query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True}))


def _several(name: str, number: int) -> list[sa.BindParameter[Any]]:
    return [_value(f"{name}_{each}") for each in range(number)]


def _value(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, required=False)


def _parts(names: Collection[str] | None) -> Iterator[tuple[str | None, ...]]:
    """The names, as many as one query takes; nothing, once, where all are meant."""
    if names is None:
        yield ()
        return
    for part in chunks(names, _SIZES[-1]):
        size = next(size for size in _SIZES if size >= len(part))
        yield (*part, *(None,) * (size - len(part)))

"""In which clusters an object says the same: answered by digests in one index, no object is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.keys import GroupKind, ObjectKey
from mirror.store.rows import ContentRow
from mirror.store.statements import chunks
from mirror.store.tables import object_

__all__ = ["contents"]

_NAMES_PER_QUERY = 500
_KEY = (object_.c.namespace, object_.c.name)
_CLUSTERS = sa.func.aggregate_strings(sa.cast(object_.c.cluster_id, sa.Text), ",")
_GROUPED = (
    sa.select(*_KEY, object_.c.digest, sa.func.min(object_.c.id), _CLUSTERS)
    .group_by(*_KEY, object_.c.group, object_.c.digest)
    .order_by(*_KEY, object_.c.group, object_.c.digest)
)
_UNKNOWN = sa.select(*_KEY, object_.c.id, object_.c.cluster_id).where(object_.c.digest.is_(None))


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
    fits = [object_.c.kind == kind.kind, object_.c.group == kind.group, object_.c.present]
    if not whole:
        # Hidden from SQLite, which would look the objects up cluster by cluster and sort them.
        fits.append((object_.c.cluster_id + 0).in_(clusters))
    if namespace is not None:
        fits.append(object_.c.namespace == namespace)
    texts: dict[str, tuple[str, ...]] = {}
    found: list[ContentRow] = []
    for part in _parts(names):
        narrowed = fits if part is None else [*fits, object_.c.name.in_(part)]
        unknown = False
        for place, name, digest, row, ids in connection.execute(_GROUPED.where(*narrowed)):
            if digest is None:
                unknown = True
                continue
            if ids not in texts:
                texts[ids] = tuple(sorted(clusters[int(each)] for each in ids.split(",")))
            found.append(ContentRow(ObjectKey(*kind, place, name), row, texts[ids]))
        if unknown:
            rows = connection.execute(_UNKNOWN.where(*narrowed))
            found += [ContentRow(ObjectKey(*kind, p, n), row, (clusters[c],)) for p, n, row, c in rows]
    return found


def _parts(names: Collection[str] | None) -> Iterator[Collection[Any] | None]:
    if names is None:
        yield None
    else:
        yield from chunks(names, _NAMES_PER_QUERY)

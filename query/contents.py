"""What the chosen clusters have under some keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from mirror.keys import GroupKind, ObjectKey
from mirror.store.rows import ContentRow, ObjectRow
from query.view import View

__all__ = ["contents_by_key", "decided_documents"]

FEW = 12
"""Keys that are asked for at once, whatever they are."""


def contents_by_key(view: View, keys: Collection[ObjectKey]) -> dict[ObjectKey, list[ContentRow]]:
    """Each different content of these objects once; keys that nobody has are left out."""
    wanted = frozenset(keys)
    found: dict[ObjectKey, list[ContentRow]] = defaultdict(list)
    for part in _parts(wanted):
        kinds = sorted({GroupKind(key.group, key.kind) for key in part})
        namespaces, names = {key.namespace for key in part}, {key.name for key in part}
        for row in view.contents(*kinds, namespaces=sorted(namespaces), names=sorted(names)):
            if row.key in wanted:  # and does not only have the kind of one and the name of another
                found[row.key].append(row)
    return dict(found)


def _parts(keys: Collection[ObjectKey]) -> Iterable[Collection[ObjectKey]]:
    """What is asked for at once: a few keys; of many, those of one kind and namespace, because each name of a
    query is looked for in each of its kinds and namespaces."""
    if len(keys) <= FEW:
        return [keys] if keys else []
    places: dict[tuple[str, str, str], list[ObjectKey]] = defaultdict(list)
    for key in keys:
        places[key[:3]].append(key)
    return places.values()


def decided_documents(view: View, rows: Collection[ObjectRow]) -> dict[int, dict[str, Any]]:
    """The documents of these rows by their ids, for what was decided in them (`spec`, `data`, labels).

    An object that says the same in several clusters is read once, so what servers assign and most of `status`
    may be that of another cluster. Rows without a document are left out.
    """
    found = contents_by_key(view, {row.key for row in rows})
    ids = {
        (name, key): content.id
        for key, each in found.items()
        for content in each
        for name in content.clusters
    }
    alike = {row.id: ids.get((row.cluster, row.key), row.id) for row in rows}
    documents = view.documents(set(alike.values()))
    return {row: documents[other] for row, other in alike.items() if other in documents}

"""What the chosen clusters have under some keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from mirror.keys import GroupKind, ObjectKey
from mirror.store.rows import ContentRow, ObjectRow
from query.view import View

__all__ = ["contents_by_key", "decided_documents"]


def contents_by_key(view: View, keys: Collection[ObjectKey]) -> dict[ObjectKey, list[ContentRow]]:
    """Each different content of these objects once; keys that nobody has are left out."""
    names: dict[tuple[GroupKind, str], set[str]] = defaultdict(set)
    for key in keys:
        names[GroupKind(key.group, key.kind), key.namespace].add(key.name)
    found: dict[ObjectKey, list[ContentRow]] = defaultdict(list)
    for (kind, namespace), wanted in sorted(names.items()):
        for row in view.contents(kind, namespace=namespace, names=sorted(wanted)):
            found[row.key].append(row)
    return dict(found)


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

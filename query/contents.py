"""What the chosen clusters have under some keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from mirror.keys import GroupKind, ObjectKey
from mirror.store.rows import ContentRow
from query.view import View

__all__ = ["contents_by_key"]


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

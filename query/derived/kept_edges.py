"""The edges at one end of objects, as far as they were read: each of them once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from operator import attrgetter

from mirror.store.rows import EdgeRow

__all__ = ["KeptEdges"]

Relations = frozenset[str] | None
"""None: all of them."""

Read = Callable[[list[int], Collection[str] | None], list[EdgeRow]]


class KeptEdges:
    """Those of some relations are not read again where more relations of an object are known."""

    def __init__(self, end: str, read: Read) -> None:
        """end: at which the objects are, `src` or `dst`. read: the stored edges at that end of objects."""
        self._read = read
        self._near = attrgetter(end)
        self.far: Callable[[EdgeRow], int] = attrgetter("dst" if end == "src" else "src")
        self._known: defaultdict[Relations, dict[int, list[EdgeRow]]] = defaultdict(dict)

    def has(self, row_id: int, relations: Relations) -> bool:
        """These edges of the object are known."""
        return row_id in self._known[relations] or row_id in self._known[None]

    def of(self, ids: Iterable[int], relations: Relations = None) -> dict[int, list[EdgeRow]]:
        """The edges of each object; those of stand-ins are none: the store knows nothing of them."""
        wanted = list(dict.fromkeys(ids))
        known = self._known[relations]
        if unknown := [row_id for row_id in wanted if row_id not in known]:
            self._learn(unknown, relations, known)
        return {row_id: known[row_id] for row_id in wanted}

    def _learn(self, ids: Iterable[int], relations: Relations, known: dict[int, list[EdgeRow]]) -> None:
        wider = [edges for others, edges in self._known.items() if _is_wider(others, relations)]
        fresh = []
        for row_id in ids:
            more = next((edges[row_id] for edges in wider if row_id in edges), None)
            known[row_id] = [edge for edge in more or () if relations is None or edge.relation in relations]
            if more is None and row_id > 0:
                fresh.append(row_id)
        for edge in self._read(fresh, relations) if fresh else ():
            known[self._near(edge)].append(edge)


def _is_wider(others: Relations, relations: Relations) -> bool:
    return relations is not None and (others is None or others > relations)

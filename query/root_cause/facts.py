"""What has been read for one question: rows, edges, documents of all its clusters, each of them once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from mirror.keys import GroupKind
from mirror.records import Health, Relation
from mirror.store.rows import EdgeRow, ObjectRow
from query.derived import DerivedEdge, Nodes, derived_from, derived_to
from query.root_cause.order import object_order
from query.view import View

__all__ = ["Facts"]

WIDEST = 2_000
"""Objects of one selection that are looked at."""

_FEEDING = frozenset({Relation.SOURCE, Relation.GENERATES})
_FEEDING_LEVELS = 4
_LARGE = frozenset({"Kustomization", "ResourceSet", "FluxInstance"})
"""Kinds whose inventories can hold thousands of objects."""


class _Selection(NamedTuple):
    group: str | None
    kind: str
    namespace: str | None
    name: str | None


class Facts(Nodes):
    """Reads in batches and keeps what it has read; used by one thread, as long as its View."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._outgoing: dict[int, list[EdgeRow]] = {}
        self._incoming: dict[int, list[EdgeRow]] = {}
        self._owners: dict[int, list[EdgeRow]] = {}
        self._derived_from: dict[tuple[int, frozenset[str]], list[DerivedEdge]] = {}
        self._derived_to: dict[tuple[int, frozenset[str]], list[DerivedEdge]] = {}
        self._selected: dict[tuple[str, _Selection], list[ObjectRow]] = {}
        self._everywhere: dict[tuple[_Selection, bool], dict[str, list[ObjectRow]]] = {}

    def know(self, rows: Iterable[ObjectRow]) -> None:
        """Takes rows that somebody has read already."""
        self._rows.update({row.id: row for row in rows})

    def rows(self, ids: Iterable[int]) -> dict[int, ObjectRow]:
        """Rows by id; an id that no row has is left out."""
        wanted = list(ids)
        unknown = [row_id for row_id in wanted if row_id not in self._rows and row_id > 0]
        if unknown:
            self._rows.update(self.view.by_ids(unknown))
        return {row_id: self._rows[row_id] for row_id in wanted if row_id in self._rows}

    def edges_from(self, ids: Iterable[int]) -> dict[int, list[EdgeRow]]:
        """The edges that start at each of these objects."""
        wanted = list(ids)
        fresh = [row_id for row_id in wanted if row_id not in self._outgoing]
        self._outgoing.update({row_id: [] for row_id in fresh})
        for edge in self._stored(fresh, self.view.outgoing):
            self._outgoing[edge.src].append(edge)
        return {row_id: self._outgoing[row_id] for row_id in wanted}

    def edges_to(self, ids: Iterable[int]) -> dict[int, list[EdgeRow]]:
        """The edges that end at each of these objects."""
        wanted = list(ids)
        fresh = [row_id for row_id in wanted if row_id not in self._incoming]
        self._incoming.update({row_id: [] for row_id in fresh})
        for edge in self._stored(fresh, self.view.incoming):
            self._incoming[edge.dst].append(edge)
            if edge.relation == Relation.OWNER:
                self._owners.setdefault(edge.src, []).append(edge)
        return {row_id: self._incoming[row_id] for row_id in wanted}

    def outgoing(self, ids: Iterable[int], relations: Collection[str]) -> list[EdgeRow]:
        """From what is known already where that is enough: one relation may be two of thousands of edges."""
        wanted = list(ids)
        if any(row_id not in self._outgoing for row_id in wanted):
            return super().outgoing(wanted, relations)
        return [edge for row_id in wanted for edge in self._outgoing[row_id] if edge.relation in relations]

    def incoming(self, ids: Iterable[int], relations: Collection[str]) -> list[EdgeRow]:
        """From what is known already where that is enough."""
        wanted = list(ids)
        if any(row_id not in self._incoming for row_id in wanted):
            return super().incoming(wanted, relations)
        return [edge for row_id in wanted for edge in self._incoming[row_id] if edge.relation in relations]

    def derived_from(self, row: ObjectRow, relations: Collection[str]) -> list[DerivedEdge]:
        """The derived edges of these relations that begin at the object."""
        asked = (row.id, frozenset(relations))
        if asked not in self._derived_from:
            self._derived_from[asked] = derived_from(self, [row], relations)
        return self._derived_from[asked]

    def derived_to(self, rows: Iterable[ObjectRow], relations: Collection[str]) -> list[DerivedEdge]:
        """The derived edges of these relations that end at the objects."""
        wanted, words = list(rows), frozenset(relations)
        fresh = [row for row in wanted if (row.id, words) not in self._derived_to]
        self._derived_to.update({(row.id, words): [] for row in fresh})
        for edge in derived_to(self, fresh, words) if fresh else ():
            self._derived_to[edge.dst.id, words].append(edge)
        return [edge for row in wanted for edge in self._derived_to[row.id, words]]

    def owner_edges(self, row_id: int) -> list[EdgeRow]:
        """The ownerReferences of an object, from what is known already where that is enough."""
        known = self._owners.get(row_id)
        if known:
            return known
        return [edge for edge in self.edges_from([row_id])[row_id] if edge.relation == Relation.OWNER]

    def documents(self, rows: Iterable[ObjectRow]) -> dict[int, dict[str, Any]]:
        """The stored objects by row id; empty for what is not there."""
        wanted = [row.id for row in rows]
        fresh = [row_id for row_id in wanted if row_id not in self._documents]
        self._documents.update({row_id: {} for row_id in fresh})
        if stored := [row_id for row_id in fresh if row_id > 0]:
            self._documents.update(self.view.documents(stored))
        return {row_id: self._documents[row_id] for row_id in wanted}

    def select(
        self, cluster: str, kind: str, *, group: str | None, namespace: str | None, name: str | None
    ) -> list[ObjectRow]:
        """The objects of one cluster that fit, in a fixed order; with a name also those only referred to."""
        selection = _Selection(group, kind, namespace, name)
        if (cluster, selection) not in self._selected:
            present = True if name is None else None
            self._selected[cluster, selection] = self._read([cluster], selection, present=present)
        return self._selected[cluster, selection]

    def everywhere(
        self,
        kind: str,
        *,
        group: str,
        namespace: str | None = None,
        name: str | None = None,
        present: bool = True,
    ) -> dict[str, list[ObjectRow]]:
        """The objects that fit by cluster, read for all at once; present=False: names only referred to."""
        selection = _Selection(group, kind, namespace, name)
        if (selection, present) not in self._everywhere:
            found: dict[str, list[ObjectRow]] = {}
            for row in self._read(None, selection, present=present):
                found.setdefault(row.cluster, []).append(row)
            self._everywhere[selection, present] = found
        return self._everywhere[selection, present]

    def in_namespace(self, kind: GroupKind, namespace: str) -> dict[str, list[ObjectRow]]:
        """What rules have asked for in the same words is not read again."""
        return self.everywhere(kind.kind, group=kind.group, namespace=namespace)

    def prime(self, rows: Iterable[ObjectRow]) -> None:
        """Reads at once what walks from many objects need: their edges, and where they get content from.

        Not those of appliers that fail: their messages name the few of thousands of edges that matter.
        """
        wanted = list(rows)
        self.know(wanted)
        level = [row for row in wanted if row.health == Health.READY or row.kind not in _LARGE]
        if len(level) < 2:
            return
        self._surround(level)
        for _ in range(_FEEDING_LEVELS):
            found = self.edges_from(row.id for row in level)
            sources = {edge.dst for edges in found.values() for edge in edges if edge.relation in _FEEDING}
            level = list(self.rows(sorted(sources)).values())
            if not level:
                return

    def _surround(self, level: list[ObjectRow]) -> None:
        """What rules look at first: what the objects name, who names them and what of that is absent."""
        outgoing = self.edges_from(row.id for row in level)
        near = self.rows(dict.fromkeys(edge.dst for edges in outgoing.values() for edge in edges))
        absent = [row for row in near.values() if not row.present]
        incoming = self.edges_to(dict.fromkeys(row.id for row in (*level, *absent)))
        self.rows(dict.fromkeys(edge.src for edges in incoming.values() for edge in edges))
        self.documents(level)

    @staticmethod
    def _stored(ids: Iterable[int], read: Callable[[list[int]], list[EdgeRow]]) -> list[EdgeRow]:
        """Without those of stand-ins: the store knows nothing of them."""
        wanted = [row_id for row_id in ids if row_id > 0]
        return read(wanted) if wanted else []

    def _read(
        self, clusters: list[str] | None, asked: _Selection, *, present: bool | None
    ) -> list[ObjectRow]:
        rows = self.view.objects(
            clusters=clusters,
            group=asked.group,
            kind=asked.kind,
            namespace=asked.namespace,
            name=asked.name,
            present=present,
            limit=WIDEST,
        )
        self.know(rows)
        return sorted(rows, key=object_order)

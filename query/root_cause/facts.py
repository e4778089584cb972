"""What has been read for one question: rows, edges, documents of all its clusters, each of them once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health, Relation
from mirror.store.rows import EdgeRow, EventRow, ObjectRow, identity
from query.derived import DerivedEdge, Nodes, derived_from, derived_to
from query.derived.kept_edges import KeptEdges
from query.view import View

__all__ = ["Facts"]

WIDEST = 2_000
"""Objects of one selection that are looked at."""

EVENTS_READ = 30
"""Newest events read per object."""

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
    """Reads in batches and keeps what it has read; used by one thread, as long as its View.

    What is asked of an object is read for its twins as well: objects of the same name in other clusters that
    stand as it does. A walk there will ask the same, so that one name in many clusters takes hardly more
    reads than in one.
    """

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._incoming = KeptEdges("dst", self._read_incoming)
        self._owners: dict[int, dict[int, EdgeRow]] = {}
        self._twins: dict[tuple[ObjectKey, str, str], list[int]] = {}
        self._events: dict[tuple[str, ObjectKey], list[EventRow]] = {}
        self._derived_from: dict[tuple[int, frozenset[str]], list[DerivedEdge]] = {}
        self._derived_to: dict[tuple[int, frozenset[str]], list[DerivedEdge]] = {}
        self._selected: dict[tuple[str, _Selection], list[ObjectRow]] = {}
        self._everywhere: dict[tuple[_Selection, bool | None], dict[str, list[ObjectRow]]] = {}

    def know(self, rows: Iterable[ObjectRow]) -> None:
        """Takes rows that somebody has read already."""
        for row in rows:
            if row.id not in self._rows:
                self._twins.setdefault(_likeness(row), []).append(row.id)
            self._rows[row.id] = row

    def edges_from(self, ids: Iterable[int]) -> dict[int, list[EdgeRow]]:
        """The edges that start at each of these objects."""
        return self._outgoing.of(ids)

    def edges_to(
        self, ids: Iterable[int], relations: Collection[str] | None = None
    ) -> dict[int, list[EdgeRow]]:
        """The edges that end at each of these objects; relations: only these."""
        return self._incoming.of(ids, None if relations is None else frozenset(relations))

    def targets(self, row: ObjectRow, relations: Collection[str]) -> list[EdgeRow]:
        """The stored edges of these relations that begin at the object; what they lead to is known then."""
        return self._linked(self._outgoing, row, frozenset(relations))

    def sources(self, row: ObjectRow, relations: Collection[str]) -> list[EdgeRow]:
        """The stored edges of these relations that end at the object; what they come from is known then."""
        return self._linked(self._incoming, row, frozenset(relations))

    def derived_from(self, row: ObjectRow, relations: Collection[str]) -> list[DerivedEdge]:
        """The derived edges of these relations that begin at the object."""
        words = frozenset(relations)
        known = self._derived_from
        if (row.id, words) not in known:
            fresh = [each for each in self._with_twins([row]) if (each.id, words) not in known]
            known.update({(each.id, words): [] for each in fresh})
            for edge in derived_from(self, fresh, words):
                known[edge.src.id, words].append(edge)
        return known[row.id, words]

    def derived_to(self, rows: Iterable[ObjectRow], relations: Collection[str]) -> list[DerivedEdge]:
        """The derived edges of these relations that end at the objects."""
        wanted, words = list(rows), frozenset(relations)
        known = self._derived_to
        if any((row.id, words) not in known for row in wanted):
            fresh = [row for row in self._with_twins(wanted) if (row.id, words) not in known]
            known.update({(row.id, words): [] for row in fresh})
            for edge in derived_to(self, fresh, words):
                known[edge.dst.id, words].append(edge)
        return [edge for row in wanted for edge in known[row.id, words]]

    def owner_edges(self, row: ObjectRow) -> list[EdgeRow]:
        """The ownerReferences of an object, from what is known already where that is enough."""
        known = self._owners.get(row.id)
        return [*known.values()] if known else self.targets(row, (Relation.OWNER.value,))

    def document(self, row: ObjectRow) -> dict[str, Any]:
        """The stored object; empty for what is not there."""
        known = self._documents.get(row.id)
        return known if known is not None else self.documents([row])[row.id]

    def documents(self, rows: Iterable[ObjectRow]) -> dict[int, dict[str, Any]]:
        """The stored objects by row id; empty for what is not there."""
        wanted = list(rows)
        if any(row.id not in self._documents for row in wanted):
            fresh = [row.id for row in self._with_twins(wanted) if row.id not in self._documents]
            self._documents.update({row_id: {} for row_id in fresh})
            self._documents.update(self.view.documents(row_id for row_id in fresh if row_id > 0))
        return {row.id: self._documents[row.id] for row in wanted}

    def events(self, row: ObjectRow) -> list[EventRow]:
        """The newest events about the object, newest first; of one moment what says most, not by chance."""
        self.read_events([row])
        return self._events[row.cluster, row.key]

    def read_events(self, rows: Iterable[ObjectRow]) -> None:
        """Reads the events of several objects at once, each as well as if it were read alone."""
        wanted = list(rows)
        if all((row.cluster, row.key) in self._events for row in wanted):
            return
        fresh = [row for row in self._with_twins(wanted) if (row.cluster, row.key) not in self._events]
        self._events.update({(row.cluster, row.key): [] for row in fresh})
        found = self.view.newest_events(fresh, EVENTS_READ)
        for event in sorted(found, key=_newest_and_fullest, reverse=True):
            self._events[event.cluster, event.involved].append(event)

    def select(
        self, cluster: str, kind: str, *, group: str | None, namespace: str | None, name: str | None
    ) -> list[ObjectRow]:
        """The objects of one cluster that fit, in a fixed order; with a name also those only referred to."""
        if name is not None:
            alike = self.everywhere(kind, group=group, namespace=namespace, name=name, present=None)
            return alike.get(cluster, [])
        selection = _Selection(group, kind, namespace, name)
        if (cluster, selection) not in self._selected:
            self._selected[cluster, selection] = self._read([cluster], selection, present=True)
        return self._selected[cluster, selection]

    def everywhere(
        self,
        kind: str,
        *,
        group: str | None,
        namespace: str | None = None,
        name: str | None = None,
        present: bool | None = True,
    ) -> dict[str, list[ObjectRow]]:
        """The objects that fit by cluster, read for all at once; present: as of View.objects()."""
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
        level = [row for row in rows if row.health == Health.READY or row.kind not in _LARGE]
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

    def _linked(self, kept: KeptEdges, row: ObjectRow, relations: frozenset[str]) -> list[EdgeRow]:
        if kept.has(row.id, relations):
            return kept.of([row.id], relations)[row.id]
        found = kept.of((each.id for each in self._with_twins([row])), relations)
        self.rows({kept.far(edge) for edges in found.values() for edge in edges[:WIDEST]})
        return found[row.id]

    def _with_twins(self, rows: Iterable[ObjectRow]) -> Iterable[ObjectRow]:
        """The rows, and those that are called alike and stand alike in other clusters; each once."""
        found = {row.id: row for row in rows}
        for likeness in {_likeness(row) for row in found.values()}:
            found.update((twin, self._rows[twin]) for twin in self._twins.get(likeness, ()))
        return found.values()

    def _read_incoming(self, ids: list[int], relations: Collection[str] | None) -> list[EdgeRow]:
        """An owner's edges tell those of what it owns."""
        edges = self.view.incoming(ids, relations)
        for edge in edges:
            if edge.relation == Relation.OWNER:
                self._owners.setdefault(edge.src, {})[edge.dst] = edge
        return edges

    def _read(
        self, clusters: list[str] | None, asked: _Selection, *, present: bool | None
    ) -> list[ObjectRow]:
        few = asked.name is not None and asked.namespace is not None
        rows = self.view.objects(
            clusters=clusters,
            group=asked.group,
            kind=asked.kind,
            namespace=asked.namespace,
            name=asked.name,
            present=present,
            limit=None if few else WIDEST,
        )
        self.know(rows)
        return rows if few else sorted(rows, key=identity)


def _likeness(row: ObjectRow) -> tuple[ObjectKey, str, str]:
    return row.key, row.health, row.reason


def _newest_and_fullest(event: EventRow) -> tuple[float, int, str]:
    return event.last_at, len(event.message), event.message

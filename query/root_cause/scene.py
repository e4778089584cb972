"""What one cluster's stored objects say, fetched when a rule asks for it and never twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from mirror.keys import ObjectKey
from mirror.records import Relation
from mirror.store.rows import EdgeRow, EventRow, ObjectRow
from query.graph import MISSING, NodeState, node_state
from query.view import View

__all__ = ["Link", "Scene", "object_order"]

EVENTS_READ = 30
"""Newest events read per object."""

WIDEST = 2_000
"""Neighbours of one object that are looked at."""


class Link(NamedTuple):
    """An edge seen from one of its ends; `row` is the other one."""

    row: ObjectRow
    relation: str
    field: str
    optional: bool


def object_order(row: ObjectRow) -> tuple[str, str, str, str, str]:
    """The order in which equals are named: by what they are called, never by when they were stored."""
    return (row.cluster, row.kind, row.namespace, row.name, row.group)


class Scene:
    """One cluster of a View, for the rules. Reads only; used by one thread, as long as its View."""

    def __init__(self, view: View, cluster: str) -> None:
        self.view = view
        self.cluster = cluster
        self._rows: dict[int, ObjectRow] = {}
        self._outgoing: dict[int, list[EdgeRow]] = {}
        self._incoming: dict[int, list[EdgeRow]] = {}
        self._documents: dict[int, dict[str, Any]] = {}
        self._owned: dict[int, list[EdgeRow]] = {}
        self._events: dict[ObjectKey, list[EventRow]] = {}
        self._kinds: dict[tuple[str | None, str, str | None, str | None], list[ObjectRow]] = {}

    def targets(self, row: ObjectRow, *relations: Relation) -> list[Link]:
        """What the object's fields name, by field."""
        self._load_outgoing([row.id])
        return self._links(self._outgoing[row.id], relations, ends_at_target=True)

    def sources(self, row: ObjectRow, *relations: Relation) -> list[Link]:
        """Who names the object."""
        return self._links(self.edges_to([row.id])[row.id], relations, ends_at_target=False)

    def owners(self, row: ObjectRow) -> list[ObjectRow]:
        """Who made the object, as its ownerReferences say."""
        known = {edge.dst for edge in self._owned.get(row.id, ())}
        if known and known <= self._rows.keys():
            return sorted((self._rows[owner] for owner in known), key=object_order)
        return [link.row for link in self.targets(row, Relation.OWNER)]

    def edges_between(self, src: ObjectRow, dst: ObjectRow) -> list[EdgeRow]:
        """The edges from one object to another."""
        return [edge for edge in self.edges_to([dst.id])[dst.id] if edge.src == src.id]

    def edges_to(self, ids: Iterable[int]) -> dict[int, list[EdgeRow]]:
        """The edges that end at each of these objects."""
        wanted = list(ids)
        fresh = [row_id for row_id in wanted if row_id not in self._incoming]
        self._incoming.update({row_id: [] for row_id in fresh})
        for edge in self.view.incoming([row_id for row_id in fresh if row_id]) if any(fresh) else ():
            self._incoming[edge.dst].append(edge)
            if edge.relation == Relation.OWNER:
                self._owned.setdefault(edge.src, []).append(edge)
        return {row_id: self._incoming[row_id] for row_id in wanted}

    def prime(self, rows: Iterable[ObjectRow]) -> None:
        """Reads what every walk needs of many objects at once: edges both ways, documents."""
        fresh = [row for row in rows if row.id not in self._outgoing]
        self.know(fresh)
        if len(fresh) > 1:
            ids = [row.id for row in fresh]
            self._load_outgoing(ids)
            self.edges_to(ids)
            self.prefetch(fresh)

    def know(self, rows: Iterable[ObjectRow]) -> None:
        """Rows that somebody has read already."""
        self._rows.update({row.id: row for row in rows if row.id})

    def rows(self, ids: Iterable[int]) -> dict[int, ObjectRow]:
        """Rows by id."""
        wanted = list(ids)
        unknown = [row_id for row_id in wanted if row_id not in self._rows]
        if unknown:
            self._rows.update(self.view.by_ids(unknown))
        return {row_id: self._rows[row_id] for row_id in wanted if row_id in self._rows}

    def of_kind(
        self, kind: str, *, group: str | None = None, namespace: str | None = None
    ) -> list[ObjectRow]:
        """The present objects of a kind, in a fixed order."""
        return self._select(group, kind, namespace, None)

    def find(self, kind: str, namespace: str, name: str, *, group: str | None = None) -> ObjectRow | None:
        """The object of that name, present or only referred to; the present one of several groups."""
        rows = self._select(group, kind, namespace, name)
        return min(rows, key=lambda row: (not row.present, row.group)) if rows else None

    def named(self, kind: str, name: str, *, group: str, likely: str) -> list[ObjectRow]:
        """The present objects of that name in the likely namespace, else in any."""
        near = self._select(group, kind, likely, name)
        rows = near if any(row.present for row in near) else self._select(group, kind, None, name)
        return [row for row in rows if row.present]

    def document(self, row: ObjectRow) -> dict[str, Any]:
        """The stored object; empty for what is not there."""
        if row.id not in self._documents:
            self.prefetch([row])
        return self._documents[row.id]

    def prefetch(self, rows: Iterable[ObjectRow]) -> None:
        """Reads the documents of several objects at once."""
        ids = [row.id for row in rows if row.id not in self._documents]
        wanted = [row_id for row_id in ids if row_id > 0]
        self._documents.update({row_id: {} for row_id in ids})
        if wanted:
            self._documents.update(self.view.documents(wanted))

    def events(self, row: ObjectRow) -> list[EventRow]:
        """The newest events about the object, newest first."""
        self.prefetch_events([row])
        return self._events[row.key]

    def prefetch_events(self, rows: Iterable[ObjectRow]) -> None:
        """Reads the events of several objects at once; a talkative one may leave less room for the others."""
        keys = [key for key in dict.fromkeys(row.key for row in rows) if key not in self._events]
        self._events.update({key: [] for key in keys})
        if keys:
            for event in self.view.events(self.cluster, keys, limit=EVENTS_READ * len(keys)):
                self._events[event.involved].append(event)

    def state(self, row: ObjectRow) -> NodeState:
        """Its health, or Missing, or Unknown where nobody could look."""
        return node_state(self.view, row)

    def is_missing(self, row: ObjectRow) -> bool:
        """It does not exist, and absence is real."""
        return not row.present and self.state(row).health == MISSING

    def hidden(self, row: ObjectRow) -> str:
        """Why an absent object cannot be judged: `staging: Secret team-a/x: forbidden`; "" when it can."""
        if row.present or self.is_missing(row):
            return ""
        return f"{self.cluster}: {row.kind} {_place(row)}: {self.state(row).reason}"

    def absent(self, key: ObjectKey) -> ObjectRow:
        """The row of that key, or a stand-in for an object that only a message names."""
        known = self.find(key.kind, key.namespace, key.name, group=key.group)
        return known or _stand_in(self.cluster, key)

    def _select(
        self, group: str | None, kind: str, namespace: str | None, name: str | None
    ) -> list[ObjectRow]:
        asked = (group, kind, namespace, name)
        if asked not in self._kinds:
            rows = self.view.objects(
                clusters=[self.cluster],
                group=group,
                kind=kind,
                namespace=namespace,
                name=name,
                present=True if name is None else None,
                limit=WIDEST,
            )
            self._kinds[asked] = sorted(rows, key=object_order)
            self._rows.update({row.id: row for row in rows})
        return self._kinds[asked]

    def _load_outgoing(self, ids: Iterable[int]) -> None:
        fresh = [row_id for row_id in ids if row_id not in self._outgoing]
        self._outgoing.update({row_id: [] for row_id in fresh})
        for edge in self.view.outgoing([row_id for row_id in fresh if row_id]) if any(fresh) else ():
            self._outgoing[edge.src].append(edge)

    def _links(
        self, edges: Iterable[EdgeRow], relations: tuple[Relation, ...], *, ends_at_target: bool
    ) -> list[Link]:
        wanted = [edge for edge in edges if edge.src != edge.dst and edge.relation in relations][:WIDEST]
        ends = [edge.dst if ends_at_target else edge.src for edge in wanted]
        self.rows(ends)
        links = [
            Link(self._rows[end], edge.relation, edge.field, edge.optional)
            for edge, end in zip(wanted, ends, strict=True)
            if end in self._rows
        ]
        return sorted(links, key=lambda link: (link.field, link.relation, object_order(link.row)))


def _place(row: ObjectRow) -> str:
    return f"{row.namespace}/{row.name}" if row.namespace else row.name


def _stand_in(cluster: str, key: ObjectKey) -> ObjectRow:
    return ObjectRow(
        id=0,
        cluster=cluster,
        group=key.group,
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
        present=False,
        version="",
        uid="",
        resource_version="",
        generation=0,
        observed_generation=None,
        created_at=None,
        deleted_at=None,
        health="Unknown",
        reason="",
        message="",
        since=None,
        revision="",
        labels={},
    )

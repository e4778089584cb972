"""One cluster as the rules see it: neighbours, documents, events, and what cannot be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store.rows import EdgeRow, EventRow, ObjectRow, identity
from query.ages import last_sign
from query.derived import DerivedEdge
from query.graph.node_states import MISSING, NodeState, node_state
from query.root_cause.facts import WIDEST, Facts
from query.visibility import Visibility

__all__ = ["Link", "Scene"]


class Link(NamedTuple):
    """An edge seen from one of its ends; `row` is the other one."""

    row: ObjectRow
    relation: str
    field: str
    optional: bool


class Scene:
    """One cluster of a question. Fetches when a rule asks; used by one thread, as long as its View.

    blind: what rules looked for in vain because it cannot be seen, `staging: events: forbidden`.
    unmirrored: the kinds among them that are served and that nobody has asked for yet.
    """

    def __init__(self, facts: Facts, cluster: str, beside: Mapping[str, Scene] | None = None) -> None:
        """beside: the scenes of all clusters of the question, for what one of them does in another."""
        self.facts = facts
        self._beside: Mapping[str, Scene] = {} if beside is None else beside  # may still grow
        self.view = facts.view
        self.cluster = cluster
        self.blind: dict[str, None] = {}
        self.unmirrored: dict[GroupKind, None] = {}

    @cached_property
    def now(self) -> float:
        """Wall seconds up to which the cluster is known: old data is judged by its own time, not by ours."""
        row = next((row for row in self.view.clusters if row.name == self.cluster), None)
        sign = last_sign(row) if row is not None else None
        return self.view.now if sign is None else min(self.view.now, sign)

    def of(self, row: ObjectRow) -> Scene | None:
        """The scene that the object belongs to; None for a cluster that the question is not about."""
        return self if row.cluster == self.cluster else self._beside.get(row.cluster)

    def targets(self, row: ObjectRow, *relations: Relation) -> list[Link]:
        """What the object's fields name, and what it is tied to without naming it, by field."""
        edges = self.facts.targets(row, relations)
        derived = self.facts.derived_from(row, relations)
        return self._links([(edge, edge.dst) for edge in edges], [(edge, edge.dst) for edge in derived])

    def sources(self, row: ObjectRow, *relations: Relation) -> list[Link]:
        """Who names the object, or is tied to it without naming it."""
        edges = self.facts.sources(row, relations)
        derived = self.facts.derived_to([row], relations)
        return self._links([(edge, edge.src) for edge in edges], [(edge, edge.src) for edge in derived])

    def owners(self, row: ObjectRow) -> list[ObjectRow]:
        """Who made the object, as its ownerReferences say."""
        return [link.row for link in self._links([(e, e.dst) for e in self.facts.owner_edges(row)])]

    def edges_between(self, src: ObjectRow, dst: ObjectRow, *relations: Relation) -> list[EdgeRow]:
        """The stored edges of these relations from one object to another."""
        return [edge for edge in self.facts.sources(dst, relations) if edge.src == src.id]

    def links_to(self, src: ObjectRow, dst: ObjectRow, *relations: Relation) -> list[Link]:
        """The edges of these relations from one object to another."""
        stored = [
            Link(dst, edge.relation, edge.field, edge.optional)
            for edge in self.edges_between(src, dst, *relations)
        ]
        return stored or [link for link in self.targets(src, *relations) if link.row.id == dst.id]

    def of_kind(self, kind: str, *, group: str, namespace: str | None = None) -> list[ObjectRow]:
        """The present objects of a kind, in a fixed order."""
        return self.facts.select(self.cluster, kind, group=group, namespace=namespace, name=None)

    def find(self, kind: str, namespace: str, name: str, *, group: str | None = None) -> ObjectRow | None:
        """The object of that name, present or only referred to; the present one of several groups."""
        rows = self.facts.select(self.cluster, kind, group=group, namespace=namespace, name=name)
        return min(rows, key=lambda row: (not row.present, row.group)) if rows else None

    def absent(self, key: ObjectKey) -> ObjectRow:
        """The row of that key, or a stand-in for an object that only a message names."""
        known = self.find(key.kind, key.namespace, key.name, group=key.group)
        return known or self.facts.stand_in(self.cluster, key)

    def document(self, row: ObjectRow) -> dict[str, Any]:
        """The stored object; empty for what is not there."""
        return self.facts.document(row)

    def prefetch(self, rows: Iterable[ObjectRow]) -> None:
        """Reads the documents of several objects at once."""
        self.facts.documents(rows)

    def events(self, row: ObjectRow) -> list[EventRow]:
        """The newest events about the object, newest first."""
        self.unseen("", "Event", row.namespace)
        return self.facts.events(row)

    def prefetch_events(self, rows: Iterable[ObjectRow]) -> None:
        """Reads the events of several objects at once, each as well as if it were read alone."""
        rows = list(rows)
        for namespace in {row.namespace for row in rows}:
            self.unseen("", "Event", namespace)
        self.facts.read_events(rows)

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
        place = f"{row.namespace}/{row.name}" if row.namespace else row.name
        reason = self.state(row).reason
        if reason == Visibility.NOT_MIRRORED:
            self.unmirrored[GroupKind(row.group, row.kind)] = None
        return f"{self.cluster}: {row.kind} {place}: {reason}"

    def note_hidden(self, row: ObjectRow) -> bool:
        """Whether an object cannot be judged because it cannot be seen; noted in `blind` if so."""
        text = self.hidden(row)
        if text:
            self.blind[text] = None
        return bool(text)

    def unseen(self, group: str, kind: str, namespace: str = "") -> str:
        """Why it proves nothing that no such object was found: `staging: pods: forbidden`; "" when it does.

        Noted in `blind`: whoever asks has missed something.
        """
        seen = self.view.visibility(self.cluster, group, kind, namespace)
        if seen.absence_is_real:
            return ""
        if seen is Visibility.NOT_MIRRORED:
            self.unmirrored[GroupKind(group, kind)] = None
        text = f"{self.cluster}: {kind.lower()}s: {seen.value}"
        self.blind[text] = None
        return text

    def unseen_kinds(self, kind: str, namespace: str = "") -> list[str]:
        """The same for a kind that is named without its group, in every group that serves it."""
        groups = {
            row.group for row in self.view.resources() if (row.cluster, row.kind) == (self.cluster, kind)
        }
        return [told for group in sorted(groups) if (told := self.unseen(group, kind, namespace))]

    def _links(
        self, edges: list[tuple[EdgeRow, int]], derived: Iterable[tuple[DerivedEdge, ObjectRow]] = ()
    ) -> list[Link]:
        wanted = [(edge, end) for edge, end in edges if edge.src != edge.dst][:WIDEST]
        rows = self.facts.rows(end for _, end in wanted)
        links = [
            Link(rows[end], edge.relation, edge.field, edge.optional) for edge, end in wanted if end in rows
        ]
        links += [Link(row, edge.relation, edge.field, optional=False) for edge, row in derived]
        return sorted(links, key=lambda link: (link.field, link.relation, identity(link.row)))

"""The objects that derived edges connect, those included that no row of the store stands for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, Self, TypeVar

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health, Relation
from mirror.store import edges, served
from mirror.store.rows import EdgeRow, ObjectRow
from query.derived.kept_edges import KeptEdges
from query.view import View

__all__ = ["Definitions", "DerivedEdge", "Nodes", "Place", "without_row"]

T = TypeVar("T")

Place = tuple[str, ObjectKey]
"""A key in a cluster."""


class DerivedEdge(NamedTuple):
    """From the object that is concerned to the one that concerns it, as with stored edges; both have an id.

    field: of `src`, or of `dst` where only that one says it (a label).
    """

    src: ObjectRow
    dst: ObjectRow
    relation: str
    field: str


class Definitions(NamedTuple):
    """Names of CustomResourceDefinitions by cluster and kind, and as any cluster calls them."""

    here: Mapping[tuple[str, GroupKind], str]
    anywhere: Mapping[GroupKind, str]

    def name(self, cluster: str, kind: GroupKind) -> str:
        """Empty for a kind that no cluster serves."""
        return self.here.get((cluster, kind)) or self.anywhere.get(kind, "")

    def kinds(self, name: str) -> list[GroupKind]:
        """What a definition of that name defines; its group is part of the name."""
        group = name.partition(".")[2]
        return [kind for kind, known in self.anywhere.items() if known == name and kind.group == group]


class Nodes:
    """Reads for one question, keeps what it has read; used by one thread, as long as its View.

    Objects without a row get negative ids, the same one whenever they are asked for.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._rows: dict[int, ObjectRow] = {}
        self._without: dict[Place, ObjectRow] = {}
        self._documents: dict[int, dict[str, Any]] = {}
        self._outgoing = KeptEdges("src", view.outgoing)
        self._incoming = KeptEdges("dst", view.incoming)
        self._called: dict[ObjectKey, list[ObjectRow]] = {}
        self._listed: dict[int, bool] = {}
        self._definitions: dict[frozenset[str], Definitions] = {}
        self._worked_out: dict[tuple[Callable[..., Any], str], Any] = {}
        self._of_kind: dict[tuple[GroupKind, str | None], dict[str, list[ObjectRow]]] = {}

    def know(self, rows: Iterable[ObjectRow]) -> None:
        """Takes rows that somebody has read already."""
        self._rows.update((row.id, row) for row in rows)

    def rows(self, ids: Iterable[int]) -> dict[int, ObjectRow]:
        """Rows by id, in that order; an id that nothing has is left out."""
        ids = list(ids)
        unknown = [row_id for row_id in ids if row_id not in self._rows and row_id > 0]
        if unknown:
            self.know(self.view.by_ids(unknown).values())
        return {row_id: self._rows[row_id] for row_id in ids if row_id in self._rows}

    def outgoing(self, ids: Iterable[int], relations: Collection[str]) -> list[EdgeRow]:
        """The stored edges of these relations that begin at these objects."""
        return [*chain.from_iterable(self._outgoing.of(ids, frozenset(relations)).values())]

    def incoming(self, ids: Iterable[int], relations: Collection[str]) -> list[EdgeRow]:
        """The stored edges of these relations that end at these objects."""
        return [*chain.from_iterable(self._incoming.of(ids, frozenset(relations)).values())]

    def listed(self, ids: Iterable[int]) -> set[int]:
        """Those of the objects that an inventory lists."""
        manages = frozenset({Relation.MANAGES.value})
        asked = set(ids)
        known = {row_id for row_id in asked if self._incoming.has(row_id, manages)}
        fresh = asked - known - self._listed.keys()
        if fresh:
            found = {row_id for row_id, _ in self.view.read(edges.referring, fresh, manages)}
            self._listed.update((row_id, row_id in found) for row_id in fresh)
        named = {edge.dst for edge in self.incoming(known, manages)}
        return named | {row_id for row_id in asked - known if self._listed[row_id]}

    def documents(self, rows: Iterable[ObjectRow]) -> dict[int, dict[str, Any]]:
        """The stored objects by id; empty for those that are not there."""
        rows = list(rows)
        fresh = [row.id for row in rows if row.id not in self._documents]
        if fresh:
            loaded = self.view.documents(fresh)
            self._documents.update((row_id, loaded.get(row_id, {})) for row_id in fresh)
        return {row.id: self._documents[row.id] for row in rows}

    def of_kind(
        self, clusters: Iterable[str], kind: GroupKind, namespace: str | None = None
    ) -> dict[str, list[ObjectRow]]:
        """The present objects of a kind in each of these clusters that has any."""
        known = self._of_kind.setdefault((kind, namespace), {})
        wanted = set(clusters)
        fresh = sorted(wanted.difference(known))
        if fresh:
            known.update({cluster: [] for cluster in fresh})
            rows = self.view.objects(clusters=fresh, group=kind.group, kind=kind.kind, namespace=namespace)
            for row in rows:
                known[row.cluster].append(row)
            self.know(rows)
        return {cluster: known[cluster] for cluster in wanted if known[cluster]}

    def definitions(self, groups: Iterable[str]) -> Definitions:
        """What the definitions of the kinds are called that are served of these API groups."""
        asked = frozenset(groups)
        if asked not in self._definitions:
            self._definitions[asked] = self._read_definitions(asked)
        return self._definitions[asked]

    def _read_definitions(self, groups: frozenset[str]) -> Definitions:
        names = self.view.read(served.names, self.view.within, groups)
        anywhere = {GroupKind(each.group, each.kind): f"{each.plural}.{each.group}" for each in names}
        if len({(each.group, each.kind, each.plural) for each in names}) == len(anywhere):
            return Definitions({}, anywhere)  # nearly always: a kind is called alike everywhere
        here = {
            (each.cluster, GroupKind(each.group, each.kind)): f"{each.plural}.{each.group}"
            for each in self.view.resources()
        }
        return Definitions(here, anywhere)

    def in_namespace(self, kind: GroupKind, namespace: str) -> Mapping[str, Sequence[ObjectRow]]:
        """The present objects of a kind in one namespace, by cluster, read for all clusters at once."""
        return self.of_kind(self.view.names, kind, namespace)

    def once(self, work: Callable[[Self, str], T], about: str) -> T:
        """What a finder works out about one thing, however often it is asked for."""
        if (work, about) not in self._worked_out:
            self._worked_out[work, about] = work(self, about)
        found: T = self._worked_out[work, about]
        return found

    def called(self, key: ObjectKey) -> list[ObjectRow]:
        """The present objects of that name, in whatever cluster."""
        if key not in self._called:
            group, kind, namespace, name = key
            self._called[key] = self.view.objects(group=group, kind=kind, namespace=namespace, name=name)
            self.know(self._called[key])
        return self._called[key]

    def named(self, wanted: Iterable[Place]) -> dict[Place, ObjectRow]:
        """A row for each key in its cluster: the store's, or one that stands for what it does not know."""
        wanted = dict.fromkeys(wanted)
        stored = {(row.cluster, row.key): row for row in self.view.by_keys(wanted)}
        found = {place: stored.get(place) or self.stand_in(*place) for place in wanted}
        self.know(found.values())
        return found

    def stand_in(self, cluster: str, key: ObjectKey) -> ObjectRow:
        """A row for an object that the store knows nothing of."""
        known = self._without.get((cluster, key))
        if known is None:
            known = without_row(-1 - len(self._without), cluster, key)
            self._without[cluster, key] = known
        return known


def without_row(row_id: int, cluster: str, key: ObjectKey) -> ObjectRow:
    """An object that nothing is stored of, as a row that is not present. row_id: none of the store's."""
    return ObjectRow(
        id=row_id,
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
        health=Health.UNKNOWN.value,
        reason="",
        message="",
        since=None,
        revision="",
        labels={},
    )

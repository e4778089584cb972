"""What the store holds of the chosen clusters, read from one and the same state: objects, edges, events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.engine import Connection

from mirror.keys import GroupKind, ObjectKey
from mirror.store import contents, documents, edges, events, labelled, objects, states, tally
from mirror.store.rows import AlikeRow, ClusterRow, ContentRow, EdgeRow, EventRow, ObjectRow, StateRow

__all__ = ["Stored", "by_cluster"]

P = ParamSpec("P")
T = TypeVar("T")


class Stored:
    """The reads that know nothing of ages and visibility: what is not here may still exist in the cluster.

    clusters: the chosen ones, by name. names: theirs. all_clusters: they are all that are mirrored.
    """

    def __init__(self, conn: Connection, clusters: Sequence[ClusterRow], *, all_clusters: bool) -> None:
        self._conn = conn
        self.clusters = tuple(clusters)
        self.all_clusters = all_clusters
        self.names = tuple(cluster.name for cluster in self.clusters)

    @property
    def within(self) -> Sequence[str] | None:
        """The chosen clusters as functions of mirror.store take them; None for all."""
        return None if self.all_clusters else self.names

    def read(self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function of mirror.store says of this state; tell it the chosen clusters (`within`)."""
        return question(self._conn, *args, **kwargs)

    def objects(
        self,
        *,
        clusters: Sequence[str] | None = None,
        group: str | None = None,
        kind: str | None = None,
        namespace: str | None = None,
        name: str | None = None,
        health: str | Collection[str] | None = None,
        labels: Mapping[str, str] | None = None,
        present: bool | None = True,
        limit: int | None = None,
    ) -> list[ObjectRow]:
        """Rows of the chosen clusters (or of some of them) that match every filter given, ordered by cluster,
        kind, namespace and name.

        present: False for names that are only referred to, None for both.
        """
        return objects.select(
            self._conn,
            clusters=self._within(clusters),
            group=group,
            kind=kind,
            namespace=namespace,
            name=name,
            health=(health,) if isinstance(health, str) else health,
            labels=labels,
            present=present,
            limit=limit,
        )

    def labelled(
        self, clusters: Iterable[str], kind: GroupKind, namespace: str | None, labels: Mapping[str, str]
    ) -> list[ObjectRow]:
        """The objects of a kind in the chosen ones of these clusters that have the labels, as objects()."""
        chosen = set(self.names).intersection(clusters)
        return labelled.labelled(self._conn, chosen, kind, namespace, labels)

    def contents(
        self,
        *kinds: GroupKind,
        namespaces: Collection[str] | None = None,
        names: Collection[str] | None = None,
    ) -> list[ContentRow]:
        """The objects of these kinds in the chosen clusters, each once for every content that it has there,
        by kind, namespace and name. What says the same is not read, so this is the way to look at a whole
        fleet.
        """
        return contents.contents(
            self._conn,
            {row.id: row.name for row in self.clusters},
            kinds,
            whole=self.all_clusters,
            namespaces=namespaces,
            names=names,
        )

    def alike(self, kind: GroupKind, namespace: str) -> list[AlikeRow]:
        """The objects of a kind in a namespace, each once for every way in which it is and stands in the
        chosen clusters, by name."""
        clusters = {row.id: row.name for row in self.clusters}
        return contents.alike(self._conn, clusters, kind, namespace, whole=self.all_clusters)

    def by_ids(self, ids: Iterable[int]) -> dict[int, ObjectRow]:
        """Rows by id, placeholders included; unknown ids are left out."""
        return objects.by_ids(self._conn, list(ids))

    def by_keys(self, wanted: Iterable[tuple[str, ObjectKey]]) -> list[ObjectRow]:
        """The rows of these keys in the chosen ones of their clusters, placeholders included."""
        chosen = set(self.names)
        return objects.by_keys(self._conn, [place for place in wanted if place[0] in chosen])

    def states(self, ids: Collection[int]) -> dict[int, StateRow]:
        """How the objects of these ids stand; unknown ids are left out."""
        return states.states(self._conn, ids)

    def keys(self, ids: Iterable[int]) -> dict[int, ObjectKey]:
        """What the objects of these ids are called, placeholders included; unknown ids are left out."""
        return objects.keys(self._conn, list(ids))

    def documents(self, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """The stored (redacted) objects by id; placeholders have none."""
        return documents.load(self._conn, list(ids))

    def outgoing(self, ids: Iterable[int], relations: Collection[str] | None = None) -> list[EdgeRow]:
        """Edges that start at these objects: what their fields name. relations: only these."""
        return edges.outgoing(self._conn, list(ids), relations)

    def incoming(self, ids: Iterable[int], relations: Collection[str] | None = None) -> list[EdgeRow]:
        """Edges that end at these objects: who names them. relations: only these."""
        return edges.incoming(self._conn, list(ids), relations)

    def neighbourhood(
        self,
        seeds: Iterable[int],
        *,
        down: Iterable[str],
        up: Iterable[str],
        depth: int,
        limit: int,
    ) -> tuple[dict[int, int], list[EdgeRow]]:
        """(depth per object id, edges among them).

        down: relations followed from source to target; up: from target to source.
        """
        ways = {"down": tuple(down), "up": tuple(up)}
        return edges.neighbourhood(self._conn, list(seeds), **ways, depth=depth, limit=limit)

    def events(
        self,
        cluster: str,
        keys: Iterable[ObjectKey],
        *,
        limit: int = 50,
        since: float | None = None,
        type: str | None = None,
    ) -> list[EventRow]:
        """Events about these objects of one cluster, newest first."""
        return events.for_objects(self._conn, cluster, list(keys), limit, since=since, type=type)

    def events_about(
        self,
        rows: Iterable[ObjectRow],
        *,
        limit: int = 50,
        since: float | None = None,
        type: str | None = None,
    ) -> list[EventRow]:
        """Events about these objects, of whatever cluster, newest first."""
        wanted = [(row.cluster, row.key) for row in rows]
        return events.about(self._conn, wanted, limit, since=since, type=type)

    def newest_events(self, rows: Iterable[ObjectRow], most: int) -> list[EventRow]:
        """The newest events about each of these objects, at most so many of each, in no order."""
        return events.newest(self._conn, [(row.cluster, row.key) for row in rows], most)

    def find_events(
        self,
        *,
        namespace: str | None = None,
        kind: str | None = None,
        name: str | None = None,
        prefix: str | None = None,
        type: str | None = None,
        reason: str | None = None,
        since: float | None = None,
        limit: int = 50,
    ) -> list[EventRow]:
        """Events of the chosen clusters, newest first; namespace, kind and name are those of the object,
        prefix is how its name begins.
        """
        return events.select(
            self._conn,
            clusters=self.within,
            namespace=namespace,
            kind=kind,
            name=name,
            prefix=prefix,
            type=type,
            reason=reason,
            since=since,
            limit=limit,
        )

    def count_by_health(self, kinds: Collection[GroupKind]) -> list[tuple[str, str, str, str, int]]:
        """(cluster, group, kind, health, how many) of the objects of these kinds in the chosen clusters."""
        return tally.count_by_health(self._conn, self.within, kinds)

    def _within(self, clusters: Sequence[str] | None) -> Sequence[str] | None:
        if clusters is None:
            return self.within
        chosen = set(self.names)
        return [name for name in clusters if name in chosen]


def by_cluster(rows: Iterable[ObjectRow]) -> dict[str, list[ObjectRow]]:
    """The rows of each cluster, in their order; empty for a cluster that has none."""
    found: dict[str, list[ObjectRow]] = defaultdict(list)
    for row in rows:
        found[row.cluster].append(row)
    return found

"""One consistent look at the store: a read transaction, narrowed to the clusters that were asked for.

Everything in query/ takes a View and plain arguments and returns frozen results. A View is only valid
inside its `open_view` block and is used by one thread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.engine import Connection

from mirror.clock import Clock
from mirror.keys import METRICS_GROUP, GroupKind, ObjectKey
from mirror.settings import MirrorSettings
from mirror.store import clusters as cluster_rows
from mirror.store import contents, documents, edges, events, interests, objects
from mirror.store.condition import obstacle
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.rows import ClusterRow, ContentRow, EdgeRow, EventRow, ObjectRow, ResourceRow, ScopeRow
from query.cluster_choice import choose_clusters
from query.freshness import Standing, mirror_silence, require_max_age, standing_of
from query.results import Freshness, ObjectRef
from query.visibility import Visibility, visibility_of

__all__ = ["View", "Visibility", "open_view"]

P = ParamSpec("P")
T = TypeVar("T")


class View:
    """What one question sees.

    now: wall seconds at which the view was opened. generation: of the store; grows with every commit
    that could change an answer. clusters: the chosen ones, by name. max_age: seconds that what the question
    is about may be old; `touch` and `freshness` raise StaleDataError beyond it.
    """

    def __init__(
        self,
        conn: Connection,
        *,
        now: float,
        alive: bool,
        since: float = 0.0,
        stopped: str = "",
        obstructed: Callable[[int], str] = lambda quota_bytes: "",
        clusters: Sequence[str] | None = None,
        max_age: float | None = None,
        settings: MirrorSettings | None = None,
    ) -> None:
        """obstructed: why the store cannot be written, given its quota; asked when the mirror is silent."""
        meta = cluster_rows.meta(conn)
        every = cluster_rows.clusters(conn)
        self._conn = conn
        self._settings = settings or MirrorSettings()
        self._silence = mirror_silence(
            meta.heartbeat_at, now, self._settings, running=alive, since=since, stopped=stopped
        )
        if self._silence and (why := obstructed(meta.quota_bytes)):
            self._silence = f"{self._silence}; {why}"
        self._max_age = max_age
        self._touched: frozenset[GroupKind] | None = None
        self._found_standings: dict[frozenset[GroupKind] | None, list[Standing]] = {}
        self.now = now
        self.generation = meta.generation
        self.clusters: tuple[ClusterRow, ...] = choose_clusters(every, clusters)
        self.all_clusters = len(self.clusters) == len(choose_clusters(every, None))
        self._rows = every

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Other contexts that lead to the chosen clusters, with the name that each stands for."""
        chosen = set(self.names)
        return {row.name: row.alias_of for row in self._rows if row.alias_of in chosen}

    def cluster_named(self, pattern: str) -> str:
        """The chosen cluster that a name, an alias or a glob means first. Raises UnknownClusterError."""
        chosen = {*self.names, *self.aliases}
        return choose_clusters((row for row in self._rows if row.name in chosen), [pattern])[0].name

    @property
    def every_cluster(self) -> Sequence[ClusterRow]:
        """All mirrored contexts, chosen or not: for telling where something leads, not for reading it."""
        return self._rows

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the chosen clusters, sorted."""
        return tuple(cluster.name for cluster in self.clusters)

    def touch(self, *kinds: GroupKind) -> None:
        """The question is about these kinds and no others; without any, about all that is mirrored.

        Said before the store is asked, so that "there is no such object" is never said of old data: raises
        StaleDataError when `max_age` cannot be met. Said again, it counts anew.
        """
        self._touched = frozenset(kinds) if kinds else None
        if self._max_age is not None:
            self._standings()

    def freshness(self) -> tuple[Freshness, ...]:
        """One line per chosen cluster, about what the question touches. Raises StaleDataError."""
        return tuple(standing.line for standing in self._standings())

    def resources(self) -> list[ResourceRow]:
        """What the chosen clusters serve."""
        return self._resources

    def scopes(self) -> list[ScopeRow]:
        """What is listed and watched in the chosen clusters."""
        return self._scopes

    def visibility(self, cluster: str, group: str, kind: str, namespace: str) -> Visibility:
        """Whether the absence of an object of this kind in this namespace can be trusted.

        namespace "" asks about all namespaces, or about a cluster-scoped kind.
        """
        found = visibility_of(self._scopes_of_kind.get((cluster, group, kind), ()), namespace)
        if found is Visibility.NOT_SERVED and (cluster, group, kind) in self._served:
            return Visibility.NOT_SYNCED  # a 404 that discovery does not confirm: a CRD in the making
        if found is not None:
            return found
        if (cluster, group, kind) in self._served:
            return Visibility.NOT_MIRRORED
        return Visibility.NOT_SERVED if cluster in self._discovered else Visibility.NOT_SYNCED

    def absence_is_real(self, cluster: str, key: ObjectKey) -> bool:
        """An object of this key that is not in the store does not exist in the cluster."""
        return self.visibility(cluster, key.group, key.kind, key.namespace).absence_is_real

    def asked_at(self, kind: GroupKind) -> float | None:
        """When somebody last asked for the kind so that it is mirrored, wall seconds; None: nobody has."""
        return self._asked.get(kind)

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

    def contents(
        self, kind: GroupKind, *, namespace: str | None = None, names: Collection[str] | None = None
    ) -> list[ContentRow]:
        """The objects of a kind in the chosen clusters, each once for every content that it has there, by
        namespace and name. What says the same is not read, so this is the way to look at a whole fleet.
        """
        return contents.contents(
            self._conn,
            {row.id: row.name for row in self.clusters},
            kind,
            whole=self.all_clusters,
            namespace=namespace,
            names=names,
        )

    def by_ids(self, ids: Iterable[int]) -> dict[int, ObjectRow]:
        """Rows by id, placeholders included; unknown ids are left out."""
        return objects.by_ids(self._conn, list(ids))

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
        beyond: edges.Beyond | None = None,
        linked: bool = True,
    ) -> tuple[dict[int, int], list[EdgeRow], bool]:
        """(depth per object id, edges among them, whether a bound cut it off).

        down: relations followed from source to target; up: from target to source. beyond: further neighbours.
        linked: the edges are wanted.
        """
        ways = {"down": tuple(down), "up": tuple(up)}
        return edges.neighbourhood(
            self._conn, list(seeds), **ways, depth=depth, limit=limit, beyond=beyond, linked=linked
        )

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
            clusters=self._within(None),
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
        return objects.count_by_health(self._conn, self._within(None), kinds)

    def read(self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function of mirror.store says of this state; tell it the chosen clusters (`within`)."""
        return question(self._conn, *args, **kwargs)

    @property
    def within(self) -> Sequence[str] | None:
        """The chosen clusters as functions of mirror.store take them; None for all."""
        return self._within(None)

    def ref(self, row: ObjectRow) -> ObjectRef:
        """The public name of a row; a placeholder gets the version that clusters serve, else `v1`."""
        return ObjectRef(
            cluster=row.cluster,
            api_version=row.api_version
            if row.version
            else self.api_version(row.cluster, row.group, row.kind),
            kind=row.kind,
            namespace=row.namespace or None,
            name=row.name,
        )

    def api_version(self, cluster: str, group: str, kind: str) -> str:
        """What the cluster, else any other cluster, prefers to serve; the version is `v1` where none does."""
        versions = self._versions.get(GroupKind(group, kind), {})
        version = versions.get(cluster) or next(iter(versions.values()), "v1")
        return f"{group}/{version}" if group else version

    def _within(self, clusters: Sequence[str] | None) -> Sequence[str] | None:
        if clusters is not None:
            chosen = set(self.names)
            return [name for name in clusters if name in chosen]
        return None if self.all_clusters else self.names

    @cached_property
    def _asked(self) -> dict[GroupKind, float]:
        return interests.asked_kinds(self._conn)

    @cached_property
    def _resources(self) -> list[ResourceRow]:
        return cluster_rows.resources(self._conn, self._within(None))

    @cached_property
    def _scopes(self) -> list[ScopeRow]:
        return cluster_rows.scopes(self._conn, self._within(None))

    def _standings(self) -> list[Standing]:
        """Found once for what the question touches: `touch` and the end of the answer both ask."""
        if self._touched in self._found_standings:
            return self._found_standings[self._touched]
        by_cluster: dict[str, list[ScopeRow]] = defaultdict(list)
        for scope in self._scopes:
            if self._touches(scope):
                by_cluster[scope.cluster].append(scope)
        standings = [
            standing_of(
                row,
                by_cluster[row.name],
                now=self.now,
                silence=self._silence,
                settings=self._settings,
                narrowed=self._touched is not None,
                aliases=tuple(alias for alias, name in self.aliases.items() if name == row.name),
            )
            for row in self.clusters
        ]
        if self._max_age is not None:
            require_max_age(standings, self._max_age)
        self._found_standings[self._touched] = standings
        return standings

    def _touches(self, scope: ScopeRow) -> bool:
        """Measurements are a minute old by nature: they make nothing else older than it is."""
        if self._touched is None:
            return scope.group != METRICS_GROUP
        return GroupKind(scope.group, scope.kind) in self._touched

    @cached_property
    def _scopes_of_kind(self) -> dict[tuple[str, str, str], list[ScopeRow]]:
        found: dict[tuple[str, str, str], list[ScopeRow]] = defaultdict(list)
        for scope in self._scopes:
            found[scope.cluster, scope.group, scope.kind].append(scope)
        return dict(found)

    @cached_property
    def _served(self) -> frozenset[tuple[str, str, str]]:
        return frozenset((row.cluster, row.group, row.kind) for row in self._resources)

    @cached_property
    def _discovered(self) -> frozenset[str]:
        return frozenset(row.cluster for row in self._resources)

    @cached_property
    def _versions(self) -> dict[GroupKind, dict[str, str]]:
        found: dict[GroupKind, dict[str, str]] = defaultdict(dict)
        for row in self._resources:
            found[GroupKind(row.group, row.kind)][row.cluster] = row.version
        return dict(found)


@contextmanager
def open_view(
    reader: Reader,
    *,
    clock: Clock,
    alive: bool,
    since: float = 0.0,
    stopped: str = "",
    clusters: Sequence[str] | None = None,
    max_age: float | None = None,
    settings: MirrorSettings | None = None,
) -> Iterator[View]:
    """A View for the length of the block.

    alive: a mirror process holds the store; without one (or without its heartbeat) synced counts as stale.
    since: wall seconds at which that process was started. stopped: why there is none, where that is known.
    clusters: names and globs; None means all. max_age: seconds; kept by what the question touches.
    Raises UnknownClusterError for a name or glob that matches nothing; the view raises StaleDataError.
    """
    paths = StorePaths(reader.path)
    with reader.snapshot() as conn:
        yield View(
            conn,
            obstructed=lambda quota_bytes: obstacle(paths, quota_bytes=quota_bytes),
            now=clock.wall(),
            alive=alive,
            since=since,
            stopped=stopped,
            clusters=clusters,
            max_age=max_age,
            settings=settings,
        )

"""One consistent look at the store: a read transaction, narrowed to the clusters that were asked for.

Everything in query/ takes a View and plain arguments and returns frozen results. A View is only valid
inside its `open_view` block and is used by one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy.engine import Connection

from mirror.clock import Clock
from mirror.keys import GroupKind, ObjectKey
from mirror.settings import MirrorSettings
from mirror.store import clusters as cluster_rows
from mirror.store import interests, served
from mirror.store.condition import obstacle
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.rows import ClusterRow, NamesRow, ObjectRow, ResourceRow, ScopeRow, SeenRow, ServedRow
from query.cluster_choice import choose_clusters
from query.freshness import mirror_silence
from query.results.answer import Freshness, ObjectRef
from query.sight import Sight
from query.standings import Standings
from query.stored import Stored
from query.visibility import Visibility

__all__ = ["View", "Visibility", "open_view"]


class View(Stored):
    """What one question sees: what is stored, and how far it can be trusted.

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
        chosen = choose_clusters(every, clusters)
        super().__init__(conn, chosen, all_clusters=len(chosen) == len(choose_clusters(every, None)))
        settings = settings or MirrorSettings()
        silence = mirror_silence(
            meta.heartbeat_at, now, settings, running=alive, since=since, stopped=stopped
        )
        if silence and (why := obstructed(meta.quota_bytes)):
            silence = f"{silence}; {why}"
        self.now = now
        self.generation = meta.generation
        self._rows = every
        self._max_age = max_age
        self._touched: frozenset[GroupKind] | None = None
        self._sight = Sight(self)
        self._standings = Standings(
            self,
            self._sight,
            now=now,
            silence=silence,
            aliases=self.aliases,
            max_age=max_age,
            settings=settings,
        )

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

    def touch(self, *kinds: GroupKind) -> None:
        """The question is about these kinds and no others; without any, about all that is mirrored.

        Said before the store is asked, so that "there is no such object" is never said of old data: raises
        StaleDataError when `max_age` cannot be met. Said again, it counts anew.
        """
        self._touched = frozenset(kinds) if kinds else None
        self._sight.expect(kinds)
        if self._max_age is not None:
            self._standings.of(self._touched)

    def freshness(self) -> tuple[Freshness, ...]:
        """One line per chosen cluster, about what the question touches. Raises StaleDataError."""
        return tuple(standing.line for standing in self._standings.of(self._touched))

    def resources(self) -> list[ResourceRow]:
        """What the chosen clusters serve: every kind in every cluster, one by one."""
        return self._sight.resources

    def kind_names(self) -> list[NamesRow]:
        """What the kinds that the chosen clusters serve are called."""
        return self.read(served.names, self.within)

    def served_alike(self) -> list[ServedRow]:
        """What the chosen clusters serve: each kind once for every way in which it is served."""
        chosen = {row.id: row.name for row in self.clusters}
        return self.read(served.alike, chosen, whole=self.all_clusters)

    def scopes(self) -> list[ScopeRow]:
        """What is listed and watched in the chosen clusters: all of it, one by one."""
        return self._sight.scopes

    def scopes_of(self, kind: GroupKind) -> Mapping[str, Sequence[SeenRow]]:
        """By cluster, what is listed and watched of one kind."""
        return self._sight.scopes_of(kind)

    def visibility(self, cluster: str, group: str, kind: str, namespace: str) -> Visibility:
        """Whether the absence of an object of this kind in this namespace can be trusted.

        namespace "" asks about all namespaces, or about a cluster-scoped kind.
        """
        return self._sight.visibility(cluster, group, kind, namespace)

    def absence_is_real(self, cluster: str, key: ObjectKey) -> bool:
        """An object of this key that is not in the store does not exist in the cluster."""
        return self.visibility(cluster, key.group, key.kind, key.namespace).absence_is_real

    def asked_at(self, kind: GroupKind) -> float | None:
        """When somebody last asked for the kind so that it is mirrored, wall seconds; None: nobody has."""
        return self._asked.get(kind)

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
        return self._sight.api_version(cluster, group, kind)

    @cached_property
    def _asked(self) -> dict[GroupKind, float]:
        return self.read(interests.asked_kinds)


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

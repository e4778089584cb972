"""What the store shows of one cluster: to go on where an earlier run has stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from mirror.flux.kinds import FLUX_KINDS, Category
from mirror.keys import ClusterName, GroupKind, Resource
from mirror.kube.discovery import Discovery
from mirror.records import Relation
from mirror.store import clusters, edges
from mirror.store.reader import Reader
from mirror.store.rows import ClusterRow, ResourceRow, ScopeRow

__all__ = ["StoredCluster", "recall"]

_APPLIERS = tuple(
    kind for kind, row in FLUX_KINDS.items() if row.category in (Category.APPLIER, Category.GENERATOR)
)

_NOTHING = Discovery((), MappingProxyType({}), MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class StoredCluster:
    """What an earlier run left in the store about one cluster.

    served: what it could list and watch then. managed: the kinds that its inventories name.
    """

    row: ClusterRow | None = None
    scopes: tuple[ScopeRow, ...] = ()
    served: Discovery = _NOTHING
    managed: tuple[GroupKind, ...] = ()

    @property
    def ever_synced(self) -> bool:
        """Answers from the store made sense once: from now on the cluster can be stale, not unknown."""
        return self.row is not None and self.row.confirmed_at is not None


def recall(reader: Reader, name: ClusterName) -> StoredCluster:
    """What the store has of this cluster. Blocks. Raises StoreError."""
    with reader.snapshot() as connection:
        row = next((row for row in clusters.clusters(connection) if row.name == name), None)
        if row is None:
            return StoredCluster()
        return StoredCluster(
            row,
            tuple(clusters.scopes(connection, [name])),
            _discovery(clusters.resources(connection, [name])),
            tuple(edges.target_kinds(connection, name, Relation.MANAGES, _APPLIERS)),
        )


def _discovery(rows: Iterable[ResourceRow]) -> Discovery:
    """What discovery once said, as it was stored."""
    kept = list(rows)
    resources = (
        Resource(row.group, row.version, row.kind, row.plural, row.namespaced, row.singular, row.short_names)
        for row in kept
    )
    versions = {GroupKind(row.group, row.kind): row.served_versions for row in kept}
    return Discovery(tuple(resources), MappingProxyType(versions), MappingProxyType({}))

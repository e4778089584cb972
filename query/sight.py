"""What can be seen of the chosen clusters: what they serve, what of it is mirrored, where absence is real."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from mirror.keys import GroupKind
from mirror.store import clusters as cluster_rows
from mirror.store.rows import ResourceRow, ScopeRow
from query.stored import Stored
from query.visibility import Visibility, visibility_of

__all__ = ["Sight"]


class Sight:
    """Everything is read once, when it is first asked for."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored

    @cached_property
    def resources(self) -> list[ResourceRow]:
        """What the chosen clusters serve."""
        return self._stored.read(cluster_rows.resources, self._stored.within)

    @cached_property
    def scopes(self) -> list[ScopeRow]:
        """What is listed and watched in the chosen clusters."""
        return self._stored.read(cluster_rows.scopes, self._stored.within)

    def visibility(self, cluster: str, group: str, kind: str, namespace: str) -> Visibility:
        """As View.visibility()."""
        found = visibility_of(self._scopes_of_kind.get((cluster, group, kind), ()), namespace)
        served = (cluster, group, kind) in self._served
        if found is Visibility.NOT_SERVED and served:
            return Visibility.NOT_SYNCED  # a 404 that discovery does not confirm: a CRD in the making
        if found is not None and found is not Visibility.NOT_SERVED:
            return found
        if served:
            return Visibility.NOT_MIRRORED
        if group in self._unread_groups.get(cluster, ()):
            return Visibility.NOT_DISCOVERED
        return Visibility.NOT_SERVED if cluster in self._discovered else Visibility.NOT_SYNCED

    def unread_groups(self, cluster: str) -> list[str]:
        """The API groups of which the cluster could not say what they have, and of which nothing is known
        from before."""
        return sorted(self._unread_groups.get(cluster, set()) - self._known_groups[cluster])

    def api_version(self, cluster: str, group: str, kind: str) -> str:
        """As View.api_version()."""
        versions = self._versions.get(GroupKind(group, kind), {})
        version = versions.get(cluster) or next(iter(versions.values()), "v1")
        return f"{group}/{version}" if group else version

    @cached_property
    def _scopes_of_kind(self) -> dict[tuple[str, str, str], list[ScopeRow]]:
        found: dict[tuple[str, str, str], list[ScopeRow]] = defaultdict(list)
        for scope in self.scopes:
            found[scope.cluster, scope.group, scope.kind].append(scope)
        return dict(found)

    @cached_property
    def _served(self) -> frozenset[tuple[str, str, str]]:
        return frozenset((row.cluster, row.group, row.kind) for row in self.resources)

    @cached_property
    def _unread_groups(self) -> dict[str, set[str]]:
        return {row.name: set(row.unread_groups) for row in self._stored.clusters if row.unread_groups}

    @cached_property
    def _known_groups(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.resources:
            found[row.cluster].add(row.group)
        return found

    @cached_property
    def _discovered(self) -> frozenset[str]:
        return frozenset(row.cluster for row in self.resources)

    @cached_property
    def _versions(self) -> dict[GroupKind, dict[str, str]]:
        found: dict[GroupKind, dict[str, str]] = defaultdict(dict)
        for row in self.resources:
            found[GroupKind(row.group, row.kind)][row.cluster] = row.version
        return dict(found)

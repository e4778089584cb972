"""What can be seen of the chosen clusters: what they serve, what of it is mirrored, where absence is real."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Generic, TypeVar

from mirror.keys import GroupKind
from mirror.store import clusters as cluster_rows
from mirror.store import served, streams
from mirror.store.rows import ResourceRow, ScopeRow, SeenRow
from query.stored import Stored
from query.visibility import Visibility, visibility_of

__all__ = ["Sight"]

FEW = 6
"""Kinds that are read one by one; a question that goes on asking is about everything."""

T = TypeVar("T")


class Sight:
    """Read once, when it is first asked for, and no more than the kinds that are asked about."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._scopes = _ByKind(self._read_scopes)
        self._versions = _ByKind(self._read_versions)

    @cached_property
    def resources(self) -> list[ResourceRow]:
        """What the chosen clusters serve: all of it, which takes its time in a large fleet."""
        return self._stored.read(cluster_rows.resources, self._stored.within)

    @cached_property
    def scopes(self) -> list[ScopeRow]:
        """What is listed and watched in the chosen clusters: all of it, as above."""
        return self._stored.read(cluster_rows.scopes, self._stored.within)

    def expect(self, kinds: Collection[GroupKind]) -> None:
        """The question is about these kinds: a few of them are read together when one is asked about."""
        few = frozenset(kinds) if len(kinds) <= FEW else frozenset()
        self._scopes.expected = self._versions.expected = few

    def scopes_of(self, kind: GroupKind) -> Mapping[str, Sequence[SeenRow]]:
        """As View.scopes_of()."""
        return self._scopes.of(kind)

    def visibility(self, cluster: str, group: str, kind: str, namespace: str) -> Visibility:
        """As View.visibility()."""
        asked = GroupKind(group, kind)
        found = visibility_of(self._scopes.of(asked).get(cluster, ()), namespace)
        if found is not None and found is not Visibility.NOT_SERVED:
            return found
        if cluster in self._versions.of(asked):
            # After a 404 that discovery does not confirm: a CRD in the making.
            return Visibility.NOT_SYNCED if found else Visibility.NOT_MIRRORED
        if group in self._unread_groups.get(cluster, ()):
            return Visibility.NOT_DISCOVERED
        return Visibility.NOT_SERVED if cluster in self.discovered else Visibility.NOT_SYNCED

    def unread_groups(self, cluster: str) -> list[str]:
        """The API groups of which the cluster could not say what they have, and of which nothing is known
        from before."""
        unread = self._unread_groups.get(cluster)
        return sorted(unread - self._known_groups.get(cluster, set())) if unread else []

    def api_version(self, cluster: str, group: str, kind: str) -> str:
        """As View.api_version()."""
        versions = self._versions.of(GroupKind(group, kind))
        (version,) = versions.get(cluster) or next(iter(versions.values()), ("v1",))
        return f"{group}/{version}" if group else version

    @cached_property
    def discovered(self) -> frozenset[str]:
        """The clusters that have said what they serve."""
        return self._stored.read(served.discovered)

    def _read_scopes(self, kinds: Collection[GroupKind] | None) -> Iterable[tuple[GroupKind, str, SeenRow]]:
        rows = self._stored.read(streams.seen, self._stored.within, kinds)
        return ((GroupKind(row.group, row.kind), row.cluster, row) for row in rows)

    @cached_property
    def _unread_groups(self) -> dict[str, set[str]]:
        return {row.name: set(row.unread_groups) for row in self._stored.clusters if row.unread_groups}

    @cached_property
    def _known_groups(self) -> dict[str, set[str]]:
        """Of the clusters that could not say what all their groups have."""
        return self._stored.read(served.groups, self._unread_groups) if self._unread_groups else {}

    def _read_versions(self, kinds: Collection[GroupKind] | None) -> Iterable[tuple[GroupKind, str, str]]:
        rows = self._stored.read(served.versions, self._stored.within, kinds)
        return ((GroupKind(group, kind), cluster, version) for cluster, group, kind, version in rows)


class _ByKind(Generic[T]):
    """Something of each kind in each cluster. expected: kinds that are read together."""

    expected: frozenset[GroupKind] = frozenset()

    def __init__(
        self, read: Callable[[Collection[GroupKind] | None], Iterable[tuple[GroupKind, str, T]]]
    ) -> None:
        """read: (kind, cluster, what), of these kinds or of all."""
        self._read = read
        self._found: dict[GroupKind, dict[str, list[T]]] = {}
        self._whole = False

    def of(self, kind: GroupKind) -> Mapping[str, list[T]]:
        """By cluster."""
        if kind not in self._found and not self._whole:
            self._whole = len(self._found) >= FEW
            self._add(self.expected if kind in self.expected else (kind,))
        return self._found.get(kind, {})

    def _add(self, kinds: Iterable[GroupKind]) -> None:
        found: dict[GroupKind, dict[str, list[T]]] = {kind: {} for kind in kinds}
        for each, cluster, what in self._read(None if self._whole else found.keys()):
            found.setdefault(each, {}).setdefault(cluster, []).append(what)
        self._found |= found

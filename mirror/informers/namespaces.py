"""Namespace by namespace: how a type is followed that may not be read in the whole cluster."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence

import anyio
import anyio.to_thread

from mirror.errors import ApiError, MirrorError
from mirror.flux.kinds import metadata_only
from mirror.informers.reflectors import Reflectors
from mirror.informers.tools import Tools
from mirror.keys import ClusterName, GroupKind, Resource, ScopeKey
from mirror.kube.client import Client
from mirror.kube.rules_review import Rights, review_rights
from mirror.store import objects
from mirror.store.changes import ScopeState
from mirror.store.reader import Reader

__all__ = ["FOLLOWED", "Namespaces", "candidates"]

log = logging.getLogger("flux_mirror.namespaces")

FOLLOWED = frozenset({ScopeState.WATCHING, ScopeState.POLLING})
"""A scope in these states shows all there is now."""

_Place = tuple[Resource, str]


class Namespaces:
    """Finds the namespaces in which types can be read that the server refuses to list as a whole.

    Promised
        Once the whole may be read again, its scope is the only one: `scopes` names no other.
        What is followed in a namespace stays so while the namespace exists, also when the right to read it
        is gone: rights come back.
    Not promised
        That every namespace is tried: at most `namespaces_per_cluster`, those already followed first.
    """

    def __init__(
        self, cluster: ClusterName, client: Client, reader: Reader, reflectors: Reflectors, tools: Tools
    ) -> None:
        self._cluster = cluster
        self._client = client
        self._reader = reader
        self._reflectors = reflectors
        self._settings = tools.settings
        self._clock = tools.clock
        self._refused_at: dict[tuple[GroupKind, str], float] = {}
        self._refused_since: dict[ScopeKey, float] = {}
        self._omitted = 0
        self._reviewed: frozenset[ScopeKey] = frozenset()

    @property
    def complete(self) -> bool:
        """Every refused type has been looked for in the namespaces."""
        return all(
            scope in self._reviewed
            for scope, status in self._reflectors.statuses.items()
            if status.state is ScopeState.FORBIDDEN and self._can_be_narrowed(scope)
        )

    @property
    def narrowing(self) -> bool:
        """Some type may not be read as a whole, so that the namespaces matter."""
        return bool(self._reviewed)

    def calls_for_a_look(self, scope: ScopeKey, state: ScopeState) -> bool:
        """Whether the scopes may have to be others now that this one has come to that state."""
        if scope == ScopeKey(self._cluster, "", "namespaces"):
            return state in FOLLOWED and bool(self._reviewed)
        if state is ScopeState.FORBIDDEN:
            return self._can_be_narrowed(scope)
        return state in FOLLOWED and any(_is_part(other, scope) for other in self._reflectors)

    async def scopes(
        self, resources: Iterable[Resource], known: Collection[ScopeKey]
    ) -> dict[ScopeKey, Resource]:
        """The scopes of one namespace that are to be followed. known: all scopes there are or were.

        Raises MirrorError when the server cannot be asked.
        """
        whole = {ScopeKey(self._cluster, r.group, r.plural): r for r in resources if r.namespaced}
        states = {scope: self._reflectors.state(scope) for scope in whole}
        found = {
            part: resource
            for scope, resource in whole.items()
            if states[scope] not in FOLLOWED
            for part in known
            if _is_part(part, scope)
        }
        forbidden = [scope for scope in whole if states[scope] is ScopeState.FORBIDDEN]
        refused = {scope: whole[scope] for scope in self._for_good(forbidden)}
        if refused:
            existing, names = await self._names({scope.namespace for scope in found})
            found = {part: r for part, r in found.items() if existing is None or part.namespace in existing}
            for resource, name in await self._readable(tuple(refused.values()), names):
                found[ScopeKey(self._cluster, resource.group, resource.plural, name)] = resource
        self._reviewed = frozenset(refused)
        return found

    def _for_good(self, forbidden: Collection[ScopeKey]) -> list[ScopeKey]:
        """Those that are not refused just for a moment, as a server does that has not read its roles yet."""
        now = self._clock.monotonic()
        self._refused_since = {scope: self._refused_since.get(scope, now) for scope in forbidden}
        return [
            scope
            for scope, since in self._refused_since.items()
            if scope in self._reviewed
            or not self._reflectors.statuses[scope].listed
            or now - since >= self._settings.refusal_confirm_s
        ]

    def _can_be_narrowed(self, scope: ScopeKey) -> bool:
        return not scope.namespace and self._reflectors.resource(scope).namespaced

    async def _names(self, followed: Collection[str]) -> tuple[frozenset[str] | None, Sequence[str]]:
        """(the namespaces that exist, None when nobody knows; those to be tried)."""
        status = self._reflectors.statuses.get(ScopeKey(self._cluster, "", "namespaces"))
        known, shown = await anyio.to_thread.run_sync(self._stored)
        existing = known if status and status.listed and status.state in FOLLOWED else None
        most = self._settings.namespaces_per_cluster
        names = candidates(self._client.access.namespace, existing, shown, followed)
        if (omitted := max(0, len(names) - most)) != self._omitted:
            log.warning("%s: %d namespaces beyond the first %d are not tried", self._cluster, omitted, most)
            self._omitted = omitted
        return existing, names[:most]

    def _stored(self) -> tuple[frozenset[str], frozenset[str]]:
        """(Namespaces in the store, namespaces that rows are in)."""
        with self._reader.snapshot() as connection:
            rows = objects.select(connection, clusters=[self._cluster], group="", kind="Namespace")
            return frozenset(row.name for row in rows), objects.namespaces(connection, self._cluster)

    async def _readable(self, resources: Sequence[Resource], names: Sequence[str]) -> list[_Place]:
        """Where the types can be listed: where the server says so, and where it cannot say but lets us."""
        rights: dict[str, Rights] = {}
        failures: list[MirrorError] = []

        async def review(name: str) -> None:
            try:
                rights[name] = await review_rights(self._client, name)
            except MirrorError as error:
                failures.append(error)

        async with anyio.create_task_group() as reviews:
            for name in names:
                reviews.start_soon(review, name)
        if failures:
            raise failures[0]
        said = [(resource, name, rights[name].may_list(resource)) for name in names for resource in resources]
        certain = [(resource, name) for resource, name, may in said if may]
        return certain + await self._tried([(resource, name) for resource, name, may in said if may is None])

    async def _tried(self, places: Sequence[_Place]) -> list[_Place]:
        """Those of the places that can be listed. One that has refused is left alone for a while."""
        now = self._clock.monotonic()
        found: list[_Place] = []

        async def attempt(resource: Resource, name: str) -> None:
            try:
                path, partly = resource.path(name), metadata_only(resource.group_kind)
                await self._client.get_page(path, {"limit": "1"}, partly)
            except ApiError:
                self._refused_at[resource.group_kind, name] = now
            except MirrorError as error:
                log.info("%s: %s in %s: %s", self._cluster, resource.plural, name, error)
            else:
                found.append((resource, name))

        async with anyio.create_task_group() as attempts:
            for resource, name in places:
                if ScopeKey(self._cluster, resource.group, resource.plural, name) in self._reflectors:
                    continue  # its own reflector tries
                refused_at = self._refused_at.get((resource.group_kind, name), float("-inf"))
                if now - refused_at >= self._settings.refusal_recheck_s:
                    attempts.start_soon(attempt, resource, name)
        return found


def candidates(
    own: str, existing: Collection[str] | None, shown: Collection[str], followed: Collection[str]
) -> list[str]:
    """The namespaces in which a right to read is worth a question, the likely ones first.

    own: the context's default. existing: all that exist; None when they may not be listed, then those that
    rows show (`shown`) are taken. followed: those in which something is followed already.
    """
    names = dict.fromkeys([*sorted(followed), own, *sorted(shown if existing is None else existing)])
    return [name for name in names if existing is None or name in existing]


def _is_part(scope: ScopeKey, whole: ScopeKey) -> bool:
    """The scope is one namespace of the whole."""
    return bool(scope.namespace) and scope._replace(namespace="") == whole

"""What is listed and watched in one cluster: it follows what is served, what is wanted, what may be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping

from mirror.informers.absences import Absences
from mirror.informers.namespaces import FOLLOWED, Namespaces
from mirror.informers.recall import StoredCluster
from mirror.informers.reflectors import Reflectors
from mirror.informers.sightings import Sightings
from mirror.informers.tools import Tools
from mirror.informers.wanted import wanted
from mirror.keys import ClusterName, GroupKind, Resource, ScopeKey
from mirror.kube.discovery import Discovery
from mirror.store.changes import ResourcesDiscovered, ScopeRemoved, ScopeState, ScopeUpdate

__all__ = ["Coverage"]

log = logging.getLogger("flux_mirror.coverage")


class Coverage:
    """Keeps the set of reflectors of one cluster, and the scopes in the store, what they should be.

    Promised
        Every wanted type that the server shows has its reflector; one whose version is no longer served goes
            on with another version, its objects stay.
        Objects go with their type only once it is confirmed that the type is gone. A group that could not be
            discovered keeps everything: unknown is not absent.
        A type that may not be read as a whole is followed in the namespaces where it may be, until the whole
            may be read. No right that comes or goes takes an object away.
    """

    def __init__(
        self,
        cluster: ClusterName,
        stored: StoredCluster,
        resume: Mapping[ScopeKey, str],
        *,
        reflectors: Reflectors,
        sightings: Sightings,
        namespaces: Namespaces,
        asked: Callable[[], Iterable[GroupKind]],
        tools: Tools,
    ) -> None:
        self._cluster = cluster
        self._known = stored.served
        self._left = {
            ScopeKey(cluster, row.group, row.plural, row.namespace): row.kind for row in stored.scopes
        }
        """Scopes of an earlier run that nobody follows now, with their kinds."""
        self._resume = dict(resume)
        self._reflectors = reflectors
        self._sightings = sightings
        self._namespaces = namespaces
        self._asked = asked
        self._writer = tools.writer
        self._settings = tools.settings
        self._clock = tools.clock
        self._absences = Absences(tools.settings.absence_confirm_s)
        self._listed: set[ScopeKey] = set()
        """Scopes that were followed in another version."""
        self._left_out: tuple[GroupKind, ...] = ()

    @property
    def complete(self) -> bool:
        """Nothing that may be read is still to be found."""
        return self._namespaces.complete

    def calls_for_a_look(self, scope: ScopeKey, state: ScopeState) -> bool:
        """Whether the set may have to be another now that a reflector has come to that state."""
        return state is ScopeState.ABSENT or self._namespaces.calls_for_a_look(scope, state)

    async def follow(self, shown: Discovery) -> bool:
        """Make the reflectors what they should be, given what discovery shows. False when that contradicts
        what is known otherwise, so that another look is due soon. Raises MirrorError when the server cannot
        be asked where something may be read."""
        self._known = discovery = shown.keeping(self._known)
        await self._writer.apply(
            ResourcesDiscovered(
                self._cluster,
                discovery.resources,
                tuple(discovery.versions[resource.group_kind] for resource in discovery.resources),
                tuple(sorted(discovery.stale_groups)),
            )
        )
        self._sightings.served = discovery.versions
        resources = self._chosen(discovery)
        scopes = {
            ScopeKey(self._cluster, resource.group, resource.plural): resource for resource in resources
        }
        self._sightings.followed = {resource.group_kind for resource in resources}
        scopes |= await self._namespaces.scopes(resources, self._kinds().keys())
        self._sightings.namespaces_count = self._namespaces.narrowing
        await self._let_go(scopes, discovery)
        await self._take_up(scopes)
        return self._settled(discovery)

    def _chosen(self, discovery: Discovery) -> tuple[Resource, ...]:
        resources, left_out = wanted(
            discovery,
            managed=self._sightings.managed,
            asked=self._asked(),
            most=self._settings.managed_kinds,
        )
        if left_out != self._left_out:
            names = ", ".join(f"{kind.kind}.{kind.group}" for kind in left_out)
            log.warning("%s: too many kinds in inventories, not mirrored: %s", self._cluster, names or "none")
            self._left_out = left_out
        return resources

    async def _let_go(self, scopes: Mapping[ScopeKey, Resource], discovery: Discovery) -> None:
        """Stop what is to be followed in another version, and end what is not wanted or gone."""
        for scope in self._reflectors:
            if scope in scopes and scopes[scope].gvk != self._reflectors.resource(scope).gvk:
                log.info("%s: %s is served as %s now", self._cluster, scope.plural, scopes[scope].version)
                self._listed.add(scope)
                await self._reflectors.stop(scope)
        unwanted = {scope: kind for scope, kind in self._kinds().items() if scope not in scopes}
        unserved = {
            scope: GroupKind(scope.group, kind)
            for scope, kind in unwanted.items()
            if GroupKind(scope.group, kind) not in discovery.versions
        }
        now = self._clock.monotonic()
        self._absences.look(unserved.values(), now)
        heirs: set[ScopeKey] = set()
        for scope in unwanted:
            if scope not in unserved or (
                scope.group not in discovery.stale_groups and self._is_gone(scope, unserved[scope], now)
            ):
                heir = self._heir(scope, scopes)
                heirs |= {heir} if heir else set()
                await self._end(scope, heir=heir)
        for heir in heirs:
            self._reflectors.relist(heir)

    def _heir(self, scope: ScopeKey, scopes: Collection[ScopeKey]) -> ScopeKey | None:
        """The scope of the whole cluster, where it has taken over from one of a namespace."""
        whole = scope._replace(namespace="")
        is_heir = scope.namespace and whole in scopes and self._reflectors.state(whole) in FOLLOWED
        return whole if is_heir else None

    def _kinds(self) -> dict[ScopeKey, str]:
        """All scopes that there are, followed or left, with their kinds."""
        followed = {scope: self._reflectors.resource(scope).kind for scope in self._reflectors}
        return self._left | followed

    def _is_gone(self, scope: ScopeKey, kind: GroupKind, now: float) -> bool:
        """Whether a type that discovery does not show has ceased to exist."""
        if self._sightings.established(scope.group, scope.plural):
            return False
        return self._sightings.deleted(scope.group, scope.plural) or self._absences.confirmed(kind, now)

    async def _end(self, scope: ScopeKey, *, heir: ScopeKey | None) -> None:
        """Follow a scope no more; its objects go, unless another one shows them."""
        log.info("%s: %s is no longer followed", self._cluster, scope)
        self._left.pop(scope, None)
        if scope in self._reflectors:
            await self._reflectors.stop(scope)
        await self._writer.apply(ScopeRemoved(scope, self._clock.wall(), heir))

    async def _take_up(self, scopes: Mapping[ScopeKey, Resource]) -> None:
        """Follow what is not followed yet."""
        new = {scope: resource for scope, resource in scopes.items() if scope not in self._reflectors}
        await self._announce((scope, new[scope]) for scope in new if scope not in self._resume)
        for scope, resource in new.items():
            self._left.pop(scope, None)
            self._reflectors.start(
                scope,
                resource,
                resume=self._resume.pop(scope, ""),
                observer=self._sightings.observer(resource),
                troubled=self._holds(scope),
            )

    def _holds(self, scope: ScopeKey) -> bool:
        """Another reflector has listed before what this one is to follow: in another version, or as part of
        the whole."""
        whole = self._reflectors.statuses.get(scope._replace(namespace=""))
        return scope in self._listed or (whole is not None and whole.listed)

    async def _announce(self, scopes: Iterable[tuple[ScopeKey, Resource]]) -> None:
        """Let readers know what is about to be listed: until then its objects are unknown, not absent."""
        await self._writer.apply(
            *(
                ScopeUpdate(
                    scope=scope,
                    kind=resource.kind,
                    version=resource.version,
                    state=ScopeState.LISTING,
                    at=self._clock.wall(),
                )
                for scope, resource in scopes
            )
        )

    def _settled(self, discovery: Discovery) -> bool:
        """Whether what discovery shows agrees with the CRDs and with what the scopes have met, and every
        refused type has been looked for."""
        served = discovery.versions
        if any(GroupKind(scope.group, kind) not in served for scope, kind in self._kinds().items()):
            return False
        if any(self._reflectors.state(scope) is ScopeState.ABSENT for scope in self._reflectors):
            return False
        return self._sightings.agree and self.complete

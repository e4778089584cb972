"""What a store may claim, given what the server has been."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mirror.flux.kinds import metadata_only, mirrored
from mirror.flux.redaction import Redactor
from mirror.flux.references import references
from mirror.keys import ObjectKey, Resource
from mirror.records import Relation
from mirror.store.rows import ScopeRow
from mirror.testing.cluster import FakeCluster
from mirror.testing.etcd import Collection
from mirror.testing.objects import decode
from tests.mirror.informers.interleaving.history import History, Plural, State
from tests.mirror.informers.interleaving.looks import Edge, Glance, Inspection

__all__ = ["Oracle"]

_EVENTS = ("", "events")
_WIDGETS = ("example.com", "widgets")


class Oracle:
    """Judges looks into the store of one run; each answer lists what is wrong, in words.

    Promised by a store at any moment
        The rows of each scope are the server's state at exactly the scope's resourceVersion, in one of the
            lives of the server, and neither lives nor resourceVersions go backwards from look to look.
        Except after a rebuild or restore, when the server has come further than it was before anybody
            looked: what is then stored belongs to two lives until the next audit.
    Promised once all is quiet
        The kinds to be mirrored that are served have their scopes, the others none; keys, uids, versions and
            redacted bodies are the server's; edges are those that the bodies imply; no event is missing,
            unless a backup has overtaken us: events are not audited.
    """

    def __init__(self, cluster: FakeCluster, history: History, redactor: Redactor) -> None:
        self._cluster = cluster
        self._history = history
        self._redactor = redactor
        self._reached: dict[tuple[Plural, str], tuple[int, int]] = {}

    def forget(self) -> None:
        """The store has been put back: it may begin from an earlier point."""
        self._reached.clear()

    def at_any_moment(self, look: Glance) -> list[str]:
        return [wrong for scope in look.scopes for wrong in self._scope(scope, look.held.get(scope.id, {}))]

    def when_quiet(self, look: Inspection) -> list[str]:
        wrong = self.at_any_moment(look.glance)
        if look.cluster is None:
            return ["the cluster is not known"]
        if look.cluster.state != "synced":
            wrong.append(f"the cluster is {look.cluster.state}: {look.cluster.error}")
        managed = {target[:2] for _, target, relation, *_ in look.edges if relation == Relation.MANAGES}
        scopes = {(row.group, row.plural) for row in look.glance.scopes}
        served = self._cluster.etcd.collections
        expected = {
            plural: collection
            for plural, collection in served.items()
            if mirrored(_resource(collection)) or collection.kind.group_kind in managed
        }
        # A kind that an inventory has named stays when the inventory no longer does.
        optional = {plural for plural in scopes & served.keys() if plural == _WIDGETS}
        expected |= {plural: served[plural] for plural in optional}
        if scopes != set(expected):
            wrong.append(f"scopes too many or too few: {sorted(scopes ^ set(expected))}")
        bodies = self._bodies(expected)
        wrong += _differences(bodies, look.bodies)
        wrong += [f"edge too much or too few: {edge}" for edge in look.edges ^ _edges(look.bodies)]
        if not self._history.restored:
            events = {stored.uid for stored in expected[_EVENTS].objects.values()}
            wrong += [f"event {uid} is missing" for uid in events - look.events]
        return wrong

    def _scope(self, scope: ScopeRow, held: State) -> Iterator[str]:
        plural = (scope.group, scope.plural)
        if not scope.resource_version:
            if held:
                yield f"{scope.plural} holds {len(held)} objects without a resourceVersion"
            return
        rv = int(scope.resource_version)
        if plural == _EVENTS:
            return  # deletions of events are not followed
        states = [_within(state, scope.namespace) for state in self._history.at(plural, rv)]
        points = [(life, rv) for life, state in enumerate(states) if state == held]
        before = self._reached.get((plural, scope.namespace), (0, 0))
        reached = min((point for point in points if point >= before), default=None)
        newest, began = self._history.newest
        if rv > began and (reached or before)[0] < newest:
            return  # see above
        if reached is None:
            yield f"{scope.plural} at {rv} after {before} holds {held}, in its lives it was {states}"
        else:
            self._reached[plural, scope.namespace] = reached

    def _bodies(self, expected: dict[Plural, Collection]) -> dict[ObjectKey, dict[str, Any]]:
        bodies = {}
        for plural, collection in expected.items():
            kind = collection.kind
            for stored in collection.objects.values() if plural != _EVENTS else ():
                obj = decode(kind, stored)
                if metadata_only(kind.group_kind):
                    obj = {field: obj[field] for field in ("apiVersion", "kind", "metadata")}
                key = ObjectKey(kind.group, kind.kind, stored.namespace, stored.name)
                bodies[key] = self._redactor.redact(obj)
        return bodies


def _within(state: State | None, namespace: str) -> State | None:
    """The part of it that a scope covers."""
    if state is None or not namespace:
        return state
    return {key: identity for key, identity in state.items() if key.startswith(f"{namespace}/")}


def _differences(
    server: dict[ObjectKey, dict[str, Any]], store: dict[ObjectKey, dict[str, Any]]
) -> Iterator[str]:
    for key in sorted(server.keys() | store.keys()):
        if key not in store:
            yield f"{key} is not in the store"
        elif key not in server:
            yield f"{key} is in the store but not on the server"
        elif store[key] != server[key]:
            yield f"{key} differs: {store[key]} is stored, the server has {server[key]}"


def _edges(bodies: dict[ObjectKey, dict[str, Any]]) -> set[Edge]:
    """Said twice, once as optional and once not: it is needed."""
    meant: dict[tuple[ObjectKey, ObjectKey, str, str], bool] = {}
    for key, body in bodies.items():
        for relation, field, target, optional in references(body):
            edge = (key, target, relation.value, field)
            meant[edge] = optional and meant.get(edge, True)
    return {(*edge, optional) for edge, optional in meant.items()}


def _resource(collection: Collection) -> Resource:
    kind = collection.kind
    return Resource(kind.group, kind.versions[0], kind.kind, kind.plural, kind.namespaced, verbs=kind.verbs)

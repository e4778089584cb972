"""One simulated cluster: what is in it and what it serves, driven directly, without HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mirror.clock import Clock, SystemClock
from mirror.keys import GroupKind, ObjectKey, Resource, parse_api_version
from mirror.testing.etcd import Change, Collection, Etcd
from mirror.testing.failures import bad_request, conflict, not_found
from mirror.testing.kinds import kind_from_resource, sort_versions
from mirror.testing.objects import JSON, Stored, decode, merge
from mirror.testing.registry import CRD, Registry, key_of

__all__ = ["FakeCluster"]


class FakeCluster:
    """The state of one Kubernetes cluster.

    The methods here write with full rights and skip what only a request meets: a missing namespace is
    created first, `delete` does not wait for finalizers, a status may come with its object. The rest is as
    over HTTP: uid, creationTimestamp, generation and resourceVersion, conflicts, no event for a write that
    changes nothing. All methods are synchronous and belong to one event loop; failures are StatusError.

    name: also the seed of every uid, so that clusters of one name have the same kube-system uid.
    start: the first resourceVersion. history: changes kept per kind; a watch from before them gets 410.
    """

    def __init__(
        self, name: str = "fake", *, start: int = 1000, history: int = 1000, clock: Clock | None = None
    ) -> None:
        self.name = name
        self.clock: Clock = clock or SystemClock()
        self._history = history
        self._lives = 1
        self.etcd = Etcd(start, history)
        self.registry = Registry(name, self.clock, self.etcd)

    @property
    def rv(self) -> int:
        """The resourceVersion of the last write."""
        return self.etcd.rv

    @property
    def uid(self) -> str:
        """The identity of the cluster: uid of the Namespace kube-system."""
        return str(self.get(ObjectKey("", "Namespace", "", "kube-system"))["metadata"]["uid"])

    def register(self, resource: Resource, *, custom: bool | None = None, status: bool = True) -> None:
        """Serve one more kind without a CRD object, or one more version of a served kind.

        resource.verbs: what HTTP clients may do with it. custom: None means a group outside `*.k8s.io`.
        """
        kind = kind_from_resource(resource, custom=custom, status=status)
        served = self.etcd.collections.get((kind.group, kind.plural))
        if served is not None:
            kind = replace(kind, versions=sort_versions({*served.kind.versions, *kind.versions}))
        self.etcd.open(kind)

    def unregister(self, group: str, plural: str) -> None:
        """No longer serve a kind: its objects vanish without events, its watches end, then 404."""
        self.etcd.drop(group, plural)

    def establish(self, name: str) -> None:
        """Give a CRD the status that makes its kind served (only after `registry.auto_establish = False`)."""
        self.registry.establish(name)

    def create(self, obj: Mapping[str, Any]) -> JSON:
        """Raises StatusError 409 when it exists. A uid, creationTimestamp or generation in `obj` is kept."""
        collection = self._collection_of(obj)
        key_of(collection.kind, obj)
        if collection.kind.namespaced:
            self.registry.ensure_namespace(obj["metadata"]["namespace"])
        return self.registry.create(collection, obj)

    def update(self, obj: Mapping[str, Any]) -> JSON:
        """Replace an object, status included. Raises StatusError 404, or 409 for an older resourceVersion."""
        collection = self._collection_of(obj)
        stored = self._stored(collection, key_of(collection.kind, obj), obj["metadata"]["name"])
        seen = obj["metadata"].get("resourceVersion")
        if seen and seen != str(stored.rv):
            raise conflict(collection.kind.group, collection.kind.plural, stored.name)
        return self.registry.write(collection, stored, obj)

    def apply(self, obj: Mapping[str, Any]) -> JSON:
        """Create or replace whatever the resourceVersion. An `obj` without status keeps the stored status."""
        collection = self._collection_of(obj)
        stored = collection.objects.get(key_of(collection.kind, obj))
        if stored is None:
            return self.create(obj)
        status = decode(collection.kind, stored).get("status")
        wanted = obj if "status" in obj or status is None else {**obj, "status": status}
        return self.registry.write(collection, stored, wanted)

    def load(self, obj: Mapping[str, Any]) -> JSON:
        """Put an object in place as it was seen elsewhere: uid, creationTimestamp and generation stay.

        An object of the same name with another uid is deleted first.
        """
        collection = self._collection_of(obj)
        stored = collection.objects.get(key_of(collection.kind, obj))
        if stored is not None and stored.uid != obj["metadata"].get("uid"):
            self.etcd.remove(collection, stored)
            stored = None
        if stored is None:
            return self.create(obj)
        return decode(collection.kind, self.etcd.replace(collection, stored, obj))

    def patch(self, key: ObjectKey, changes: Mapping[str, Any]) -> JSON:
        """Apply a JSON merge patch (null removes) to any part of an object. Raises StatusError 404."""
        collection, stored = self._find(key)
        return self.registry.write(collection, stored, merge(decode(collection.kind, stored), changes))

    def patch_status(self, key: ObjectKey, status: Mapping[str, Any]) -> JSON:
        """Merge fields into the status; lists are replaced, generation stays."""
        return self.patch(key, {"status": status})

    def delete(self, key: ObjectKey) -> None:
        """Remove an object at once, a Namespace or CRD with everything in it. Raises StatusError 404."""
        self.registry.remove(*self._find(key))

    def get(self, key: ObjectKey) -> JSON:
        """A copy, in the preferred version. Raises StatusError 404."""
        collection, stored = self._find(key)
        return decode(collection.kind, stored)

    def exists(self, key: ObjectKey) -> bool:
        collection = self.etcd.kinds.get(GroupKind(key.group, key.kind))
        return collection is not None and collection.kind.key(key.namespace, key.name) in collection.objects

    def serves(self, group: str, kind: str) -> bool:
        """Whether the kind is served in some version."""
        return GroupKind(group, kind) in self.etcd.kinds

    def list(self, group: str, kind: str, namespace: str = "") -> list[JSON]:
        """Copies of all objects of a kind in key order; namespace "" = all. Raises StatusError 404."""
        collection = self.registry.collection(group, kind)
        return [decode(collection.kind, s) for s in collection.snapshot(self.rv).select(namespace)]

    def objects(self) -> Iterator[JSON]:
        """Copies of everything, by kind."""
        for collection in tuple(self.registry.etcd.collections.values()):
            yield from self.list(*collection.kind.group_kind)

    def subscribe(self, observer: Callable[[Collection, Change], None]) -> None:
        """Call `observer` after each write, from within the writing call: how simulated controllers react."""
        self.etcd.observers.append(observer)

    def rebuild(self, *, start: int = 1000) -> None:
        """A new cluster behind the same address: empty, another uid, resourceVersions start over."""
        for group, plural in tuple(self.etcd.collections):
            self.etcd.drop(group, plural)
        observers = self.etcd.observers[1:]  # all but the registry's own
        self._lives += 1
        self.etcd = Etcd(start, self._history)
        self.registry = Registry(f"{self.name}#{self._lives}", self.clock, self.etcd)
        self.etcd.observers.extend(observers)

    def restore(self, rv: int) -> None:
        """The same cluster as it was at `rv`, resourceVersions included, as from a backup.

        Objects of a kind whose CRD was deleted since do not come back. Raises StatusError 410 when `rv` is
        beyond the history.
        """
        before = {crd["metadata"]["name"] for crd in self.list(*CRD)}
        self.etcd.restore(rv)
        for name in before - {crd["metadata"]["name"] for crd in self.list(*CRD)}:
            plural, _, group = name.partition(".")
            self.etcd.drop(group, plural)
        self.registry.follow_crds()

    def _find(self, key: ObjectKey) -> tuple[Collection, Stored]:
        collection = self.registry.collection(key.group, key.kind)
        return collection, self._stored(collection, collection.kind.key(key.namespace, key.name), key.name)

    def _collection_of(self, obj: Mapping[str, Any]) -> Collection:
        group, version = parse_api_version(obj["apiVersion"])
        collection = self.registry.collection(group, obj["kind"])
        if version not in collection.kind.versions:
            raise bad_request(f"{obj['kind']} is not served as {obj['apiVersion']}")
        return collection

    def _stored(self, collection: Collection, key: str, name: str) -> Stored:
        stored = collection.objects.get(key)
        if stored is None:
            raise not_found(collection.kind.group, collection.kind.plural, name)
        return stored

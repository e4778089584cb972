"""The rules every write obeys: identity, namespaces, what a Namespace or CRD takes with it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mirror.clock import Clock, to_rfc3339
from mirror.keys import GroupKind
from mirror.testing.crds import established
from mirror.testing.etcd import Change, Collection, Etcd
from mirror.testing.failures import already_exists, invalid, not_found
from mirror.testing.kinds import BUILT_IN_KINDS, Kind, kind_from_crd
from mirror.testing.objects import JSON, Stored, created, decode, merge, updated

__all__ = ["CRD", "Registry", "key_of"]

CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
_NAMESPACE = GroupKind("", "Namespace")
_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def key_of(kind: Kind, obj: Mapping[str, Any]) -> str:
    """The object's key in its collection. Raises StatusError 422 when name or namespace are missing."""
    metadata = obj["metadata"]
    for field in ("name", "namespace") if kind.namespaced else ("name",):
        if not metadata.get(field):
            cause = (f"metadata.{field}", "FieldValueRequired", "Required value")
            raise invalid(kind.kind, kind.group, metadata.get("name", ""), [cause])
    return kind.key(metadata.get("namespace", ""), metadata["name"])


class Registry:
    """One life of a cluster, from its bootstrap to its end.

    seed: uids are derived from it, so that the same seed gives the same uids.
    auto_establish: a new CRD gets the status that makes its kind served.
    """

    def __init__(self, seed: str, clock: Clock, etcd: Etcd) -> None:
        self.etcd = etcd
        self.auto_establish = True
        self._clock = clock
        self._seed = seed
        self._uids = 0
        etcd.observers.append(self._follow_crd)
        for kind in BUILT_IN_KINDS:
            etcd.open(kind)
        for namespace in _NAMESPACES:
            self.ensure_namespace(namespace)

    def now(self) -> str:
        return to_rfc3339(self._clock.wall())

    def collection(self, group: str, kind: str) -> Collection:
        """Raises StatusError 404 for a kind that is not served."""
        collection = self.etcd.kinds.get(GroupKind(group, kind))
        if collection is None:
            raise not_found(group, kind, "")
        return collection

    def prepare(self, collection: Collection, obj: Mapping[str, Any]) -> JSON:
        """`obj` as it would be created. Raises StatusError 409 when it exists, 422 without a name."""
        kind = collection.kind
        if key_of(kind, obj) in collection.objects:
            raise already_exists(kind.group, kind.plural, obj["metadata"]["name"])
        self._uids += 1
        uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._seed}/{self._uids}"))
        return created(kind, obj, uid=uid, now=self.now())

    def create(self, collection: Collection, obj: Mapping[str, Any]) -> JSON:
        kind = collection.kind
        stored = self.etcd.insert(collection, self.prepare(collection, obj))
        if kind.group_kind == CRD and self.auto_establish and not obj.get("status"):
            self.establish(stored.name)
        return decode(kind, collection.objects[stored.key])

    def write(self, collection: Collection, stored: Stored, obj: Mapping[str, Any]) -> JSON:
        """Replace what is stored; a write that changes nothing leaves no trace, as on a real server."""
        kind = collection.kind
        old = decode(kind, stored)
        new = updated(kind, old, obj)
        if new == old:
            return old
        written = self.etcd.replace(collection, stored, new)
        if "deletionTimestamp" in new["metadata"] and not new["metadata"].get("finalizers"):
            self.remove(collection, written)
        return decode(kind, written)

    def remove(self, collection: Collection, stored: Stored) -> None:
        """Delete an object; what lives in a Namespace or by a CRD goes first."""
        if collection.kind.group_kind == _NAMESPACE:
            for other in tuple(self.etcd.collections.values()):
                if other.kind.namespaced:
                    self._empty(other, stored.name)
        if collection.kind.group_kind == CRD:
            plural, _, group = stored.name.partition(".")
            if (group, plural) in self.etcd.collections:
                self._empty(self.etcd.collections[group, plural], "")
        self.etcd.remove(collection, stored)

    def establish(self, name: str) -> None:
        """Give a CRD the status that makes its kind served."""
        collection = self.collection(*CRD)
        definition = decode(collection.kind, collection.objects[name])
        status = established(definition, self.now())
        self.write(collection, collection.objects[name], merge(definition, {"status": status}))

    def ensure_namespace(self, name: str) -> None:
        namespaces = self.collection(*_NAMESPACE)
        if name not in namespaces.objects:
            labels = {"kubernetes.io/metadata.name": name}
            self.create(
                namespaces,
                {
                    "metadata": {"name": name, "labels": labels},
                    "spec": {"finalizers": ["kubernetes"]},
                    "status": {"phase": "Active"},
                },
            )

    def follow_crds(self) -> None:
        """Serve exactly what the present CRDs say, after storage was changed behind their back."""
        collection = self.collection(*CRD)
        for stored in collection.snapshot(self.etcd.rv).select():
            kind = kind_from_crd(decode(collection.kind, stored))
            if kind is not None:
                self.etcd.open(kind)

    def _empty(self, collection: Collection, namespace: str) -> None:
        for stored in collection.snapshot(self.etcd.rv).select(namespace):
            self.remove(collection, stored)

    def _follow_crd(self, collection: Collection, change: Change) -> None:
        if collection.kind.group_kind != CRD:
            return
        plural, _, group = change.stored.name.partition(".")
        kind = None if change.type == "DELETED" else kind_from_crd(decode(collection.kind, change.stored))
        served = self.etcd.collections.get((group, plural))
        if kind is None:
            self.etcd.drop(group, plural)
        elif served is None or served.kind != kind:
            opened = self.etcd.open(kind)
            if served is not None:
                opened.tear_down(self.etcd.rv)  # a changed CRD gets new storage: its watches end

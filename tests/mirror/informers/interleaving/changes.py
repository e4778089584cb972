"""What people and controllers do to a cluster, as steps of a program."""

from __future__ import annotations

from mirror.keys import GroupKind, ObjectKey
from mirror.testing.cluster import FakeCluster
from mirror.testing.objects import JSON
from tests.mirror.informers.interleaving import objects

__all__ = ["Changes"]


class Changes:
    """Each method is one step. StatusError where it makes no sense now (the kind is gone, say)."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster

    def put(self, kind: str, namespace: str, name: str, variant: int) -> None:
        """Create or change."""
        self._cluster.apply(self._made(kind, namespace, name, variant))

    def report(self, kind: str, namespace: str, name: str, variant: int) -> None:
        """A status update."""
        self._cluster.patch_status(objects.key(kind, namespace, name), objects.status(kind, variant))

    def delete(self, kind: str, namespace: str, name: str) -> None:
        self._cluster.delete(objects.key(kind, namespace, name))

    def recreate(self, kind: str, namespace: str, name: str, variant: int) -> None:
        """Delete it and create another one of the same name at once."""
        self.delete(kind, namespace, name)
        self.put(kind, namespace, name, variant)

    def happen(self, namespace: str, name: str, variant: int) -> None:
        """A core event, new or once more."""
        self._cluster.apply(objects.core_event(namespace, name, variant))

    def expire_event(self, namespace: str, name: str) -> None:
        """What the server does to an event after an hour."""
        self._cluster.delete(ObjectKey("", "Event", namespace, f"event-{name}"))

    def burst(self, kind: str, namespace: str, times: int) -> None:
        """More changes at once than a short history holds."""
        for variant in range(times):
            self.put(kind, namespace, objects.NAMES[variant % 2], variant)

    def delete_namespace(self, namespace: str) -> None:
        self._cluster.delete(ObjectKey("", "Namespace", "", namespace))

    def define(self, kind: str, versions: tuple[str, ...]) -> None:
        """A CRD comes, or its versions change."""
        self._cluster.apply(objects.definition(kind, versions))

    def undefine(self, kind: str) -> None:
        """A CRD goes, and with it all its objects."""
        group, plural = objects.CRDS[kind]
        self._cluster.delete(ObjectKey(*_CRD, "", f"{plural}.{group}"))

    def _made(self, kind: str, namespace: str, name: str, variant: int) -> JSON:
        collection = self._cluster.etcd.kinds.get(GroupKind(*objects.key(kind, namespace, name)[:2]))
        version = collection.kind.versions[0] if collection else "v1"
        return objects.make(kind, namespace, name, variant, version)


_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")

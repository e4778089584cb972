"""What passing objects say about what else is to be watched: CRDs, Namespaces, inventories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mirror.flux.kinds import FLUX_GROUPS
from mirror.informers.reflector import Observe
from mirror.keys import GroupKind, Resource
from mirror.records import Health, Record, Relation
from mirror.store.changes import Deletion

__all__ = ["Sightings"]

_DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
_NAMESPACE = GroupKind("", "Namespace")


class Sightings:
    """Looks at the objects that pass through the reflectors of one cluster.

    changed: called when a look at the cluster is worth it now.
    namespaces_count: whether a new or a gone Namespace is such a reason; set by whoever knows.
    """

    def __init__(self, managed: Iterable[GroupKind], changed: Callable[[], None]) -> None:
        self._changed = changed
        self._managed = dict.fromkeys(managed)
        self._established: dict[str, bool] = {}
        self._deleted: set[str] = set()
        self._namespaces: set[str] = set()
        self.namespaces_count = False

    @property
    def managed(self) -> tuple[GroupKind, ...]:
        """The kinds that inventories name, in the order in which they were first seen."""
        return tuple(self._managed)

    def established(self, group: str, plural: str) -> bool:
        """A CRD of that kind is known to be there and served, so the kind cannot be gone."""
        return self._established.get(f"{plural}.{group}", False)

    def deleted(self, group: str, plural: str) -> bool:
        """The CRD of that kind was deleted, and none has come since."""
        return f"{plural}.{group}" in self._deleted

    def unserved(self, served: Iterable[Resource]) -> bool:
        """Some CRD is established, and the kind is not among those that are served."""
        known = {f"{resource.plural}.{resource.group}" for resource in served}
        return any(ready and name not in known for name, ready in self._established.items())

    def observer(self, resource: Resource) -> Observe | None:
        """What looks at the objects of that type; None where they say nothing."""
        if resource.group_kind == _DEFINITION:
            return self._see_definitions
        if resource.group_kind == _NAMESPACE:
            return self._see_namespaces
        return self._see_inventories if resource.group in FLUX_GROUPS else None

    def _see_definitions(self, records: Sequence[Record], deletions: Sequence[Deletion]) -> None:
        for deletion in deletions:
            self._established.pop(deletion.key.name, None)
            self._deleted.add(deletion.key.name)
        for record in records:
            self._established[record.key.name] = record.health is Health.READY
            self._deleted.discard(record.key.name)
        self._changed()

    def _see_namespaces(self, records: Sequence[Record], deletions: Sequence[Deletion]) -> None:
        names = {record.key.name for record in records}
        new, gone = names - self._namespaces, {deletion.key.name for deletion in deletions}
        self._namespaces = (self._namespaces | names) - gone
        if self.namespaces_count and (new or gone):
            self._changed()

    def _see_inventories(self, records: Sequence[Record], _: Sequence[Deletion]) -> None:
        before = len(self._managed)
        for record in records:
            for reference in record.references:
                if reference.relation is Relation.MANAGES:
                    self._managed.setdefault(GroupKind(reference.target.group, reference.target.kind))
        if len(self._managed) > before:
            self._changed()

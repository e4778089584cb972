"""What passing objects say about what else is to be watched: CRDs, Namespaces, inventories."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from mirror.flux.kinds import FLUX_GROUPS
from mirror.informers.reflector import Observer
from mirror.keys import GroupKind, Resource
from mirror.records import Health, Record, Relation
from mirror.store.changes import Deletion

__all__ = ["Sightings"]

_DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
_NAMESPACE = GroupKind("", "Namespace")


class _Version(msgspec.Struct):
    name: str = ""
    served: bool = False


class _Names(msgspec.Struct):
    kind: str = ""


class _Spec(msgspec.Struct):
    group: str = ""
    names: _Names = msgspec.field(default_factory=_Names)
    versions: list[_Version] = []


class _Definition(msgspec.Struct):
    """What counts of a CRD."""

    spec: _Spec = msgspec.field(default_factory=_Spec)
    established: bool = False

    def agrees(self, served: Mapping[GroupKind, tuple[str, ...]]) -> bool:
        """Discovery shows what this CRD, once it is established, has served."""
        spec = self.spec
        versions = {version.name for version in spec.versions if version.served}
        shown = served.get(GroupKind(spec.group, spec.names.kind), ())
        return not self.established or versions == set(shown)


class Sightings:
    """Looks at the objects that pass through the reflectors of one cluster.

    changed: called when a look at the cluster is worth it now.
    served, followed: the versions that discovery shows, and the kinds that are followed; kept up to date by
        whoever looks.
    namespaces_count: whether a new or a gone Namespace is a reason to look; set by whoever knows.
    """

    def __init__(self, managed: Iterable[GroupKind], changed: Callable[[], None]) -> None:
        self.served: Mapping[GroupKind, tuple[str, ...]] = {}
        self.followed: Collection[GroupKind] = ()
        self.namespaces_count = False
        self._changed = changed
        self._managed = dict.fromkeys(managed)
        self._definitions: dict[str, _Definition] = {}
        self._deleted: set[str] = set()
        self._namespaces: set[str] = set()

    @property
    def managed(self) -> tuple[GroupKind, ...]:
        """The kinds that inventories name, in the order in which they were first seen."""
        return tuple(self._managed)

    @property
    def agree(self) -> bool:
        """Discovery shows what the CRDs say."""
        return all(definition.agrees(self.served) for definition in self._definitions.values())

    def established(self, group: str, plural: str) -> bool:
        """A CRD of that kind is known to be there and served, so the kind cannot be gone."""
        definition = self._definitions.get(f"{plural}.{group}")
        return definition is not None and definition.established

    def deleted(self, group: str, plural: str) -> bool:
        """The CRD of that kind was deleted, and none has come since."""
        return f"{plural}.{group}" in self._deleted

    def observer(self, resource: Resource) -> Observer | None:
        """What looks at the objects of that type; None where they say nothing."""
        if resource.group_kind == _DEFINITION:
            return Observer(self._see_definitions, self._list_definitions)
        if resource.group_kind == _NAMESPACE:
            return Observer(self._see_namespaces, self._list_namespaces)
        return Observer(self._see_inventories) if resource.group in FLUX_GROUPS else None

    def _see_definitions(self, records: Sequence[Record], deletions: Sequence[Deletion]) -> None:
        for deletion in deletions:
            self._definitions.pop(deletion.key.name, None)
            self._deleted.add(deletion.key.name)
        seen = {record.key.name: _definition(record) for record in records}
        self._definitions |= seen
        self._deleted -= seen.keys()
        if deletions or not all(definition.agrees(self.served) for definition in seen.values()):
            self._changed()

    def _list_definitions(self, names: Collection[str]) -> None:
        """A list shows what went while nobody watched by not showing it."""
        gone = self._definitions.keys() - set(names)
        for name in gone:
            del self._definitions[name]
        self._deleted |= gone
        if gone:
            self._changed()

    def _see_namespaces(self, records: Sequence[Record], deletions: Sequence[Deletion]) -> None:
        names = {record.key.name for record in records}
        new, gone = names - self._namespaces, {deletion.key.name for deletion in deletions}
        self._namespaces = (self._namespaces | names) - gone
        if self.namespaces_count and (new or gone):
            self._changed()

    def _list_namespaces(self, names: Collection[str]) -> None:
        gone = self._namespaces - set(names)
        self._namespaces -= gone
        if self.namespaces_count and gone:
            self._changed()

    def _see_inventories(self, records: Sequence[Record], _: Sequence[Deletion]) -> None:
        new: set[GroupKind] = set()
        for record in records:
            for reference in record.references:
                if reference.relation is Relation.MANAGES:
                    kind = GroupKind(reference.target.group, reference.target.kind)
                    if kind not in self._managed:
                        self._managed[kind] = None
                        new.add(kind)
        if any(kind in self.served and kind not in self.followed for kind in new):
            self._changed()


def _definition(record: Record) -> _Definition:
    try:
        found = msgspec.json.decode(record.body, type=_Definition)
    except msgspec.DecodeError:
        found = _Definition()
    found.established = record.health is Health.READY
    return found

"""The schemas that the clusters themselves carry: of which kind, in which version, in which clusters."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any, NamedTuple

from mirror.keys import GroupKind, parse_api_version
from mirror.store.rows import ObjectRow
from query.documentation.schemas import SchemaField, schema_fields, served_versions
from query.kinds import is_flux
from query.view import View

__all__ = ["DEFINITION", "KindSchema", "definitions", "flux_definitions", "schemas_of"]

DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")

_VERSION_LABEL = "app.kubernetes.io/version"
_REMEMBERED = 2_000
"""CRDs whose schema a process keeps: 19 kinds in a hundred clusters. Equal ones are kept once."""

_DISTINCT = 400
"""Schemas that are not equal: 19 kinds of some releases of Flux."""


class KindSchema(NamedTuple):
    """One kind in one version, as a CRD of one cluster describes it."""

    cluster: str
    group: str
    kind: str
    version: str
    fields: dict[str, SchemaField]

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}"


class _Parsed:
    """Schemas by the CRD's uid and resourceVersion, and the version, parsed once; for several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str, str, str], KindSchema] = OrderedDict()
        self._distinct: dict[tuple[SchemaField, ...], dict[str, SchemaField]] = {}
        self._lock = Lock()

    def get(self, key: tuple[str, str, str, str, str]) -> KindSchema | None:
        with self._lock:
            return self._known.get(key)

    def put(self, key: tuple[str, str, str, str, str], schema: KindSchema) -> None:
        with self._lock:
            if len(self._distinct) >= _DISTINCT:
                self._distinct.clear()
            fields = self._distinct.setdefault(tuple(schema.fields.values()), schema.fields)
            self._known[key] = schema._replace(fields=fields)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


_PARSED = _Parsed()


def definitions(view: View, group_kind: GroupKind) -> list[ObjectRow]:
    """The CRD of a kind, one row for each chosen cluster that has it."""
    plurals = {row.plural for row in view.resources() if (row.group, row.kind) == group_kind}
    names = (f"{plural}.{group_kind.group}" for plural in sorted(plurals))
    return [row for name in names for row in view.objects(**DEFINITION._asdict(), name=name)]


def flux_definitions(view: View) -> list[tuple[ObjectRow, tuple[str, ...]]]:
    """The CRDs of Flux, one row for each sort of them with the clusters that have it: where the labels say
    which release a CRD is of, one cluster stands for all that have it from the same release."""
    found: dict[tuple[str, str], list[ObjectRow]] = defaultdict(list)
    for row in view.objects(**DEFINITION._asdict()):
        if is_flux(row.name.partition(".")[2]):
            found[row.name, row.labels.get(_VERSION_LABEL) or f"in {row.cluster}"].append(row)
    return [(rows[0], tuple(row.cluster for row in rows)) for _, rows in sorted(found.items())]


def schemas_of(view: View, rows: Sequence[ObjectRow], api_version: str | None = None) -> list[KindSchema]:
    """The schema in each of these CRDs: of that version, else of the one that the cluster prefers.

    A CRD that does not serve the version is left out.
    """
    preferred = {(row.cluster, f"{row.plural}.{row.group}"): row.version for row in view.resources()}
    wanted = parse_api_version(api_version)[1] if api_version else ""
    versions = {row.id: wanted or preferred.get((row.cluster, row.name), "") for row in rows}
    keys = {row.id: (row.cluster, row.name, row.uid, row.resource_version, versions[row.id]) for row in rows}
    unknown = [row for row in rows if _PARSED.get(keys[row.id]) is None]
    documents = view.documents([row.id for row in unknown])
    for row in unknown:
        schema = _parsed(row, documents.get(row.id, {}), versions[row.id])
        if schema is not None:
            _PARSED.put(keys[row.id], schema)
    return list(_found(_PARSED.get(keys[row.id]) for row in rows))


def _found(schemas: Iterable[KindSchema | None]) -> Iterable[KindSchema]:
    return (schema for schema in schemas if schema is not None)


def _parsed(row: ObjectRow, definition: dict[str, Any], version: str) -> KindSchema | None:
    served = served_versions(definition)
    chosen = version or next(iter(served), "")
    if chosen not in served:
        return None
    spec = definition["spec"]
    fields = schema_fields(definition, chosen)
    return KindSchema(
        row.cluster, spec.get("group", ""), spec.get("names", {}).get("kind", ""), chosen, fields
    )

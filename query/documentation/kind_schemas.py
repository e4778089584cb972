"""The schemas that the clusters themselves carry: of which kind, in which version, in which clusters."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, NamedTuple

from mirror.flux.fields import mapping, metadata, text
from mirror.flux.kinds import FLUX_GROUPS
from mirror.keys import GroupKind, parse_api_version
from mirror.store import served as served_kinds
from mirror.store.rows import ContentRow, PreferredRow
from query.documentation.schemas import SchemaField, schema_fields, served_versions
from query.view import View

__all__ = ["DEFINITION", "KindSchema", "Schema", "flux_schemas", "schemas_of"]

DEFINITION = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")

_VERSION_LABEL = "app.kubernetes.io/version"
_REMEMBERED = 2_000
"""Schemas that a process keeps: 19 kinds, as each of a hundred clusters may have them. Equal ones are kept
once."""

_DISTINCT = 400
"""Schemas that are not equal: 19 kinds of some releases of Flux."""


class Source(NamedTuple):
    """What a schema was read from. name: of the CRD. content: its digest, else its uid and version."""

    name: str
    content: int | tuple[str, str]
    version: str


@dataclass(frozen=True, slots=True)
class Schema:
    """One kind in one version, as a CRD describes it. Schemas of one source are equal, so what is made of
    them can be kept by them.

    release: of Flux, by the CRD's labels; "" where they do not say.
    """

    source: Source
    kind: str = field(compare=False)
    api_version: str = field(compare=False)
    release: str = field(compare=False)
    fields: dict[str, SchemaField] = field(compare=False)


class KindSchema(NamedTuple):
    """A schema and the clusters that have it, by name."""

    schema: Schema
    clusters: tuple[str, ...]


class _Parsed:
    """What was read of each source, once; None where the CRD does not serve the version. For several
    threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Source, Schema | None] = OrderedDict()
        self._distinct: dict[tuple[SchemaField, ...], dict[str, SchemaField]] = {}
        self._lock = Lock()

    def known(self, sources: Collection[Source]) -> dict[Source, Schema | None]:
        with self._lock:
            return {source: self._known[source] for source in sources if source in self._known}

    def keep(self, source: Source, schema: Schema | None) -> Schema | None:
        """The schema itself; its fields are those of an equal one where there is one."""
        with self._lock:
            if schema is not None:
                if len(self._distinct) >= _DISTINCT:
                    self._distinct.clear()
                fields = self._distinct.setdefault(tuple(schema.fields.values()), schema.fields)
                schema = replace(schema, fields=fields)
            self._known[source] = schema
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return schema


_PARSED = _Parsed()


def flux_schemas(view: View) -> list[KindSchema]:
    """What the chosen clusters' CRDs say of Flux's kinds, each different content once: by the name of the
    CRD and the release it is of."""
    found = _schemas(view, _preferred(view, FLUX_GROUPS), "")
    return sorted(
        found, key=lambda each: (each.schema.source[0], each.schema.release or f"in {each.clusters[0]}")
    )


def schemas_of(view: View, kind: GroupKind, api_version: str | None = None) -> list[KindSchema]:
    """What the chosen clusters' CRDs say of a kind: of that version, else of the one that the cluster
    prefers. Each different content once, by the first cluster that has it."""
    rows = [row for row in _preferred(view, {kind.group}) if row.kind == kind.kind]
    found = _schemas(view, rows, parse_api_version(api_version)[1] if api_version else "")
    return sorted(found, key=lambda each: (each.schema.source[0], each.clusters[0]))


def _preferred(view: View, groups: Collection[str]) -> list[PreferredRow]:
    clusters = {row.id: row.name for row in view.clusters}
    return view.read(served_kinds.preferred, clusters, groups, whole=view.all_clusters)


def _schemas(view: View, rows: Sequence[PreferredRow], wanted: str) -> list[KindSchema]:
    """wanted: the version; "" for the preferred ones. A CRD that does not serve it is left out."""
    preferred = {(_crd(row), cluster): row.version for row in rows for cluster in row.clusters}
    contents = view.contents(DEFINITION, names=sorted({_crd(row) for row in rows}))
    stands_for = _identities(view, contents)
    homes: dict[Source, list[str]] = defaultdict(list)
    ids: dict[Source, int] = {}
    for row in contents:
        for cluster in row.clusters:
            version = wanted or preferred.get((row.key.name, cluster), "")
            source = Source(row.key.name, stands_for[row.id], version)
            homes[source].append(cluster)
            ids[source] = row.id
    found = _PARSED.known(homes)
    unread = {source: number for source, number in ids.items() if source not in found}
    documents = view.documents(unread.values())
    for source, number in unread.items():
        if number in documents:
            found[source] = _PARSED.keep(source, _parsed(source, documents[number]))
    return [
        KindSchema(schema, tuple(homes[source]))
        for source in homes
        if (schema := found.get(source)) is not None
    ]


def _crd(row: PreferredRow) -> str:
    return f"{row.plural}.{row.group}"


def _identities(view: View, rows: Sequence[ContentRow]) -> dict[int, int | tuple[str, str]]:
    unknown = view.by_ids([row.id for row in rows if row.digest is None])
    versions = {row.id: (row.uid, row.resource_version) for row in unknown.values()}
    return {row.id: versions[row.id] if row.digest is None else row.digest for row in rows}


def _parsed(source: Source, definition: dict[str, Any]) -> Schema | None:
    served = served_versions(definition)
    version = source.version or next(iter(served), "")
    if version not in served:
        return None
    spec = mapping(definition.get("spec"))
    return Schema(
        source,
        kind=text(mapping(spec.get("names")).get("kind")),
        api_version=f"{text(spec.get('group'))}/{version}",
        release=text(mapping(metadata(definition).get("labels")).get(_VERSION_LABEL)),
        fields=schema_fields(definition, version),
    )

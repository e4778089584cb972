"""search_flux_docs and read_flux_doc: the documentation in the CRDs that the clusters themselves carry."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from query.documentation.kind_schemas import DEFINITION, KindSchema, definitions, flux_definitions, schemas_of
from query.documentation.ranking import Entry, index, rank
from query.documentation.schemas import SchemaField
from query.errors import SelectorError, UnknownObjectError
from query.places import listed
from query.results.answer import Omitted
from query.results.kubernetes import DocField, DocMatch, DocMatches, DocPage
from query.selectors import resolve_kind
from query.view import View

__all__ = ["read_doc", "search_docs"]

EXCERPT = 200
"""Characters of a description in a concise match."""

FEW = 12
"""Fields directly below, up to which a page shows one level more."""


_Key = tuple[str, str, str]


class _Having(NamedTuple):
    api_version: str
    clusters: Set[str]


def search_docs(
    view: View, query: str, *, path: str | None = None, complete: bool = False, limit: int = 8
) -> DocMatches:
    """The fields of Flux's kinds that the words mean best, as the chosen clusters' own CRDs describe them.

    path: only below this kind or field. complete: whole descriptions. limit: matches; 0 means all.
    Where clusters run different releases, a field that reads the same in several of them is one match.
    Raises SelectorError for a query without a word.
    """
    if not any(character.isalnum() for character in query):
        raise SelectorError("what is to be looked for?", hint="some words, `HelmRelease remediation retries`")
    view.touch(DEFINITION)
    found = flux_definitions(view)
    kinds = {f"{row.plural}.{row.group}": (row.group, row.kind) for row in view.resources()}
    same = {(row.cluster, *kinds[row.name]): clusters for row, clusters in found if row.name in kinds}
    schemas = schemas_of(view, [row for row, _ in found if row.name in kinds])
    entries, clusters = _distinct(schemas, same)
    if path:
        start = path.strip().strip("./").lower()
        entries = [entry for entry in entries if _below(entry.path.lower(), start)]
    ranked = rank(entries, query)
    number = len({schema.kind for schema in schemas})
    of_kinds = "1 Flux kind" if number == 1 else f"{number} Flux kinds"
    shown = ranked[:limit] if limit > 0 else ranked
    return DocMatches(
        matches=tuple(_match(entry, *clusters[_key(entry)], complete=complete) for entry in shown),
        searched=f"{len(entries):,} fields of {of_kinds} in the CRDs of {listed(view.names)}",
        freshness=view.freshness(),
        omitted=Omitted(count=len(ranked) - len(shown)),
    )


def read_doc(
    view: View, path: str, *, api_version: str | None = None, offset: int = 0, limit: int = 0
) -> DocPage:
    """What the clusters' CRDs say about a kind (`HelmRelease`) or a field (`HelmRelease.spec.install`).

    Any kind that has a CRD, by any of its names. api_version: of another version than the preferred one.
    offset, limit: fields that are left out, fields that are listed at most (0: all).
    Where the clusters' CRDs differ at this place, the page is that of most clusters; `others` names the rest.
    Raises UnknownKindError, UnknownObjectError for what has no documentation, with the nearest field.
    """
    name, _, below = path.strip().strip(".").partition(".")
    group_kind = resolve_kind(view, name, api_version)
    view.touch(DEFINITION)
    schemas = schemas_of(view, definitions(view, group_kind), api_version)
    if not schemas:
        raise UnknownObjectError(
            f"no cluster has a CRD that documents {group_kind.kind}",
            hint="kinds of Kubernetes itself have none" if not group_kind.group else "",
        )
    place = _place(schemas, below, group_kind.kind)
    alike: dict[tuple[SchemaField, ...], list[KindSchema]] = defaultdict(list)
    for schema in schemas:
        alike[tuple(_section(schema, place))].append(schema)
    section, same = max(alike.items(), key=lambda entry: (bool(entry[0]), len(entry[1])))
    root, *fields = section
    rest = fields[max(0, offset) :]
    shown = rest[:limit] if limit > 0 else rest
    clusters = tuple(sorted(schema.cluster for schema in same))
    return DocPage(
        path=f"{group_kind.kind}.{place}" if place else group_kind.kind,
        api_version=same[0].api_version,
        type=root.type,
        text=root.text,
        fields=tuple(_field(field) for field in shown),
        clusters=clusters,
        others=tuple(sorted({schema.cluster for schema in schemas} - set(clusters))),
        freshness=view.freshness(),
        omitted=Omitted(count=len(rest) - len(shown)),
    )


def _place(schemas: Sequence[KindSchema], below: str, kind: str) -> str:
    """The path as the schemas write it: `[0]`, `[name=x]` and a forgotten `[]` are understood."""
    paths = {_plain(path): path for schema in schemas for path in schema.fields}
    if _plain(below) in paths:
        return paths[_plain(below)]
    near = get_close_matches(_plain(below), sorted(paths), n=3, cutoff=0.4)
    ends = [path for path in paths if path.rpartition(".")[2] == _plain(below).rpartition(".")[2]][:3]
    hint = ", ".join(f"`{kind}.{paths[path]}`" for path in dict.fromkeys((*ends, *near)) if path)
    raise UnknownObjectError(
        f"{kind} has no field `{below[:200]}`", hint=f"did you mean {hint}?" if hint else ""
    )


def _plain(path: str) -> str:
    """Without what stands in brackets, in lower case."""
    return re.sub(r"\[[^\]]*\]", "", path).replace(".*", "").strip(".").lower()


def _section(schema: KindSchema, place: str) -> list[SchemaField]:
    """The field itself, then those below it: one level, or two where the first is short."""
    if place not in schema.fields:
        return []
    root = schema.fields[place]
    inside = [field for path, field in schema.fields.items() if path != place and _below(path, place)]
    near = [field for field in inside if field.depth == root.depth + 1]
    deep = 2 if len(near) <= FEW else 1
    return [root, *(field for field in inside if field.depth <= root.depth + deep)]


def _below(path: str, start: str) -> bool:
    return not start or (path.startswith(start) and path[len(start) :][:1] in ("", ".", "["))


@lru_cache(maxsize=400)
def _index(kind: str, fields: tuple[SchemaField, ...]) -> tuple[Entry, ...]:
    return index(kind, fields)


def _distinct(
    schemas: Sequence[KindSchema], same: Mapping[tuple[str, str, str], Sequence[str]]
) -> tuple[list[Entry], dict[_Key, _Having]]:
    """Each field once per wording, and where it reads so.

    same: the clusters that a schema of (cluster, group, kind) stands for.
    """
    found: dict[_Key, Entry] = {}
    having: dict[_Key, _Having] = {}
    for schema in schemas:
        clusters = set(same[schema.cluster, schema.group, schema.kind])
        for entry in _index(schema.kind, tuple(schema.fields.values())):
            key = _key(entry)
            found.setdefault(key, entry)
            having[key] = _Having(
                schema.api_version, having[key].clusters | clusters if key in having else clusters
            )
    return list(found.values()), having


def _key(entry: Entry) -> _Key:
    return (entry.kind, entry.field.path, entry.field.text)


def _match(entry: Entry, api_version: str, clusters: Set[str], *, complete: bool) -> DocMatch:
    text = entry.field.text
    short = text if complete or len(text) <= EXCERPT else f"{text[: EXCERPT - 1].rstrip()}…"
    return DocMatch(
        path=entry.path,
        api_version=api_version,
        type=entry.field.type,
        text=short,
        clusters=tuple(sorted(clusters)),
    )


def _field(field: SchemaField) -> DocField:
    return DocField(field.path, field.type, field.text, field.required, field.default, field.enum)

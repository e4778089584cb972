"""search_flux_docs and read_flux_doc: the documentation in the CRDs that the clusters themselves carry."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache

from query.documentation.kind_schemas import DEFINITION, KindSchema, Schema, flux_schemas, schemas_of
from query.documentation.ranking import Entry, Index, lies_below, rank
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

_INDEXES = 8
"""Indexes that a process keeps: of the CRDs of several choices of clusters, and of parts of them."""

_PATHS = 20_000
"""Paths of which the plain form is kept: those of forty large kinds."""


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
    found = flux_schemas(view)
    index = _index(tuple(each.schema for each in found), path.strip().strip("./").lower() if path else "")
    ranked = rank(index, query)
    number = len({each.schema.kind for each in found})
    of_kinds = "1 Flux kind" if number == 1 else f"{number} Flux kinds"
    shown = ranked[:limit] if limit > 0 else ranked
    return DocMatches(
        matches=tuple(_match(entry, found, complete=complete) for entry in shown),
        searched=f"{len(index.entries):,} fields of {of_kinds} in the CRDs of {listed(view.names)}",
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
    found = schemas_of(view, group_kind, api_version)
    if not found:
        raise UnknownObjectError(
            f"no cluster has a CRD that documents {group_kind.kind}",
            hint="kinds of Kubernetes itself have none" if not group_kind.group else "",
        )
    place = _place([each.schema for each in found], below, group_kind.kind)
    alike: dict[tuple[SchemaField, ...], list[KindSchema]] = defaultdict(list)
    for each in found:
        alike[tuple(_section(each.schema, place))].append(each)
    section, same = max(alike.items(), key=lambda entry: (bool(entry[0]), len(_clusters(entry[1]))))
    root, *fields = section
    rest = fields[max(0, offset) :]
    shown = rest[:limit] if limit > 0 else rest
    clusters = _clusters(same)
    return DocPage(
        path=f"{group_kind.kind}.{place}" if place else group_kind.kind,
        api_version=same[0].schema.api_version,
        type=root.type,
        text=root.text,
        fields=tuple(_field(field) for field in shown),
        clusters=clusters,
        others=_clusters(each for each in found if each not in same),
        freshness=view.freshness(),
        omitted=Omitted(count=len(rest) - len(shown)),
    )


def _place(schemas: Sequence[Schema], below: str, kind: str) -> str:
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


@lru_cache(maxsize=_PATHS)
def _plain(path: str) -> str:
    """Without what stands in brackets, in lower case."""
    return re.sub(r"\[[^\]]*\]", "", path).replace(".*", "").strip(".").lower()


def _section(schema: Schema, place: str) -> list[SchemaField]:
    """The field itself, then those below it: one level, or two where the first is short."""
    if place not in schema.fields:
        return []
    root = schema.fields[place]
    inside = [field for path, field in schema.fields.items() if path != place and lies_below(path, place)]
    near = [field for field in inside if field.depth == root.depth + 1]
    deep = 2 if len(near) <= FEW else 1
    return [root, *(field for field in inside if field.depth <= root.depth + deep)]


@lru_cache(maxsize=_INDEXES)
def _index(schemas: tuple[Schema, ...], below: str) -> Index:
    return Index(((each.kind, each.fields.values()) for each in schemas), below)


def _clusters(schemas: Iterable[KindSchema]) -> tuple[str, ...]:
    return tuple(sorted({cluster for each in schemas for cluster in each.clusters}))


def _match(entry: Entry, schemas: Sequence[KindSchema], *, complete: bool) -> DocMatch:
    """schemas: those that its homes count."""
    homes = [schemas[number] for number in entry.homes]
    text = entry.field.text
    short = text if complete or len(text) <= EXCERPT else f"{text[: EXCERPT - 1].rstrip()}…"
    return DocMatch(
        path=entry.path,
        api_version=homes[-1].schema.api_version,
        type=entry.field.type,
        text=short,
        clusters=_clusters(homes),
    )


def _field(field: SchemaField) -> DocField:
    return DocField(field.path, field.type, field.text, field.required, field.default, field.enum)

"""search_fleet: where something is said, in names, labels, messages, events, images and charts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from mirror.clock import to_rfc3339
from mirror.records import Health
from mirror.store import search as store
from mirror.store.search import Within
from query.errors import SelectorError
from query.messages import excerpt
from query.places import searched
from query.results import ObjectRef, Omitted
from query.search_ranking import Found, of_events, of_object, ranked
from query.search_results import FoundValue, Match, SearchResult
from query.search_terms import Term, parse_query
from query.search_values import VALUE_KINDS, absent_in, unknown_in
from query.selectors import require_namespace, resolve_kind
from query.view import View

__all__ = ["search_fleet"]

MOST_RANKED = 2_000
"""Matches that are ranked one by one; of more, those that have the words in their name, then failing ones."""

EXCERPT = 200
"""Characters that are shown of one match."""


def search_fleet(
    view: View,
    query: str,
    *,
    kind: str | None = None,
    namespace: str | None = None,
    health: str | None = None,
    limit: int = 50,
    most_ranked: int = MOST_RANKED,
) -> SearchResult:
    """Objects in which every term of the query is found, in whatever field, and objects that events with all
    of them are about. Ranked by where it is found, then by health; `omitted` is exact.

    Terms: see query/search_terms.py. A blank query matches everything that kind, namespace and health leave,
    and is refused without any of them. limit: matches; 0 means all. most_ranked: of more matches than these
    the order is rougher.
    Raises SelectorError, UnknownKindError, UnknownObjectError (for a namespace that no cluster has).
    """
    terms = parse_query(query)
    if not terms and not (kind or namespace or health):
        raise SelectorError("the query is empty", hint="say a word, or a kind, namespace or health")
    group_kind = resolve_kind(view, kind) if kind else None
    valued = {term.field for term in terms if term.field in VALUE_KINDS}
    asked = (group_kind,) if group_kind else tuple(kind for field in valued for kind in VALUE_KINDS[field])
    view.touch(*asked)
    if namespace:
        require_namespace(view, namespace)
    within = Within(view.within, group_kind, namespace or None, _health(health))
    found, total = _matching(view, terms, within, most_ranked)
    ordered = ranked(found)
    shown = ordered[:limit] if limit > 0 else ordered
    values = tuple(_values(found))
    return SearchResult(
        matches=tuple(_matches(view, shown)),
        searched=_searched(
            query, health, searched(view, group_kind, name=None, namespace=namespace, selector=None)
        ),
        values=values,
        absent_in=absent_in(view, values, asked, namespace or "") if valued else (),
        unknown_in=unknown_in(view, asked, namespace or "") if valued else (),
        freshness=view.freshness(),
        omitted=Omitted(count=total - len(shown)),
    )


def _health(word: str | None) -> str | None:
    if not word:
        return None
    words = {health.value.lower(): health.value for health in Health}
    if word.lower() in words:
        return words[word.lower()]
    near = get_close_matches(word.lower(), words, n=1)
    hint = f"did you mean {words[near[0]]}?" if near else f"one of {', '.join(words.values())}"
    raise SelectorError(f"there is no health `{word}`", hint=hint)


def _matching(view: View, terms: Sequence[Term], within: Within, most_ranked: int) -> tuple[list[Found], int]:
    """(what was found, how much there is)."""
    found: list[Found] = []
    ids: set[int] = set()
    total = 0
    if all(term.field != "event" for term in terms):
        texts = [term.literal for term in terms if term.literal]
        most = None if any(term.field for term in terms) else most_ranked
        hits = view.read(store.find_objects, texts, within, most=most)
        found = [one for hit in hits if (one := of_object(hit, terms)) is not None]
        ids = {hit.id for hit in hits}
        total = len(found)
        if len(hits) == most:
            ids = view.read(store.ids_of_objects, texts, within)
            total = len(ids)
    if terms and all(term.field in ("", "event") for term in terms):
        told = of_events(view.read(store.find_events, [term.text for term in terms], within), but=ids)
        found += told
        total += len(told)
    return found, total


def _values(found: Iterable[Found]) -> Iterator[FoundValue]:
    """Each chart with its version and each image that was asked for, with where it is."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in found:
        for line in one.values:
            places[line].append(one.cluster)
    for (field, value), clusters in sorted(places.items()):
        yield FoundValue(field=field, value=value, clusters=tuple(sorted(set(clusters))), count=len(clusters))


def _matches(view: View, shown: Sequence[Found]) -> Iterator[Match]:
    for one in shown:
        group, kind, namespace, name = one.key
        stored = f"{group}/{one.version}" if group else one.version
        version = stored if one.version else view.api_version(one.cluster, group, kind)
        yield Match(
            object=ObjectRef(one.cluster, version, kind, namespace or None, name),
            health=one.health,
            field=one.field,
            excerpt=excerpt(one.said, EXCERPT),
            since="" if one.since is None else to_rfc3339(one.since),
        )


def _searched(query: str, health: str | None, place: str) -> str:
    words = " ".join(query.split())
    place = f"{_health(health)} {place}" if health else place
    return f"`{excerpt(words, EXCERPT)}` in {place}" if words else place

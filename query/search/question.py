"""search_fleet: where something is said, in names, labels, messages, events, images and charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import partial
from typing import NamedTuple

from mirror.clock import to_rfc3339
from mirror.flux.kinds import FLUX_KINDS
from mirror.records import Health
from mirror.store import search as store
from mirror.store.event_search import find_events
from mirror.store.search import Within
from query.errors import SelectorError
from query.messages import excerpt
from query.places import searched
from query.results.answer import ObjectRef, Omitted
from query.results.search import FoundValue, Match, SearchResult
from query.search.ranking import Found, of_events, of_object, ranked, says_all
from query.search.terms import Term, parse_query
from query.search.values import VALUE_KINDS, absent_in, count_values, unknown_in, values_of
from query.selectors import require_namespace, resolve_kind
from query.view import View

__all__ = ["search_fleet"]

MOST_RANKED = 500
"""Matches that are counted and ranked one by one. Of more, those whose names begin with the words, those that
are not well, and some others."""

MOST_READ = 200
"""Objects with a chart or an image up to which each of them is read; of more, those not well and some
others."""

LIKELY = 100
"""Of more matches than are all looked at, so many are read of each sort that is likely to be meant."""

_FLUX_KINDS = frozenset(kind.kind for kind in FLUX_KINDS)

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

    Terms: see query/search/terms.py. A blank query matches everything that kind, namespace and health leave,
    and is refused without any of them. limit: matches; 0 means all. most_ranked: more matches than
    these are neither counted nor all looked at, unless a chart or an image is asked for.
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
    matched = _matching(view, terms, within, most_ranked)
    ordered = ranked(matched.found)
    shown = ordered[:limit] if limit > 0 else ordered
    return SearchResult(
        matches=tuple(_matches(view, shown)),
        searched=_searched(
            query, health, searched(view, group_kind, name=None, namespace=namespace, selector=None)
        ),
        values=matched.values,
        absent_in=absent_in(view, matched.values, asked, namespace or "") if valued else (),
        unknown_in=unknown_in(view, asked, namespace or "") if valued else (),
        freshness=view.freshness(),
        omitted=Omitted.of(max(0, matched.total - len(shown)), more=not matched.counted),
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


class _Matched(NamedTuple):
    """values: of charts or images, where these were asked for. total: how many match. counted: it is exact;
    else there are more, and found are the best that could be told without looking at all of them."""

    found: list[Found]
    values: tuple[FoundValue, ...]
    total: int
    counted: bool


def _matching(view: View, terms: Sequence[Term], within: Within, most_ranked: int) -> _Matched:
    if any(term.field in VALUE_KINDS for term in terms):
        return _valued(view, terms, within, most_ranked)
    found: list[Found] = []
    known: set[int] = set()
    total: int | None = 0
    if all(term.field != "event" for term in terms):
        matches = _objects(view, terms, within, most_ranked)
        found = _found(matches, terms)
        known = {hit.id for hit in matches.hits}
        total = matches.total
    if terms and all(term.field in ("", "event") for term in terms):
        words = [term.text for term in terms]
        told = view.read(find_events, words, within, most=most_ranked + 1)
        if total is None:
            about = {event.id for event in told if event.id is not None} - known
            known |= {hit.id for hit in view.read(store.hits_of, about) if of_object(hit, terms) is not None}
        news = of_events(told[:most_ranked], but=known)
        found += news
        total = None if total is None or len(told) > most_ranked else total + len(news)
    return _Matched(found, (), most_ranked if total is None else total, counted=total is not None)


def _valued(view: View, terms: Sequence[Term], within: Within, most_ranked: int) -> _Matched:
    """Charts and images are counted exactly; many matches of one term without reading them all."""
    counted = _are_counted(terms, within)
    matches = _objects(view, terms, within, min(most_ranked, MOST_READ) if counted else None)
    found = _found(matches, terms)
    if matches.total is None:
        values, total = count_values(view, terms[0])
    else:
        places = [(*line, one.cluster) for one in found for line in one.values]
        values, total = values_of(places), len(found)
    return _Matched(found, values, total, counted=True)


def _are_counted(terms: Sequence[Term], within: Within) -> bool:
    """Nothing is asked that would have to be looked up object by object."""
    kinds = VALUE_KINDS.get(terms[0].field, ())
    asked = within._replace(clusters=None, kind=None if (within.kind,) == kinds else within.kind)
    return len(terms) == 1 and asked == Within()


def _objects(view: View, terms: Sequence[Term], within: Within, most: int | None) -> store.Matches:
    return view.read(
        store.find_objects,
        [literal for term in terms for literal in term.literals],
        within,
        most=most,
        each=LIKELY,
        accept=partial(says_all, terms=terms) if any(term.field for term in terms) else None,
        first_kinds=_FLUX_KINDS,
    )


def _found(matches: store.Matches, terms: Sequence[Term]) -> list[Found]:
    return [one for hit in matches.hits if (one := of_object(hit, terms)) is not None]


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

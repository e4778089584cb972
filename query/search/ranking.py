"""From what the store has found to ranked matches: where each has it, and what comes first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from mirror.keys import ObjectKey
from mirror.records import Health
from mirror.store.event_search import EventHit
from mirror.store.search import Hit
from query.decided import GENERATED_KINDS
from query.kinds import is_flux
from query.search.terms import FIELDS, Term, lines_of
from query.search.values import VALUE_KINDS

__all__ = ["Found", "of_events", "of_object", "ranked", "says_all"]

_RANK = {field: rank for rank, field in enumerate(FIELDS)}
_URGENCY = {Health.FAILED.value: 0, Health.PROGRESSING.value: 1, Health.SUSPENDED.value: 2}


class Found(NamedTuple):
    """One object that matches. score: the smaller the better. values: what was asked for by `chart:` or
    `image:`, (field, value), each that matches. version: of its API, "" when it is not known."""

    cluster: str
    key: ObjectKey
    health: str
    field: str
    said: str
    score: int
    since: float | None = None
    version: str = ""
    values: tuple[tuple[str, str], ...] = ()


def says_all(body: str, terms: Sequence[Term]) -> bool:
    """Every term is found in some line of the text."""
    lines = lines_of(body)
    return all(any(term.matches(field, said) for field, said in lines) for term in terms)


def of_object(hit: Hit, terms: Sequence[Term]) -> Found | None:
    """The match, or None when some term is not in it after all.

    The line that has most of the terms stands for it, of several the one in the most telling field; without
    terms the message.
    """
    name = hit.key.name
    if terms and all(term.field in ("", "name") and term.text in name.lower() for term in terms):
        # Nothing says more, and most matches are of this sort.
        closeness = _closeness(name, terms)
        return Found(hit.cluster, hit.key, hit.health, "name", name, closeness, hit.since, hit.version)
    lines = lines_of(hit.body)
    having = [(line, here) for line in lines if (here := [term for term in terms if term.matches(*line)])]
    if set(terms).difference(*(here for _, here in having)):
        return None
    if terms:
        (field, said), _ = min(having, key=lambda entry: (-len(entry[1]), _RANK[entry[0][0]]))
    else:
        field, said = min(lines, key=lambda line: (line[0] != "message", _RANK[line[0]]))
    asked = {term.field for term in terms}.intersection(VALUE_KINDS)
    return Found(
        hit.cluster,
        hit.key,
        hit.health,
        field,
        said,
        10 * _RANK[field] + _closeness(name, terms),
        hit.since,
        hit.version,
        tuple(line for line, _ in having if line[0] in asked),
    )


def of_events(told: Iterable[EventHit], but: Collection[int]) -> list[Found]:
    """One match per object with the newest of its events; told: the newest first. but: objects left out."""
    found: dict[tuple[str, ObjectKey], Found] = {}
    for hit in told:
        name = (hit.cluster, hit.key)
        if name in found or hit.id in but:
            continue
        times = f" ({hit.count} times)" if hit.count > 1 else ""
        said = f"{hit.type} {hit.reason}{times}: {hit.message}"
        found[name] = Found(*name, hit.health, "event", said, 10 * _RANK["event"], hit.last_at)
    return list(found.values())


def ranked(found: Iterable[Found]) -> list[Found]:
    """The best first; the same object in several clusters stands together, where the best of them would."""
    groups: dict[tuple[ObjectKey, str], list[Found]] = defaultdict(list)
    for one in found:
        groups[one.key, one.field].append(one)
    ordered = sorted(groups.values(), key=lambda group: min(map(_order, group)))
    return [one for group in ordered for one in sorted(group, key=lambda one: one.cluster)]


def _order(one: Found) -> tuple[int, int, bool, bool, ObjectKey]:
    """Of equals, what somebody has written comes before what was generated from it."""
    urgency = _URGENCY.get(one.health, len(_URGENCY))
    return one.score, urgency, one.key.kind in GENERATED_KINDS, not is_flux(one.key.group), one.key


def _closeness(name: str, terms: Sequence[Term]) -> int:
    whole = " ".join(term.text for term in terms)
    if name.lower() == whole:
        return 0
    return 1 if name.lower().startswith(whole) else 2

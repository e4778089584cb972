"""Which fields of which kinds a few words mean: ranked, over names and descriptions. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mirror.flux.kinds import find_flux_kind
from query.documentation.schemas import SchemaField

__all__ = ["Entry", "index", "rank"]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SATURATION = 1.2
"""As in BM25: the second mention of a word says less than the first."""

_LENGTH = 40.0
"""Words of a usual entry; in a longer one, a word says less."""

_NAME, _PATH, _KIND = 4, 2, 1
"""How often a word counts that stands in the field's own name, on the way to it, in the name of its kind."""

_NAMED_KIND = 3.0
"""How much more the fields of a kind count that the query names."""

_PREFIX = 4
"""Letters from which on the beginning of a word is as good as half the word."""

_STOP = frozenset(
    "a an and are as at be by can do does for from how i if in is it of on or the to what when".split()  # noqa: SIM905
)


class Entry(NamedTuple):
    """One field of one kind, with its words and how much each counts; length: of all together."""

    kind: str
    field: SchemaField
    words: Mapping[str, int]
    length: int

    @property
    def path(self) -> str:
        return f"{self.kind}.{self.field.path}" if self.field.path else self.kind


def index(kind: str, fields: Iterable[SchemaField]) -> tuple[Entry, ...]:
    """The fields of a kind, ready to be searched."""
    weighed = ((field, _weights(kind, field)) for field in fields)
    return tuple(Entry(kind, field, words, sum(words.values())) for field, words in weighed)


def rank(entries: Sequence[Entry], query: str) -> list[Entry]:
    """Those that match, the best first. Kinds that the query names come before others."""
    said = {word.lower() for word in re.findall(r"\w+", query)}
    named = {entry.kind for entry in entries if said & {entry.kind.lower(), f"{entry.kind.lower()}s"}}
    named |= {kind.kind for word in said if (kind := find_flux_kind(word))}
    about = {word for kind in named for name in (kind, kind.lower()) for word in words_of(name)}
    asked = words_of(query)
    wanted = [word for word in asked if word not in about] or asked
    having = Counter(word for entry in entries for word in entry.words)
    terms = [_term(word, having, len(entries)) for word in dict.fromkeys(wanted)]
    scored = [
        (score * (_NAMED_KIND if entry.kind in named else 1.0), entry)
        for entry in entries
        if (score := _score(entry, terms)) > 0
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].field.depth, pair[1].path))
    return [entry for _, entry in scored]


def words_of(text: str) -> list[str]:
    """`valuesFrom` → value, from; in lower case, without plural and the commonest words."""
    words = (_singular(word.lower()) for word in _WORD.findall(text))
    return [word for word in words if word not in _STOP or word == "from"]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _weights(kind: str, field: SchemaField) -> dict[str, int]:
    counts: Counter[str] = Counter(words_of(field.text))
    *way, name = field.path.split(".")
    for weight, text in ((_NAME, name), (_PATH, " ".join(way)), (_KIND, kind)):
        for word in set(words_of(text)):
            counts[word] += weight
    return dict(counts)


class _Term(NamedTuple):
    """One word of a query. weight: the rarer, the more. longer: words that begin with it."""

    word: str
    weight: float
    longer: tuple[str, ...]


def _term(word: str, having: Mapping[str, int], entries: int) -> _Term:
    """having: in how many entries each word is."""
    longer = [other for other in having if other.startswith(word) and other != word]
    known = having.get(word) or max((having[other] for other in longer), default=0)
    weight = math.log(1 + (entries - known + 0.5) / (known + 0.5))
    return _Term(word, weight, tuple(longer) if len(word) >= _PREFIX else ())


def _score(entry: Entry, terms: Sequence[_Term]) -> float:
    """Words that are missing weigh: an entry with all of them comes before one that repeats one of them."""
    total, hits = 0.0, 0
    for word, weight, longer in terms:
        often = float(entry.words.get(word, 0))
        if not often and longer:
            often = max(entry.words.get(other, 0) for other in longer) / 2
        if often:
            hits += 1
            total += weight * often / (often + _SATURATION * (0.5 + 0.5 * entry.length / _LENGTH))
    return total * hits / len(terms) if terms else 0.0

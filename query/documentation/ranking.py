"""Which fields of which kinds a few words mean: ranked, over names and descriptions. Pure."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from mirror.flux.kinds import find_flux_kind
from query.documentation.schemas import SchemaField

__all__ = ["Entry", "Index", "lies_below", "rank", "words_of"]

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
    """One field of one kind, with its words and how much each counts; length: of all together.

    homes: the numbers of the schemas in which it reads so.
    """

    kind: str
    field: SchemaField
    words: Mapping[str, int]
    length: int
    homes: tuple[int, ...]

    @property
    def path(self) -> str:
        return f"{self.kind}.{self.field.path}" if self.field.path else self.kind


class Index:
    """Fields by their words, ready to be searched: a search looks at those that match and at no others.

    entries: each field once for every wording. kinds: those that have some.
    """

    def __init__(self, schemas: Iterable[tuple[str, Iterable[SchemaField]]], below: str = "") -> None:
        """schemas: kinds and their fields. below: only what lies below this kind or field, in lower case."""
        found: dict[tuple[str, str, str], SchemaField] = {}
        homes: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for number, (kind, fields) in enumerate(schemas):
            for each in fields:
                key = (kind, each.path, each.text)
                found.setdefault(key, each)
                homes[key].append(number)
        entries = (_entry(key[0], each, tuple(homes[key])) for key, each in found.items())
        self.entries = [each for each in entries if lies_below(each.path.lower(), below)]
        self.kinds = {entry.kind for entry in self.entries}
        self._having: dict[str, list[int]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            for word in entry.words:
                self._having[word].append(number)
        self._words = sorted(self._having)

    def term(self, word: str) -> Term:
        longer = self._longer(word)
        known = len(self._having.get(word, ())) or max(
            (len(self._having[each]) for each in longer), default=0
        )
        weight = math.log(1 + (len(self.entries) - known + 0.5) / (known + 0.5))
        return Term(word, weight, longer if len(word) >= _PREFIX else ())

    def matches(self, terms: Iterable[Term]) -> list[Entry]:
        """The entries that have one of the words, in their order."""
        words = (word for term in terms for word in (term.word, *term.longer))
        return [
            self.entries[each] for each in sorted({n for word in words for n in self._having.get(word, ())})
        ]

    def _longer(self, word: str) -> tuple[str, ...]:
        """The words that begin with this one."""
        first = bisect_right(self._words, word)
        return tuple(takewhile(lambda each: each.startswith(word), islice(self._words, first, None)))


class Term(NamedTuple):
    """One word of a query. weight: the rarer, the more. longer: words that begin with it."""

    word: str
    weight: float
    longer: tuple[str, ...]


def rank(index: Index, query: str) -> list[Entry]:
    """Those that match, the best first. Kinds that the query names come before others."""
    said = {word.lower() for word in re.findall(r"\w+", query)}
    named = {kind for kind in index.kinds if said & {kind.lower(), f"{kind.lower()}s"}}
    named |= {kind.kind for word in said if (kind := find_flux_kind(word))}
    about = {word for kind in named for name in (kind, kind.lower()) for word in words_of(name)}
    asked = words_of(query)
    wanted = [word for word in asked if word not in about] or asked
    terms = [index.term(word) for word in dict.fromkeys(wanted)]
    scored = [
        (_score(entry, terms) * (_NAMED_KIND if entry.kind in named else 1.0), entry)
        for entry in index.matches(terms)
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].field.depth, pair[1].path))
    return [entry for _, entry in scored]


def lies_below(path: str, start: str) -> bool:
    return not start or (path.startswith(start) and path[len(start) :][:1] in ("", ".", "["))


def words_of(text: str) -> list[str]:
    """`valuesFrom` → value, from; in lower case, without plural and the commonest words."""
    words = (_singular(word.lower()) for word in _WORD.findall(text))
    return [word for word in words if word not in _STOP or word == "from"]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _entry(kind: str, field: SchemaField, homes: tuple[int, ...]) -> Entry:
    words = _weights(kind, field)
    return Entry(kind, field, words, sum(words.values()), homes)


def _weights(kind: str, field: SchemaField) -> dict[str, int]:
    counts: Counter[str] = Counter(words_of(field.text))
    *way, name = field.path.split(".")
    for weight, text in ((_NAME, name), (_PATH, " ".join(way)), (_KIND, kind)):
        for word in set(words_of(text)):
            counts[word] += weight
    return dict(counts)


def _score(entry: Entry, terms: Sequence[Term]) -> float:
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

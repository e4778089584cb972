"""Differences that somebody has declared to be right: the cluster's name and domain, the number of replicas.

The rules are data (docs/expected-differences.md); a comparison leaves out what they cover and
counts it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from mirror.keys import ObjectKey
from query.comparison.diff import ABSENT, FieldDifference
from query.comparison.normalize import token

__all__ = ["Expected", "ExpectedField", "ExpectedObject"]

CLUSTER = "{cluster}"
"""Stands for the name of the cluster in the texts of a variable."""


class _Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which objects a rule is about: globs; an empty list means any."""

    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def fits(self, key: ObjectKey) -> bool:
        asked = ((self.kinds, key.kind), (self.namespaces, key.namespace), (self.names, key.name))
        return all(not globs or _any(globs, text) for globs, text in asked)


class ExpectedField(_Which, frozen=True, kw_only=True):
    """A field that may differ, and all below it. path: as comparisons write it; `*` is one step of it,
    `**` any number."""

    path: str


class ExpectedObject(_Which, frozen=True, kw_only=True):
    """Objects that need not be everywhere. only_in: globs of the clusters that are to have them; it is no
    difference that the others do not."""

    only_in: tuple[str, ...]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """What may differ.

    variables: per name, what stands for the same thing in each cluster, by globs of cluster names (the first
    that fits): `domain: {staging: staging.example.com, prod-*: example.com}`. Values that are equal once
    these texts are taken out are no difference. `{cluster}` in a text is the cluster's own name.
    """

    fields: tuple[ExpectedField, ...] = ()
    objects: tuple[ExpectedObject, ...] = ()
    variables: dict[str, dict[str, str | int | float | bool]] = {}

    def remaining(
        self,
        key: ObjectKey,
        differences: Sequence[FieldDifference],
        missing: tuple[str, ...],
        present: Sequence[str],
    ) -> tuple[list[FieldDifference], tuple[str, ...], int]:
        """(differences that count, clusters where the absence counts, how many were expected).

        missing, present: the clusters that lack the object and that have it. An absence that is expected in
        several clusters is one difference.
        """
        rules = [rule for rule in self.fields if rule.fits(key)]
        kept = [each for each in differences if not self._covers(rules, each)]
        homes = [glob for rule in self.objects if rule.fits(key) for glob in rule.only_in]
        lacking = tuple(name for name in missing if not homes or _any(homes, name))
        absent = bool(present) and len(lacking) < len(missing)
        return kept, lacking, len(differences) - len(kept) + absent

    def _covers(self, rules: Sequence[ExpectedField], difference: FieldDifference) -> bool:
        if any(_path(rule.path).match(difference.path) for rule in rules):
            return True
        values = difference.values
        if not self.variables or any(value is ABSENT for value in values.values()):
            return False
        # One by one as well: a text may stand for two variables in one cluster, `staging` for name and stage.
        return any(self._equal(values, chosen) for chosen in ("", *self.variables))

    def _equal(self, values: Mapping[str, Any], chosen: str) -> bool:
        """Are the values the same without the texts of the chosen variable; "" for all variables?"""
        neutral = {token(self._texts_of(name, chosen).taken_out(each)) for name, each in values.items()}
        return len(neutral) == 1

    def _texts_of(self, cluster: str, chosen: str) -> _Texts:
        if (cluster, chosen) not in self._known:
            self._known[cluster, chosen] = _Texts(dict(self._variables(cluster, chosen)))
        return self._known[cluster, chosen]

    @cached_property
    def _known(self) -> dict[tuple[str, str], _Texts]:
        return {}

    def _variables(self, cluster: str, chosen: str) -> Iterator[tuple[str | int | float | bool, str]]:
        for name, by_cluster in self.variables.items():
            if chosen not in ("", name):
                continue
            value = next((each for glob, each in by_cluster.items() if _any((glob,), cluster)), "")
            if isinstance(value, str):
                value = value.replace(CLUSTER, cluster)
            if value != "":
                yield value, name


class _Texts:
    """What stands for the variables in one cluster."""

    def __init__(self, names: Mapping[str | int | float | bool, str]) -> None:
        """names: of the variables, by value. A text may be part of a value, as a word; a number may not: 1 is
        no part of 1.2."""
        # A character that no field can hold: what objects say must not pass for a placeholder.
        self._names = {_told(value): f"\0{name}\0" for value, name in names.items()}
        texts = sorted(
            (value for value in names if isinstance(value, str)), key=lambda text: (-len(text), text)
        )
        words = "|".join(map(re.escape, texts))
        self._words = re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])") if texts else None

    def taken_out(self, value: Any) -> Any:
        """The value with placeholders for the texts."""
        if isinstance(value, dict):
            return {self.taken_out(key): self.taken_out(child) for key, child in value.items()}
        if isinstance(value, list):
            return [self.taken_out(child) for child in value]
        if value is None:
            return None
        if (whole := self._names.get(_told(value))) is not None:
            return whole
        if isinstance(value, str) and self._words:
            return self._words.sub(lambda word: self._names[word[0]], value)
        return value


def _told(value: str | int | float | bool) -> str:
    """As it stands in YAML: a number in quotes counts as the number."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _any(globs: Sequence[str], text: str) -> bool:
    return any(glob == text or fnmatchcase(text, glob) for glob in globs)


@lru_cache(maxsize=1024)
def _path(pattern: str) -> re.Pattern[str]:
    """The path itself and whatever lies below it."""
    parts = re.split(r"(\*\*|\*)", pattern)
    wild: Mapping[str, str] = {"**": r".*", "*": r"(?:\[[^\]]*\]|[^.\[\]]*)"}
    body = "".join(wild.get(part) or re.escape(part) for part in parts)
    return re.compile(rf"{body}(?=$|[.\[])", re.DOTALL)

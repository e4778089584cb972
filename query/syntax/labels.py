"""Label selectors as kubectl takes them: `app=web,tier in (a,b),!legacy`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from query.errors import SelectorError

__all__ = ["LabelSelector", "parse_selector"]


class Operator(StrEnum):
    IN = "in"
    NOT_IN = "notin"
    EXISTS = "exists"
    ABSENT = "!"
    GREATER = ">"
    LESS = "<"


class Requirement(NamedTuple):
    """One part between commas. `a=b` is `a in (b)`, `a!=b` is `a notin (b)`."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case Operator.EXISTS:
                return value is not None
            case Operator.ABSENT:
                return value is None
            case Operator.IN:
                return value in self.values
            case Operator.NOT_IN:
                return value not in self.values
            case Operator.GREATER | Operator.LESS:
                return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        """Only integers are ordered (apimachinery, labels.Requirement.Matches)."""
        bound = int(next(iter(self.values)))
        if value is None or not re.fullmatch(r"-?\d+", value):
            return False
        return int(value) > bound if self.operator is Operator.GREATER else int(value) < bound


class LabelSelector(NamedTuple):
    """All requirements must hold; none holds for everything."""

    requirements: tuple[Requirement, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Negative requirements also hold for objects without the label, as in Kubernetes."""
        return all(requirement.matches(labels) for requirement in self.requirements)


_KEY = r"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
_EQUALITY = re.compile(rf"({_KEY})\s*(==|=|!=)\s*({_VALUE})")
_SPACED = re.compile(r"[^\s,()]+=[^\s,()]+(\s+[^\s,()]+=[^\s,()]+)+")
_ORDER = re.compile(rf"({_KEY})\s*([<>])\s*(-?\d+)")
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s*\(([^()]*)\)")
_PRESENCE = re.compile(rf"(!?)\s*({_KEY})")


def parse_selector(text: str) -> LabelSelector:
    """The selector in `text`; "" selects everything. Raises SelectorError for what kubectl would refuse.

    `a=b c=d`, with spaces instead of commas, means the same: models were taught to write it so.
    """
    if _SPACED.fullmatch(text.strip()):
        text = ",".join(text.split())
    parts = [part.strip() for part in re.split(r",(?![^()]*\))", text)] if text.strip() else []
    return LabelSelector(tuple(_requirement(part, text) for part in parts))


def _requirement(part: str, text: str) -> Requirement:
    if match := _EQUALITY.fullmatch(part):
        operator = Operator.NOT_IN if match[2] == "!=" else Operator.IN
        return Requirement(match[1], operator, frozenset({match[3]}))
    if match := _ORDER.fullmatch(part):
        return Requirement(match[1], Operator(match[2]), frozenset({match[3]}))
    if match := _SET.fullmatch(part):
        values = frozenset(value.strip() for value in match[3].split(","))
        if all(re.fullmatch(_VALUE, value) for value in values):
            return Requirement(match[1], Operator(match[2]), values)
    elif match := _PRESENCE.fullmatch(part):
        return Requirement(match[2], Operator.ABSENT if match[1] else Operator.EXISTS)
    where = f"at `{part}`" if part else "where a comma has nothing beside it"
    raise SelectorError(
        f"label selector `{text}` does not parse {where}",
        hint="as in kubectl, separated by commas: `app=web,tier in (a,b),env!=prod,!legacy`",
    )

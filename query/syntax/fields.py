"""Field paths as kubectl takes them: `spec.path`, `{.status.conditions[?(@.type=="Ready")].message}`.

The subset of JSONPath: names (quoted in brackets, or with `\\.`, when they contain dots), `[0]`, `[-1]`,
`[*]`, and filters that compare one path below `@` with a literal, or ask whether it is there.
`[name=web]`, as the paths of differences are written, is understood too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple, NoReturn

import msgspec

from query.errors import SelectorError

__all__ = ["FieldPath", "parse_field"]


class Filter(NamedTuple):
    """`[?(@.path OP literal)]`; operator "" asks only whether the path is there."""

    path: tuple[Step, ...]
    operator: str
    literal: Any


class Every(NamedTuple):
    """`[*]`: each item of a list, each value of a map."""


class Where(NamedTuple):
    """`[name=web]`: items with these field values, the way differences name them."""

    pairs: tuple[tuple[str, str], ...]


Step = str | int | Every | Where | Filter

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": eq,
    "!=": ne,
    ">=": ge,
    "<=": le,
    ">": gt,
    "<": lt,
}

_NAME = re.compile(r"\.?((?:\\.|[^\s.\[\]{}()'\"\\*?@])+)")
_QUOTED = re.compile(r"\.?\[\s*(?:'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\")\s*\]")
_INDEX = re.compile(r"\[(-?\d+)\]")
_EVERY = re.compile(r"\.?\[\*\]|\.\*")
_PAIR = r"(\w+)=(\"(?:\\.|[^\"\\])*\"|[^\s\"'\[\],=]+)"
_WHERE = re.compile(rf"\[({_PAIR}(?:,{_PAIR})*)\]")
_FILTER = re.compile(r"\[\?\(\s*@((?:\"[^\"]*\"|'[^']*'|[^\"')])*)\)\]")
_COMPARISON = re.compile(r"(.*?)\s*(==|!=|>=|<=|>|<)\s*(.+)", re.DOTALL)


class FieldPath(NamedTuple):
    """A parsed path; `text` is how it was written."""

    text: str
    steps: tuple[Step, ...]

    def find(self, document: Any) -> list[Any]:
        """Every value the path leads to, in document order; nothing for what is not there."""
        return _walk([document], self.steps)

    def project(self, document: Any) -> Any:
        """What a table cell would show: the value; a list where the path has `[*]` or a filter matches
        several; None where nothing is there.
        """
        found = self.find(document)
        if any(isinstance(step, Every) for step in self.steps) or len(found) > 1:
            return found
        return found[0] if found else None


def parse_field(text: str) -> FieldPath:
    """The path in `text`; braces, `$` and the leading dot are optional. Raises SelectorError."""
    body = text.strip()
    if body.startswith("{") and body.endswith("}"):
        body = body[1:-1].strip()
    body = body.removeprefix("$")
    if not body:
        _refuse(text, "")
    return FieldPath(text, () if body == "." else tuple(_steps(body, text)))


def _steps(body: str, text: str) -> Iterable[Step]:
    at = 0
    while at < len(body):
        step, at = _step(body, at, text)
        yield step


def _step(body: str, at: int, text: str) -> tuple[Step, int]:
    if match := _EVERY.match(body, at):
        return Every(), match.end()
    if match := _INDEX.match(body, at):
        return int(match[1]), match.end()
    if match := _QUOTED.match(body, at):
        return _unescape(match[1] if match[1] is not None else match[2]), match.end()
    if match := _WHERE.match(body, at):
        return Where(tuple(_pair(*pair.groups()) for pair in re.finditer(_PAIR, match[1]))), match.end()
    if match := _FILTER.match(body, at):
        return _filter(match[1].strip(), text), match.end()
    match = _NAME.match(body, at)
    if match is None or (at and body[at] != "."):
        _refuse(text, body[at:])
    return _unescape(match[1]), match.end()


def _filter(condition: str, text: str) -> Filter:
    match = _COMPARISON.fullmatch(condition)
    path, operator, literal = match.groups() if match else (condition, "", "")
    steps = tuple(_steps(path.strip(), text))
    return Filter(steps, operator, _literal(literal.strip(), text) if operator else None)


def _pair(key: str, value: str) -> tuple[str, str]:
    return key, str(msgspec.json.decode(value)) if value.startswith('"') else value


def _literal(word: str, text: str) -> Any:
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        return word[1:-1]
    try:
        return msgspec.json.decode(word)
    except msgspec.DecodeError:
        _refuse(text, word)


def _unescape(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)


def _refuse(text: str, at: str) -> NoReturn:
    place = f" at `{at}`" if at else ""
    raise SelectorError(
        f"field path `{text}` does not parse{place}",
        hint="for example `spec.chart.spec.version` or `{.status.conditions[?(@.type=='Ready')].message}`",
    )


def _walk(values: list[Any], steps: tuple[Step, ...]) -> list[Any]:
    for step in steps:
        values = [found for value in values for found in _children(value, step)]
    return values


def _children(value: Any, step: Step) -> Iterable[Any]:
    match step:
        case str():
            return (value[step],) if isinstance(value, dict) and step in value else ()
        case int():
            inside = isinstance(value, list) and -len(value) <= step < len(value)
            return (value[step],) if inside else ()
        case Every():
            return _items(value)
        case Where(pairs):
            return [item for item in _items(value) if _is_named(item, pairs)]
        case Filter():
            return [item for item in _items(value) if _holds(item, step)]


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _is_named(item: Any, pairs: tuple[tuple[str, str], ...]) -> bool:
    return isinstance(item, dict) and all(str(item.get(key)) == value for key, value in pairs)


def _holds(item: Any, condition: Filter) -> bool:
    found = _walk([item], condition.path)
    if not condition.operator:
        return bool(found)
    return any(_compares(value, condition.operator, condition.literal) for value in found)


def _compares(value: Any, operator: str, literal: Any) -> bool:
    ordered = operator not in ("==", "!=")
    if ordered and (isinstance(value, str) != isinstance(literal, str) or value is None or literal is None):
        return False
    if ordered and isinstance(value, dict | list):
        return False
    return _OPERATORS[operator](value, literal)

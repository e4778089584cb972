"""Label and field selectors, as LIST and WATCH take them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mirror.testing.failures import bad_request
from mirror.testing.kinds import Kind
from mirror.testing.objects import Stored, decode

__all__ = ["Selector", "parse_selector"]

Selector = Callable[[Stored], bool]
_Test = Callable[[Mapping[str, Any]], bool]

_ALWAYS = frozenset({"metadata.name", "metadata.namespace"})
_EVENT_FIELDS = frozenset(
    {
        f"involvedObject.{f}"
        for f in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
    }
    | {"reason", "reportingComponent", "source", "type"}
)
_FIELDS = {
    "Event": _EVENT_FIELDS,
    "Pod": frozenset({"spec.nodeName", "spec.serviceAccountName", "status.phase"}),
    "Secret": frozenset({"type"}),
    "Namespace": frozenset({"status.phase"}),
}

_SET = re.compile(r"^(\S+)\s+(in|notin)\s+\(([^)]*)\)$")
_COMMA = re.compile(r",(?![^(]*\))")


def parse_selector(kind: Kind, labels: str, fields: str) -> Selector | None:
    """The test for both selectors; None when neither restricts anything.

    Raises StatusError 400 for a field the kind cannot be selected by and for what cannot be parsed.
    """
    tests = [_label(text.strip()) for text in _COMMA.split(labels) if text.strip()]
    tests += [_field(kind, text.strip()) for text in fields.split(",") if text.strip()]
    if not tests:
        return None
    return lambda stored: _all(tests, decode(kind, stored))


def _all(tests: list[_Test], obj: Mapping[str, Any]) -> bool:
    return all(test(obj) for test in tests)


def _split(text: str) -> tuple[str, str, str]:
    for operator in ("!=", "==", "="):
        name, found, value = text.partition(operator)
        if found:
            return name.strip(), operator, value.strip()
    return text, "", ""


def _label(text: str) -> _Test:
    match = _SET.match(text)
    if match:
        name, operator, listed = match.groups()
        values = {value.strip() for value in listed.split(",")}
        if operator == "in":
            return lambda obj: _labels(obj).get(name) in values
        return lambda obj: _labels(obj).get(name) not in values
    name, operator, value = _split(text)
    if operator == "!=":
        return lambda obj: _labels(obj).get(name) != value
    if operator:
        return lambda obj: _labels(obj).get(name) == value
    if not re.fullmatch(r"!?[\w./-]+", text):
        raise bad_request(f"unable to parse requirement: found '{text}'")
    if text.startswith("!"):
        return lambda obj: text[1:] not in _labels(obj)
    return lambda obj: text in _labels(obj)


def _labels(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    labels: Mapping[str, Any] = obj["metadata"].get("labels") or {}
    return labels


def _field(kind: Kind, text: str) -> _Test:
    name, operator, value = _split(text)
    if not operator:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    allowed = _ALWAYS if kind.group else _ALWAYS | _FIELDS.get(kind.kind, frozenset())
    if name not in allowed:
        raise bad_request(f"field label not supported: {name}")
    path = name.split(".")
    if operator == "!=":
        return lambda obj: _value(obj, path) != value
    return lambda obj: _value(obj, path) == value


def _value(obj: Any, path: list[str]) -> str:
    for step in path:
        obj = obj.get(step) if isinstance(obj, Mapping) else None
    return "" if obj is None else str(obj)

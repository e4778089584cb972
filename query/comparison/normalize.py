"""Reduces an object to what a person decided: the part that can be compared between clusters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from mirror.flux.server_fields import is_server_mark, server_fields
from mirror.keys import parse_api_version
from query.comparison.list_keys import choose_keys, label_of
from query.comparison.normalize_rules import (
    CHART_QUANTITIES,
    CHART_VALUES,
    DEFAULTS,
    DROPPED_TOP_LEVEL,
    DURATION_FIELDS,
    FREE_FORM,
    OWN_NAMESPACE,
    OWNER_LABELS,
    QUANTITY_FIELDS,
    QUANTITY_MAPS,
    UNORDERED_LISTS,
)
from query.kinds import is_flux
from query.syntax.quantities import canonical_duration, canonical_quantity

__all__ = ["normalise", "token"]


class Rule(msgspec.Struct):
    """What happens at one path, and the rules below it."""

    below: dict[str, Rule] = {}
    dropped: bool = False
    free: bool = False
    own_namespace: bool = False
    default: Any = msgspec.UNSET

    def child(self, key: str) -> Rule:
        return self.below.get(key) or self.below.get("*") or NO_RULE

    @property
    def defaults_below(self) -> bool:
        """Some field below has a default, so a map that has become empty came with it."""
        return any(rule.default is not msgspec.UNSET or rule.defaults_below for rule in self.below.values())


NO_RULE = Rule()


class Subject(NamedTuple):
    """The facts about the whole object that decide how its fields are read."""

    namespace: str
    flux: bool
    native: bool
    for_charts: bool


def normalise(document: Mapping[str, Any]) -> dict[str, Any]:
    """The comparable part of an object: spec, data and other content, user labels and annotations.

    Left out: what the server assigns, status, owner marks, defaults of Flux CRDs. Durations and quantities
    are in one form, lists that are sets are sorted. The document is not changed.
    """
    metadata = document.get("metadata") or {}
    group = parse_api_version(str(document.get("apiVersion", "")))[0]
    native = "." not in group or group.endswith(".k8s.io")
    kind = str(document.get("kind", ""))
    subject = Subject(str(metadata.get("namespace") or ""), is_flux(group), native, kind in CHART_VALUES)
    content = {key: value for key, value in document.items() if key not in DROPPED_TOP_LEVEL}
    content["metadata"] = {name: metadata.get(name) for name in ("labels", "annotations")}
    tree = _map(content, _rules(kind, server_fields(document)), "", subject)
    return {key: value for key, value in tree.items() if value not in ({}, [])}


def token(node: Any) -> bytes:
    """Equal for equal JSON and for nothing else: `1`, `1.0` and `true` differ; key order is nothing."""
    return msgspec.json.encode(node, order="deterministic")


def _walk(value: Any, rule: Rule, key: str, parent: str, subject: Subject) -> Any:
    """The normal form of one field. key, parent: names of the field and of the one above; a list item has
    the name of its list.
    """
    if rule.free:
        return _chart_values(value) if subject.for_charts else value
    if isinstance(value, dict):
        return _map(value, rule, key, subject)
    if isinstance(value, list):
        item_rule = rule.child("*")
        items = [_walk(item, item_rule, key, parent, subject) for item in value]
        return _sorted(items) if key in UNORDERED_LISTS else items
    if subject.flux and key in DURATION_FIELDS and isinstance(value, str):
        return canonical_duration(value)
    if (subject.native and parent in QUANTITY_MAPS) or key in QUANTITY_FIELDS:
        return canonical_quantity(value)
    return value


def _map(value: dict[str, Any], rule: Rule, key: str, subject: Subject) -> dict[str, Any]:
    result = {}
    for name, child in value.items():
        below = rule.child(name)
        if child is None or below.dropped:
            continue
        if key == "metadata" and name in ("labels", "annotations"):
            walked = _chosen_marks(child)
        else:
            walked = _walk(child, below, name, key, subject)
        if not _is_default(walked, below, subject):
            result[name] = walked
    return {name: child for name, child in result.items() if child} if key == "metadata" else result


def _chart_values(node: Any, way: tuple[str, ...] = ()) -> Any:
    """As they are, but for quantities where charts have them. way: the last names on the way to the node."""
    if isinstance(node, dict):
        return {key: _chart_values(child, (*way[-2:], key)) for key, child in node.items()}
    if isinstance(node, list):
        return [_chart_values(item) for item in node]
    return canonical_quantity(node) if way in CHART_QUANTITIES else node


def _sorted(items: list[Any]) -> list[Any]:
    if len(items) < 2:
        return items
    keys = choose_keys([items])
    return sorted(items, key=token if keys is None else lambda item: label_of(item, keys).encode())


def _is_default(value: Any, rule: Rule, subject: Subject) -> bool:
    if rule is NO_RULE:
        return False
    if rule.own_namespace and value == subject.namespace:
        return True
    if rule.default is not msgspec.UNSET:
        return type(value) is type(rule.default) and bool(value == rule.default)
    return value == {} and rule.defaults_below


def _chosen_marks(marks: Any) -> Any:
    """Labels or annotations without those that nobody chose."""
    if not isinstance(marks, dict):
        return marks
    return {key: text for key, text in marks.items() if key not in OWNER_LABELS and not is_server_mark(key)}


@cache
def _rules(kind: str, assigned: tuple[str, ...]) -> Rule:
    root = Rule()
    for path in assigned:
        _at(root, path).dropped = True
    for path in FREE_FORM.get(kind, ()):
        _at(root, path).free = True
    for path in OWN_NAMESPACE.get(kind, ()):
        _at(root, path).own_namespace = True
    for path, default in DEFAULTS.get(kind, {}).items():
        _at(root, path).default = default
    return root


def _at(rule: Rule, path: str) -> Rule:
    for key in path.split("."):
        rule = rule.below.setdefault(key, Rule())
    return rule

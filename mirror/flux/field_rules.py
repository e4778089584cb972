"""Reference rules: which field of a kind names another object.

Most references of Flux are a field at a fixed path that holds either a name or an object with
`name` and sometimes `apiVersion`, `kind`, `namespace` and `optional`. Such a field is one row of a
table; the tables are in the modules named after the families of kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final, NamedTuple

from mirror.flux.fields import mapping, metadata, text
from mirror.flux.kinds import default_group
from mirror.keys import GroupKind, ObjectKey, parse_api_version
from mirror.records import Reference, Relation

__all__ = ["FieldRule", "Rules", "Scope", "account", "follow", "named", "secret", "target_of"]

CONFIG_MAP: Final = GroupKind("", "ConfigMap")
SECRET: Final = GroupKind("", "Secret")
SERVICE_ACCOUNT: Final = GroupKind("", "ServiceAccount")

_LIST: Final = "[]"


class Scope(Enum):
    """How the namespace of a target is found."""

    OWN = "own"
    """The referrer's; the field cannot name another."""
    DEFAULT_OWN = "default own"
    """As written, else the referrer's."""
    AS_WRITTEN = "as written"
    """As written; absent means cluster-scoped."""


class FieldRule(NamedTuple):
    """One field that names an object.

    path: keys from the top of the object; a key that ends in `[]` is a list and applies to each item.
    target: the kind it names; None when the field says it itself.
    group: the group when `target` is None and the field has no apiVersion; None for the kind's usual one.
    """

    relation: Relation
    path: tuple[str, ...]
    target: GroupKind | None = None
    scope: Scope = Scope.OWN
    group: str | None = None


Rules = tuple[FieldRule, ...]


def named(
    relation: Relation,
    path: str,
    target: GroupKind | None = None,
    scope: Scope = Scope.DEFAULT_OWN,
    group: str | None = None,
) -> FieldRule:
    """A rule for a dotted path: `spec.dependsOn[]`."""
    return FieldRule(relation, tuple(path.split(".")), target, scope, group)


def secret(path: str, relation: Relation = Relation.CONFIG) -> FieldRule:
    """A field that names a Secret in the referrer's namespace."""
    return named(relation, path, SECRET, Scope.OWN)


def account(path: str = "spec.serviceAccountName") -> FieldRule:
    """A field that names a ServiceAccount in the referrer's namespace."""
    return named(Relation.IDENTITY, path, SERVICE_ACCOUNT, Scope.OWN)


def follow(obj: dict[str, Any], rules: Rules) -> Iterator[Reference]:
    """The references that the rules find in this object, in the order of the rules.

    A name or a namespace `*` selects, it does not name: no reference. Fields of the wrong shape are passed
    over.
    """
    own = text(metadata(obj).get("namespace"))
    for rule in rules:
        for field, value in _values(obj, rule.path, 0, ""):
            target = target_of(rule, value, own)
            if target is not None:
                optional = isinstance(value, dict) and value.get("optional") is True
                yield Reference(rule.relation, field, target, optional)


def _values(
    node: dict[str, Any], path: tuple[str, ...], start: int, prefix: str
) -> Iterable[tuple[str, Any]]:
    """(field, value) of everything at the path, list positions filled in.

    Most rules find nothing in most objects, which is why nothing is spelled out before something is found.
    """
    value: Any = node
    for position in range(start, len(path)):
        step = path[position]
        listed = step[-2:] == _LIST
        value = value.get(step[:-2] if listed else step) if isinstance(value, dict) else None
        if value is None:
            return ()
        if listed:
            field = ".".join((prefix, *path[start : position + 1]) if prefix else path[start : position + 1])
            return _items(value, path, position + 1, field[:-2])
    return ((".".join((prefix, *path[start:]) if prefix else path[start:]), value),)


def _items(value: object, path: tuple[str, ...], start: int, prefix: str) -> Iterator[tuple[str, Any]]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        field = f"{prefix}[{index}]"
        if start == len(path):
            yield field, item
        else:
            yield from _values(mapping(item), path, start, field)


def target_of(rule: FieldRule, value: object, own: str) -> ObjectKey | None:
    """The object that the value of a rule's field names, if it names one. own: the referrer's namespace."""
    if isinstance(value, str):
        name, fields = value, {}
    else:
        fields = mapping(value)
        name = text(fields.get("name"))
    kind = rule.target or _written_kind(rule, fields)
    if not name or name == "*" or not kind.kind:
        return None
    namespace = own
    if rule.scope is not Scope.OWN:
        namespace = text(fields.get("namespace")) or (own if rule.scope is Scope.DEFAULT_OWN else "")
    if namespace == "*":
        return None
    return ObjectKey(kind.group, kind.kind, namespace, name)


def _written_kind(rule: FieldRule, fields: dict[str, Any]) -> GroupKind:
    kind = text(fields.get("kind"))
    api_version = text(fields.get("apiVersion"))
    if api_version:
        return GroupKind(parse_api_version(api_version)[0], kind)
    return GroupKind(default_group(kind) if rule.group is None else rule.group, kind)

"""The fields of a kind, as the OpenAPI schema of its CRD describes them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from mirror.flux.fields import mapping, sequence, text

__all__ = ["SchemaField", "schema_fields", "served_versions"]

MOST = 5_000
"""Fields of one kind; a CRD of 1.5 MB, the largest that etcd takes, has about as many."""

DEEPEST = 24
"""Levels of nesting."""

_SAME_EVERYWHERE = frozenset({"apiVersion", "kind", "metadata"})


class SchemaField(NamedTuple):
    """path: `spec.install.remediation`, `[]` for the items of a list, `*` for the values of a map; "" is the
    kind itself. default: as JSON, "" for none."""

    path: str
    type: str
    text: str
    required: bool
    default: str
    enum: tuple[str, ...]

    @property
    def depth(self) -> int:
        return self.path.count(".") + 1 if self.path else 0


def served_versions(definition: Mapping[str, Any]) -> list[str]:
    """The versions that a CustomResourceDefinition serves, the storage version first."""
    versions = [mapping(version) for version in sequence(mapping(definition.get("spec")).get("versions"))]
    served = [version for version in versions if version.get("served", True) and text(version.get("name"))]
    return [version["name"] for version in sorted(served, key=lambda version: not version.get("storage"))]


def schema_fields(definition: Mapping[str, Any], version: str) -> dict[str, SchemaField]:
    """The fields of that version by their paths, in the order of the schema; none where it has no schema."""
    for entry in sequence(mapping(definition.get("spec")).get("versions")):
        if mapping(entry).get("name") == version:
            schema = mapping(mapping(mapping(entry).get("schema")).get("openAPIV3Schema"))
            found: dict[str, SchemaField] = {}
            for field in _walk(schema, "", required=False, depth=0):
                found[field.path] = field
                if len(found) >= MOST:
                    break
            return found
    return {}


def _walk(schema: Mapping[str, Any], path: str, *, required: bool, depth: int) -> Iterator[SchemaField]:
    yield SchemaField(
        path=path,
        type=_type(schema),
        text=" ".join(text(schema.get("description")).split()),
        required=required,
        default=msgspec.json.encode(schema["default"]).decode() if "default" in schema else "",
        enum=tuple(str(word) for word in sequence(schema.get("enum"))),
    )
    if depth >= DEEPEST:
        return
    obligatory = set(map(str, sequence(schema.get("required"))))
    for name, child in mapping(schema.get("properties")).items():
        if path or name not in _SAME_EVERYWHERE:
            below = f"{path}.{name}" if path else name
            yield from _walk(mapping(child), below, required=name in obligatory, depth=depth + 1)
    for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
        inside = mapping(schema.get(key))
        if mapping(inside.get("properties")):
            children = _walk(inside, f"{path}{mark}", required=False, depth=depth + 1)
            next(children)  # the item itself: what is said of it, the list says
            yield from children


def _type(schema: Mapping[str, Any]) -> str:
    """`string`, `list of string`, `map of object`, `integer or string`."""
    if schema.get("x-kubernetes-int-or-string"):
        return "integer or string"
    word = text(schema.get("type"))
    if word == "array":
        return f"list of {_type(mapping(schema.get('items')))}"
    if word == "object" and mapping(schema.get("additionalProperties")):
        return f"map of {_type(mapping(schema['additionalProperties']))}"
    return word or "any"

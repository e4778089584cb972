"""OpenAPI schemas for the CRDs of simulated clusters, made from the table of crd_fields.py.

They describe and forbid nothing: any content is valid, as in every CRD of this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from mirror.testing.crd_fields import KINDS, SHARED

__all__ = ["schema_of"]

_OPEN = "x-kubernetes-preserve-unknown-fields"
_SIMPLE: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "integer"},
    "flag": {"type": "boolean"},
    "duration": {"type": "string"},
    "object": {"type": "object", _OPEN: True},
    "any": {_OPEN: True},
}


@cache
def schema_of(kind: str) -> dict[str, Any]:
    """The schema of one kind, an open one without fields for a kind that is not in the table. Shared by all
    callers: they copy it before they change it.
    """
    root = _typed("object")
    for path, type_name, text in _lines(KINDS.get(kind, "")):
        required = path.endswith("!")
        steps = [] if path == "." else path.removesuffix("!").split(".")
        node = {**_typed(type_name), "description": text}
        if steps:
            _put(root, steps, node, required=required)
        else:
            root |= node
    return root


def _lines(table: str) -> Iterator[tuple[str, str, str]]:
    for line in filter(None, table.replace("\n    ", " ").split("\n")):
        if line.startswith("+ "):
            yield from _lines(SHARED[line.removeprefix("+ ")])
        else:
            path, type_name, text = line.split("  ", 2)
            yield path, type_name, text


def _typed(name: str) -> dict[str, Any]:
    """`[text]` → a list of strings, `{text}` → a map of them, `a|b` → one of these words."""
    if name.startswith("["):
        return {"type": "array", "items": _typed(name[1:-1])}
    if name.startswith("{"):
        return {"type": "object", "additionalProperties": _typed(name[1:-1])}
    if name in _SIMPLE:
        return dict(_SIMPLE[name])
    return {"type": "string", "enum": name.split("|")}


def _put(root: dict[str, Any], steps: list[str], node: dict[str, Any], *, required: bool) -> None:
    """Everything above is an object, or a list of them; what no line describes is there without words."""
    above = root
    for step in steps[:-1]:
        known = above.setdefault("properties", {})
        below = known.setdefault(step.removesuffix("[]"), _typed("[object]" if "[]" in step else "object"))
        above = below["items"] if "[]" in step else below
    above.setdefault("properties", {})[steps[-1]] = node
    if required:
        above.setdefault("required", []).append(steps[-1])

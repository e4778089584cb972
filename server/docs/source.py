"""What Python forgets when it runs: the docstring below an attribute, and how its value was written."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

__all__ = ["Attribute", "class_attributes", "module_attributes"]


class Attribute(NamedTuple):
    """value: as written in the source; "" without one. doc: the string below it; "" without one."""

    name: str
    value: str
    doc: str


def module_attributes(module: ModuleType) -> dict[str, Attribute]:
    """The assignments of a module by name, in their order."""
    return _attributes(_tree(module).body)


def class_attributes(module: ModuleType, name: str) -> dict[str, Attribute]:
    """The assignments of a class at the top of a module. Raises KeyError when there is no such class."""
    for node in _tree(module).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _attributes(node.body)
    raise KeyError(name)


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _attributes(body: Sequence[ast.stmt]) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for node, below in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                value = ast.unparse(node.value) if node.value else ""
                found[target.id] = Attribute(target.id, value, _text(below))
    return found


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        text = node.value.value
        return inspect.cleandoc(text) if isinstance(text, str) else ""
    return ""

"""The house: sizes, names and packages stay what they should be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("mirror", "query", "server", "migrations")
MOST_LINES_IN_A_FILE = 400
MOST_LINES_IN_A_FUNCTION = 70
MEDIAN_LINES_OF_A_FILE = 160


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        if not isinstance(node, ast.expr):  # most of a tree, and no function stands in one
            yield from functions(node)


def too_long(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    if (lines := len(text.splitlines())) > MOST_LINES_IN_A_FILE:
        yield f"{path}: {lines} lines"
    for node in functions(ast.parse(text)):
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        if size > MOST_LINES_IN_A_FUNCTION:
            yield f"{path}: {node.name}: {size} lines"


def test_files_and_functions_stay_small() -> None:
    assert [found for path in sources(*PACKAGES, "tests") for found in too_long(path)] == []


def test_the_median_file_is_short() -> None:
    lengths = [len(path.read_text("utf-8").splitlines()) for path in sources(*PACKAGES)]
    assert median(lengths) <= MEDIAN_LINES_OF_A_FILE


def unexplained(path: Path) -> Iterator[str]:
    """What a module does not say, or says and does not have."""
    tree = ast.parse(path.read_text("utf-8"))
    if not ast.get_docstring(tree):
        yield f"{path}: a module says what it is for"
    declared: list[str] = next(
        (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        ),
        [],
    )
    if not declared or "migrations/versions" in path.as_posix():
        return
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    for name in declared:
        if not hasattr(module, name):
            yield f"{path}: {name} is in __all__ only"


def test_public_names_exist_and_modules_say_what_they_are_for() -> None:
    assert [found for path in sources(*PACKAGES) for found in unexplained(path)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_names_lead_to_us(package: str) -> None:
    """They are common words: another distribution that brings a package of that name must be noticed."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


def test_the_console_script_is_installed() -> None:
    (script,) = entry_points(group="console_scripts", name="flux-mirror")
    assert script.value == "server.cli:main"

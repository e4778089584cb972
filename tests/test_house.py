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
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", sources(*PACKAGES, "tests"), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES_IN_A_FILE
    long = [
        f"{node.name}: {size} lines"
        for node in functions(ast.parse(text))
        if (size := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_LINES_IN_A_FUNCTION
    ]
    assert not long


def test_the_median_file_is_short() -> None:
    lengths = [len(path.read_text("utf-8").splitlines()) for path in sources(*PACKAGES)]
    assert median(lengths) <= MEDIAN_LINES_OF_A_FILE


@pytest.mark.parametrize("path", sources(*PACKAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_public_names_exist_and_modules_say_what_they_are_for(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), "a module says what it is for"
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
    assert [name for name in declared if not hasattr(module, name)] == []


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

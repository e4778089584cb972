"""The manifest is whole: every case has an answer, every answer a test that exists."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.mirror.requirements import Requirement, ids, requirements

TESTS = Path(__file__).parents[1]
REQUIREMENTS = requirements()


def test_every_case_has_an_answer_and_no_answer_is_without_its_case() -> None:
    answered = [one.id for one in REQUIREMENTS]
    assert sorted(answered) == sorted(ids())
    assert len(set(answered)) == len(answered)


@pytest.mark.parametrize("one", REQUIREMENTS, ids=lambda one: one.id)
def test_an_answer_is_a_promise_with_tests_that_exist_or_a_reason(one: Requirement) -> None:
    assert one.promise
    assert bool(one.tests or one.real) != bool(one.reason), "either tests or a reason"
    missing = [node for node in one.tests + one.real if not exists(node)]
    assert not missing
    assert all(node.startswith("controlplane/") for node in one.real)
    assert not any(node.startswith("controlplane/") for node in one.tests)


def test_what_does_not_exist_is_noticed() -> None:
    assert exists("mirror/test_requirements.py::test_what_does_not_exist_is_noticed")
    assert not exists("mirror/test_requirements.py::test_what_was_renamed")
    assert not exists("mirror/test_that_was_moved.py::test_what_does_not_exist_is_noticed")


def exists(node: str) -> bool:
    path, _, name = node.partition("::")
    return name in names_in(TESTS / path)


@cache
def names_in(path: Path) -> frozenset[str]:
    """The test functions of a file, and the names that hypothesis' machines are bound to."""
    if not path.is_file():
        return frozenset()
    names = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(name for name in names if name.lower().startswith("test"))

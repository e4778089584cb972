from __future__ import annotations

from pathlib import Path

import pytest

from query.comparison.expected import ExpectedField, ExpectedObject
from query.errors import SelectorError
from server.expectations import load_expected

RULES = """\
fields:
  - path: spec.values.replicaCount
    kinds: [HelmRelease]
objects:
  - names: ["debug-*"]
    only_in: [staging]
variables:
  domain:
    staging: staging.example.com
    prod-*: "{cluster}.example.com"
  replicas: {staging: 1, "*": 3}
"""


def test_rules_are_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "expected.yaml"
    path.write_text(RULES, "utf-8")
    rules = load_expected(path)
    assert rules.fields == (ExpectedField(path="spec.values.replicaCount", kinds=("HelmRelease",)),)
    assert rules.objects == (ExpectedObject(names=("debug-*",), only_in=("staging",)),)
    assert rules.variables["replicas"] == {"staging": 1, "*": 3}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("fields: [{kinds: [HelmRelease]}]", "missing required field `path`"),
        ("feilds: []", "unknown field `feilds`"),
        ("fields: [", "not YAML"),
        ("- a", "do not fit"),
        ("x" * 300_000, "more than"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "expected.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(SelectorError, match=says):
        load_expected(path)


def test_the_example_of_the_documentation_is_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "expected-differences.md").read_text("utf-8")
    path = tmp_path / "expected.yaml"
    path.write_text(page.partition("```yaml\n")[2].partition("```")[0], "utf-8")
    rules = load_expected(path)
    assert rules.fields
    assert rules.objects
    assert rules.variables


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SelectorError, match="cannot be read"):
        load_expected(tmp_path / "nowhere.yaml")

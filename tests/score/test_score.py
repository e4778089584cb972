"""Every labelled scenario is graded, and the page says what came out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.score.page import PAGE, explanation, page
from tests.score.run import RECORDED, SIMULATED, grade_one, labelled
from tests.score.table import goals, terminal

QUICK = (
    "git-secret-missing",
    "dependency-cycle",
    "inputs-missing",
    "recorded/14-healthcheck-imagepullbackoff",
)


@pytest.mark.parametrize("name", QUICK)
def test_a_scenario_gets_full_marks(name: str, tmp_path: Path) -> None:
    assert grade_one(tmp_path, labelled(name)).misses == ()


def test_a_wrong_label_is_noticed(tmp_path: Path) -> None:
    """A grade that cannot be bad would say nothing."""
    other = labelled("image-not-found")
    scenario = labelled("git-secret-missing")
    swapped = type(scenario)(
        **{name: getattr(scenario, name) for name in scenario.__slots__}
        | {"roots": other.roots, "path": other.path}
    )
    found = grade_one(tmp_path, swapped)
    assert (found.first, found.found, found.false, found.path, found.silent) == (False, 0, 1, False, True)
    assert any("expected Workload Deployment/apps/web" in text for text in found.misses)


@pytest.mark.long
def test_the_page_explains_the_walk_as_it_is_and_shows_every_scenario() -> None:
    text = PAGE.read_text("utf-8")
    assert text.startswith(explanation()), "run `python -m tests.score --write`"
    for name in (*SIMULATED, *(item.removeprefix("recorded/").partition("-")[2] for item in RECORDED)):
        assert f"| {name} |" in text, name


@pytest.mark.long
def test_the_goals_are_reached_and_the_page_says_so(tmp_path: Path) -> None:
    simulated, recorded = (
        [grade_one(tmp_path / name, labelled(name)) for name in names] for names in (SIMULATED, RECORDED)
    )
    grades = [*simulated, *recorded]
    assert all(goal.reached for goal in goals(grades)), terminal(grades)
    assert PAGE.read_text("utf-8") == page(simulated, recorded), "run `python -m tests.score --write`"

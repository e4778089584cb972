"""All labelled scenarios, and the questions that are asked about each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from mirror.testing.objects import JSON
from mirror.testing.scenarios import RECIPES, Names, Scenario, find, plain
from mirror.testing.scenarios.recording import recording
from tests.score.grades import Answers, Grade, asked, grade
from tests.score.stored import Content, Stored

__all__ = ["RECORDED", "SIMULATED", "answers", "contents", "grade_one", "labelled"]

_FOLDER = Path(__file__).parents[1] / "data" / "recorded"
_WELL = "-well"

SIMULATED = tuple(recipe.name for recipe in RECIPES)
RECORDED = tuple(f"recorded/{path.name}" for path in sorted(_FOLDER.iterdir()) if path.is_dir())


def labelled(name: str, names: Names = plain) -> Scenario:
    """A scenario of the catalogue, called differently if need be, or a recording."""
    folder = name.removeprefix("recorded/")
    return find(name).build(names=names) if folder == name else _recorded(folder)


@cache
def _recorded(name: str) -> Scenario:
    """Reading takes a while, and nobody changes what was read."""
    return recording(_FOLDER / name)


def grade_one(folder: Path, scenario: Scenario) -> Grade:
    """Both states of a scenario in a store of their own, asked and graded."""
    with Stored(folder, now=scenario.now) as stored:
        stored.put(contents(scenario.faulty()))
        stored.put({f"{name}{_WELL}": content for name, content in contents(scenario.healthy).items()})
        return grade(scenario, answers(stored, scenario), answers(stored, scenario, _WELL))


def answers(stored: Stored, scenario: Scenario, suffix: str = "", *, now: float | None = None) -> Answers:
    """What is said of the clusters that are stored under the scenario's names with that suffix."""
    clusters = [f"{name}{suffix}" for name in scenario.clusters]
    symptom = f"{scenario.symptom_cluster}{suffix}"
    return Answers(
        stored.why(symptom, now=now, **asked(scenario)),
        stored.why(*clusters, now=now),
    )


def contents(state: Mapping[str, Sequence[JSON]], hidden: Iterable[str] = ()) -> dict[str, Content]:
    """Clusters as they are put into a store. hidden: kinds that may not be seen."""
    return {name: Content(objects, frozenset(hidden)) for name, objects in state.items()}

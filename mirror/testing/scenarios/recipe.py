"""How a scenario is made: a function with a number and a name that writes to a stage.

@recipe(1, "git-secret-missing", "The Secret of a GitRepository does not exist")
def git_secret_missing(stage: Stage) -> None:
    base = landscape(stage)                         # a cluster that is well
    team = tenant(stage, base, "team")              # and more of it
    stage.happens(1, "the Secret is deleted")       # from here on: the fault, minute by minute
    stage.remove(team.secret)
    ...
    stage.symptom(base.root)                        # what is asked about
    stage.root(team.secret, "Missing")              # what is right
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirror.testing.scenarios.names import Names, plain
from mirror.testing.scenarios.scenario import Scenario
from mirror.testing.scenarios.stage import Stage

__all__ = ["NOW", "Recipe", "recipe"]

NOW = 1_795_350_000.0
"""The default moment of asking, wall seconds: no test depends on today's date."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A scenario that is yet to be made. number: that of the list of known failures."""

    number: int
    name: str
    title: str
    write: Callable[[Stage], None]

    def build(self, *, names: Names = plain, now: float = NOW) -> Scenario:
        """The scenario with these names, as it is at that moment. Same arguments, same data.

        Raises ValueError when what was written to the stage is not a scenario.
        """
        stage = Stage(names, now)
        self.write(stage)
        return stage.finish(self.number, self.name, self.title)


def recipe(number: int, name: str, title: str) -> Callable[[Callable[[Stage], None]], Recipe]:
    """Turn a function that writes to a stage into a recipe."""

    def named(write: Callable[[Stage], None]) -> Recipe:
        return Recipe(number, name, title, write)

    return named

"""Known failures as data: clusters that are well, what breaks them step by step, and what is right to blame.

scenario = find("git-secret-missing").build()
player = simulate(scenario)
for step in player.steps():
    ...  # player.clusters is now as it was after this step
"""

from mirror.testing.scenarios.catalogue import RECIPES
from mirror.testing.scenarios.names import Names, misleading, plain, scrambled
from mirror.testing.scenarios.player import Player, simulate
from mirror.testing.scenarios.recipe import NOW, Recipe, recipe
from mirror.testing.scenarios.scenario import Change, Root, Scenario, Step, key_of

__all__ = [
    "NOW",
    "RECIPES",
    "Change",
    "Names",
    "Player",
    "Recipe",
    "Root",
    "Scenario",
    "Step",
    "find",
    "key_of",
    "misleading",
    "plain",
    "recipe",
    "scrambled",
    "simulate",
]


def find(name: str) -> Recipe:
    """The recipe of that name or number. Raises KeyError."""
    for item in RECIPES:
        if name in (item.name, str(item.number)):
            return item
    raise KeyError(name)

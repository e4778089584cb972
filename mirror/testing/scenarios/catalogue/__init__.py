"""All recipes, by number. A new module of recipes is added here and nowhere else."""

from itertools import chain

from mirror.testing.scenarios.catalogue import (
    applies,
    builds,
    chart_sources,
    dependencies,
    fetching,
    git_sources,
    refusals,
)
from mirror.testing.scenarios.recipe import Recipe

__all__ = ["RECIPES"]

_MODULES = (applies, builds, chart_sources, dependencies, fetching, git_sources, refusals)

RECIPES: tuple[Recipe, ...] = tuple(
    sorted(
        chain.from_iterable(module.RECIPES for module in _MODULES),
        key=lambda item: (item.number, item.name),
    )
)

"""All recipes, by number. A new module of recipes is added here and nowhere else."""

from itertools import chain

from mirror.testing.scenarios.catalogue import (
    applies,
    builds,
    calm,
    chart_sources,
    contests,
    dependencies,
    fetching,
    git_sources,
    health,
    helm_actions,
    helm_values,
    images_and_alerts,
    placement,
    pods,
    refusals,
    remote_clusters,
    resource_sets,
    standstill,
)
from mirror.testing.scenarios.recipe import Recipe

__all__ = ["RECIPES"]

_MODULES = (
    applies,
    builds,
    calm,
    chart_sources,
    contests,
    dependencies,
    fetching,
    git_sources,
    health,
    helm_actions,
    helm_values,
    images_and_alerts,
    placement,
    pods,
    refusals,
    remote_clusters,
    resource_sets,
    standstill,
)

RECIPES: tuple[Recipe, ...] = tuple(
    sorted(
        chain.from_iterable(module.RECIPES for module in _MODULES),
        key=lambda item: (item.number, item.name),
    )
)

"""What an object stands on: everything that would break it, for the answer that nothing does."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.flux.kinds import FLUX_GROUPS
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause.scene import Scene
from query.root_cause.verdicts import Step

__all__ = ["supports"]

MOST = 30
"""Objects that are named, the nearest ones."""

_NEEDED = (
    Relation.SOURCE,
    Relation.GENERATES,
    Relation.DEPENDS,
    Relation.CONFIG,
    Relation.IDENTITY,
    Relation.VOLUME,
)
_LEVELS = 6


def supports(scene: Scene, row: ObjectRow) -> tuple[Step, ...]:
    """The objects that its fields name, and those that theirs name, level by level, each once.

    Beyond the first level only through Flux objects: what a dependency reads is its own affair, where it
    gets its content from is not.
    """
    found: dict[int, Step] = {row.id: Step(row)}
    level: Iterable[ObjectRow] = [row]
    for _ in range(_LEVELS):
        fresh = [step for item in level for step in _needs(scene, item, nearest=item.id == row.id)]
        level = []
        for step in fresh:
            if step.row.id not in found:
                found[step.row.id] = step
                level.append(step.row)
        if not level or len(found) > MOST:
            break
    return tuple(step for step in found.values() if step.row.id != row.id)[:MOST]


def _needs(scene: Scene, row: ObjectRow, *, nearest: bool) -> list[Step]:
    links = scene.targets(row, *_NEEDED)
    return [
        Step(link.row, link.relation, link.field)
        for link in links
        if not link.optional and (nearest or link.row.group in FLUX_GROUPS)
    ]

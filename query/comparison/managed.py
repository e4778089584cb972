"""Everything that Flux manages: its own objects, and what they have applied."""

from __future__ import annotations

from collections.abc import Collection

from mirror.flux.claims import claimed_by_labels
from mirror.flux.kinds import Category, flux_kind
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store import ownership, streams
from mirror.store.rows import ContentRow
from query.decided import GENERATED_KINDS, without_generated
from query.kinds import is_flux
from query.progress import Progress
from query.view import View

__all__ = ["managed_objects", "mirrored_kinds"]


def managed_objects(view: View, progress: Progress) -> list[ContentRow]:
    """The objects of Flux' kinds, those in an inventory, and those whose labels name an applier, in any of
    the chosen clusters; nothing that is generated from others.
    """
    flux: list[ContentRow] = []
    others: list[ContentRow] = []
    kinds = [kind for kind in mirrored_kinds(view) if kind.kind not in GENERATED_KINDS]
    for number, kind in enumerate(kinds):
        progress.reading(number, len(kinds), kind.kind)
        (flux if is_flux(kind.group) else others).extend(view.contents(kind))
    applied = _applied(view, [row.id for row in flux if _applies(row.key)])
    managed = applied | _claimed(view, [row for row in others if row.key not in applied])
    return without_generated(view, [*flux, *(row for row in others if row.key in managed)])


def mirrored_kinds(view: View) -> list[GroupKind]:
    """The kinds that are mirrored in one of the chosen clusters at least, by kind."""
    return view.read(streams.kinds, view.within)


def _applies(key: ObjectKey) -> bool:
    kind = flux_kind(GroupKind(key.group, key.kind))
    return kind is not None and kind.category is Category.APPLIER


def _applied(view: View, appliers: Collection[int]) -> set[ObjectKey]:
    """What their inventories name. Where appliers are alike, their inventories are."""
    targets = {edge.dst for edge in view.outgoing(appliers, {Relation.MANAGES})}
    return set(view.keys(targets).values())


def _claimed(view: View, rows: Collection[ContentRow]) -> set[ObjectKey]:
    """Those that are labelled as applied: HelmReleases had no inventory before Flux 2.8."""
    labels = view.read(ownership.labels, [row.id for row in rows])
    return {row.key for row in rows if claimed_by_labels(labels.get(row.id, {}))}

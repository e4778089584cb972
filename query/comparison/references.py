"""What the compared objects refer to (sources, values, variables, credentials), matched across clusters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store.rows import ContentRow, EdgeRow
from query.comparison.compared import Entry, Variant
from query.contents import contents_by_key
from query.kinds import is_flux
from query.view import View

__all__ = ["Hop", "Hops", "hops_of", "references_of"]

FOLLOWED = frozenset({Relation.SOURCE, Relation.CONFIG, Relation.GENERATES})

DEPTH = 2
"""Kustomization → GitRepository → Secret, HelmRelease → HelmChart → HelmRepository."""


WAY = " → "
"""Between the fields of one way over several objects."""


class Hop(NamedTuple):
    """One object that another one refers to, there or not. field: of the object that names it."""

    key: ObjectKey
    relation: str
    field: str


Hops = Mapping[int, Sequence[Hop]]


def hops_of(view: View, entries: Iterable[Entry]) -> Hops:
    """What each variant of the entries refers to, by its id, each object once. Alike objects refer alike."""
    ids = {variant.id for entry in entries for variant in entry.variants}
    edges = view.outgoing(ids, FOLLOWED) if ids else []
    keys = view.keys({edge.dst for edge in edges})
    found: dict[int, dict[ObjectKey, Hop]] = defaultdict(dict)
    for edge in sorted(edges, key=_order):
        key = keys[edge.dst]
        if _counts(edge, key):
            found[edge.src].setdefault(key, Hop(key, edge.relation, edge.field))
    return {row: list(hops.values()) for row, hops in found.items()}


def references_of(view: View, entries: Sequence[Entry], hops: Hops) -> list[Entry]:
    """The referenced objects over two steps, nearest first, without those that are compared anyway.

    hops: those of the entries. An object that all clusters refer to is matched by its key; otherwise by the
    field that names it, so that `values-staging` meets `values-production`. A cluster that has no such
    reference takes no part.
    """
    keys = {variant.key for entry in entries for variant in entry.variants}
    seen: set[_Places] = set()
    found: list[Entry] = []
    front = list(entries)
    for _ in range(DEPTH):
        slots = _merged((slot for entry in front for slot in _slots(entry, hops)), keys, seen)
        rows = contents_by_key(view, {key for slot in slots for key in slot.homes})
        front = [_entry(view, slot, rows) for slot in slots]
        found += front
        hops = hops_of(view, front)
    return found


def _merged(slots: Iterable[_Slot], keys: set[ObjectKey], seen: set[_Places]) -> list[_Slot]:
    """Each reference once, however many objects have it. keys, seen: what is compared already; they grow."""
    merged: list[_Slot] = []
    named: dict[ObjectKey, _Slot] = {}
    for slot in slots:
        places = frozenset((key, frozenset(clusters)) for key, clusters in slot.homes.items())
        key, *others = slot.homes
        if not others and key in named:
            named[key].homes[key] |= slot.homes[key]
        elif places not in seen and (others or key not in keys):
            merged.append(slot)
            seen.add(places)
            if not others:
                named[key] = slot
    keys |= named.keys()
    return merged


class _Slot(NamedTuple):
    """One reference. homes: what it is called, and the clusters that have it under this name."""

    homes: dict[ObjectKey, set[str]]
    field: str
    relation: str


_Places = frozenset[tuple[ObjectKey, frozenset[str]]]
"""As the homes of a slot."""


def _slots(entry: Entry, hops: Hops) -> list[_Slot]:
    by_variant = {variant: hops.get(variant.id, ()) for variant in entry.variants}
    if not any(by_variant.values()):
        return []
    shared = set.intersection(*({hop.key for hop in found} for found in by_variant.values()))
    order = dict.fromkeys(hop.key for found in by_variant.values() for hop in found)
    matched = [_by_key(by_variant, key) for key in order if key in shared]
    return [_slot(entry, hop_of) for hop_of in (*matched, *_by_field(by_variant, shared))]


def _by_key(by_variant: Mapping[Variant, Sequence[Hop]], key: ObjectKey) -> dict[Variant, Hop]:
    return {variant: hop for variant, found in by_variant.items() for hop in found if hop.key == key}


def _by_field(
    by_variant: Mapping[Variant, Sequence[Hop]], shared: Collection[ObjectKey]
) -> list[dict[Variant, Hop]]:
    fields: dict[tuple[str, GroupKind], dict[Variant, list[Hop]]] = defaultdict(lambda: defaultdict(list))
    for variant, found in by_variant.items():
        for hop in found:
            if hop.key not in shared:
                fields[hop.field, GroupKind(hop.key.group, hop.key.kind)][variant].append(hop)
    matched: list[dict[Variant, Hop]] = []
    for _, named in sorted(fields.items()):
        if all(len(found) == 1 for found in named.values()):
            matched.append({variant: found[0] for variant, found in named.items()})
            continue
        # One field, several objects (a selector): only equal names can be told to be the same thing.
        names = dict.fromkeys(hop.key for found in named.values() for hop in found)
        matched += [_by_key(named, key) for key in names]
    return matched


def _slot(entry: Entry, hop_of: Mapping[Variant, Hop]) -> _Slot:
    first = next(iter(hop_of.values()))
    homes: dict[ObjectKey, set[str]] = defaultdict(set)
    for variant, hop in hop_of.items():
        homes[hop.key].update(variant.clusters)
    return _Slot(
        homes,
        f"{entry.field}{WAY}{first.field}" if entry.field else first.field,
        first.relation,
    )


def _entry(view: View, slot: _Slot, rows: Mapping[ObjectKey, Sequence[ContentRow]]) -> Entry:
    variants: list[Variant] = []
    absent: dict[str, ObjectKey] = {}
    for key, homes in slot.homes.items():
        lacking = set(homes)
        for row in rows.get(key, ()):
            if clusters := tuple(name for name in row.clusters if name in homes):
                variants.append(Variant(row.id, key, clusters))
                lacking.difference_update(clusters)
        absent |= dict.fromkeys(lacking, key)
    return Entry.of(
        variants,
        absent,
        view.absence_is_real,
        field=slot.field,
        observed_only=slot.relation == Relation.GENERATES,
    )


def _counts(edge: EdgeRow, target: ObjectKey) -> bool:
    """Helm's storage is generated anew with every release; nobody compares it."""
    return edge.relation != Relation.GENERATES or is_flux(target.group)


def _order(edge: EdgeRow) -> tuple[int, str, str]:
    return edge.src, edge.field, edge.relation

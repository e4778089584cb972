"""What the compared objects refer to (sources, values, variables, credentials), matched across clusters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store.rows import EdgeRow, ObjectRow
from query.comparison import Entry
from query.kinds import is_flux
from query.view import View

__all__ = ["Hop", "direct_hops", "follow", "match"]

FOLLOWED = frozenset({Relation.SOURCE, Relation.CONFIG, Relation.GENERATES})

DEPTH = 2
"""Kustomization → GitRepository → Secret, HelmRelease → HelmChart → HelmRepository."""


WAY = " → "
"""Between the fields of one way over several objects."""


class Hop(NamedTuple):
    """One referenced object. field: of the object that names it, with the way there; row.present is False for
    an object that is referred to but not there.
    """

    row: ObjectRow
    relation: str
    field: str


def follow(view: View, rows: Iterable[ObjectRow]) -> dict[int, list[Hop]]:
    """Per row id: what it refers to over at most `DEPTH` steps, nearest first, each object once."""
    found: dict[int, list[Hop]] = {row.id: [] for row in rows}
    front: dict[int, list[tuple[int, str]]] = {row_id: [(row_id, "")] for row_id in found}
    seen: set[tuple[int, int]] = {(row_id, row_id) for row_id in found}
    for _ in range(DEPTH):
        edges = view.outgoing(front, FOLLOWED) if front else []
        targets = view.by_ids({edge.dst for edge in edges})
        following: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for edge in sorted(edges, key=_order):
            for root, way in front[edge.src]:
                if (root, edge.dst) in seen or not _counts(edge, targets.get(edge.dst)):
                    continue
                seen.add((root, edge.dst))
                field = f"{way}{WAY}{edge.field}" if way else edge.field
                found[root].append(Hop(targets[edge.dst], edge.relation, field))
                following[edge.dst].append((root, field))
        front = dict(following)
    return found


def match(view: View, entry: Entry, hops: Mapping[int, Sequence[Hop]]) -> list[Entry]:
    """The references of one compared object as entries of their own.

    An object that all clusters refer to is matched by its key; otherwise by the field that names it, so that
    `values-staging` meets `values-production`. A cluster that has no such reference takes no part.
    """
    by_cluster = {cluster: list(hops.get(row.id, ())) for cluster, row in entry.rows.items()}
    shared = set.intersection(*({hop.row.key for hop in found} for found in by_cluster.values()))
    entries = []
    for key in _keys_in_order(by_cluster.values()):
        if key in shared:
            hop_of = {
                cluster: next(hop for hop in found if hop.row.key == key)
                for cluster, found in by_cluster.items()
            }
            entries.append(_entry(view, hop_of))
    return entries + [_entry(view, hop_of) for hop_of in _by_field(by_cluster, shared)]


def direct_hops(hops: Iterable[Hop]) -> list[Hop]:
    """Those that a field of the object itself names."""
    return [hop for hop in hops if WAY not in hop.field]


def _by_field(by_cluster: Mapping[str, Sequence[Hop]], shared: set[ObjectKey]) -> list[dict[str, Hop]]:
    slots: dict[tuple[str, GroupKind], dict[str, list[Hop]]] = defaultdict(lambda: defaultdict(list))
    for cluster, found in by_cluster.items():
        for hop in found:
            if hop.row.key not in shared:
                kind = GroupKind(hop.row.group, hop.row.kind)
                slots[hop.field, kind][cluster].append(hop)
    matched = []
    for _, slot in sorted(slots.items()):
        if all(len(found) == 1 for found in slot.values()):
            matched.append({cluster: found[0] for cluster, found in slot.items()})
            continue
        # One field, several objects (a selector): only equal names can be told to be the same thing.
        keys = dict.fromkeys(hop.row.key for found in slot.values() for hop in found)
        matched += [
            {cluster: hop for cluster, found in slot.items() for hop in found if hop.row.key == key}
            for key in keys
        ]
    return matched


def _entry(view: View, hop_of: Mapping[str, Hop]) -> Entry:
    first = next(iter(hop_of.values()))
    return Entry.of(
        {cluster: hop.row for cluster, hop in hop_of.items()},
        (),
        view.absence_is_real,
        field=first.field,
        observed_only=first.relation == Relation.GENERATES,
    )


def _counts(edge: EdgeRow, target: ObjectRow | None) -> bool:
    """Helm's storage is generated anew with every release; nobody compares it."""
    return target is not None and (edge.relation != Relation.GENERATES or is_flux(target.group))


def _keys_in_order(found: Iterable[Sequence[Hop]]) -> list[ObjectKey]:
    return list(dict.fromkeys(hop.row.key for hops in found for hop in hops))


def _order(edge: EdgeRow) -> tuple[int, str, str]:
    return edge.src, edge.field, edge.relation

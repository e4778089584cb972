"""The core of a comparison: one object as several clusters have it. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mirror.flux.claims import claimed_by
from mirror.flux.inventory import inventory
from mirror.flux.revisions import parse_revision
from mirror.keys import ObjectKey
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.diff import FieldDifference, diff, partition
from query.normalize import essence, normalise, token
from query.results import Group, ObjectComparison
from query.shown import shown_difference

__all__ = ["Entry", "Verdict", "compare_entry", "content_of", "observed", "outliers"]

DIGEST_LENGTH = 12


class Entry(NamedTuple):
    """One object to compare, by cluster. rows: where it exists; in `missing` it certainly does not, in
    `hidden` nobody can tell.

    key: the commonest one, as a reference may have another name in each cluster. field: the field that names
    it, for references. observed_only: it is generated from the object that was asked for, so only what was
    observed of it counts.
    """

    key: ObjectKey
    rows: dict[str, ObjectRow]
    missing: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    field: str = ""
    observed_only: bool = False

    @classmethod
    def of(
        cls,
        rows: Mapping[str, ObjectRow],
        absent: Iterable[str],
        visible: Callable[[str, ObjectKey], bool],
        *,
        field: str = "",
        observed_only: bool = False,
    ) -> Entry:
        """rows: by cluster, placeholders allowed. absent: clusters without any row. visible: whether the
        absence of an object can be trusted.
        """
        counted = Counter(row.key for row in rows.values())
        key = min(counted, key=lambda key: (-counted[key], key))
        keys = dict.fromkeys(absent, key)
        keys |= {name: row.key for name, row in rows.items() if not row.present}
        missing = {name for name, key in keys.items() if visible(name, key)}
        return cls(
            key=key,
            rows={name: row for name, row in rows.items() if row.present},
            missing=tuple(sorted(missing)),
            hidden=tuple(sorted(set(keys) - missing)),
            field=field,
            observed_only=observed_only,
        )


class Verdict(NamedTuple):
    """comparison: for the answer. compared: at least two clusters could be; differs: they are not alike."""

    comparison: ObjectComparison
    compared: bool
    differs: bool


def observed(row: ObjectRow) -> dict[str, Any]:
    """Facts that count although they are not decided by anybody: health, and the content that is applied."""
    healthy = row.health in (Health.READY, Health.UNKNOWN, Health.SUSPENDED)
    facts = {"health": row.health if healthy or not row.reason else f"{row.health} ({row.reason})"}
    return {**facts, "revision": content_of(row.revision)} if row.revision else facts


def content_of(revision: str) -> str:
    """A revision without the branch or tag it was found under: equal for equal content."""
    _, algorithm, digest = parse_revision(revision)
    return f"{algorithm}:{digest}" if algorithm else revision


def compare_entry(entry: Entry, documents: Mapping[int, dict[str, Any]], baseline: str | None) -> Verdict:
    """What splits the clusters. baseline: the cluster the others are measured against, if any."""
    trees = _trees(entry, documents)
    differences, groups = _split(trees)
    comparison = ObjectComparison(
        object_key=f"{entry.key.kind}/{entry.key.namespace}/{entry.key.name}",
        groups=tuple(
            Group(clusters=group, digest=hashlib.sha256(token(trees[group[0]])).hexdigest()[:DIGEST_LENGTH])
            for group in groups
        ),
        differences=tuple(
            shown_difference(found, revisions=found.path == "revision") for found in differences
        ),
        missing_in=entry.missing,
        not_visible_in=entry.hidden,
        outliers=outliers(groups, entry.missing, baseline),
        field=entry.field,
    )
    return Verdict(
        comparison,
        compared=len(trees) + len(entry.missing) > 1,
        differs=bool(differences or (entry.missing and trees)),
    )


def outliers(
    groups: Sequence[Collection[str]], missing: Collection[str], baseline: str | None
) -> tuple[str, ...]:
    """The clusters that stand out, sorted.

    With a baseline: those that have the object otherwise than it does. Without: those outside the group
    that is larger than all the rest together, missing ones counted; nobody when there is no such group.
    """
    if baseline is not None:
        normal = next((group for group in groups if baseline in group), ())
        return tuple(sorted(name for group in groups if group is not normal for name in group))
    largest = max(groups, key=len, default=())
    rest = [name for group in groups if group is not largest for name in group]
    return tuple(sorted(rest)) if len(largest) > len(rest) + len(missing) else ()


def _split(trees: Mapping[str, Any]) -> tuple[list[FieldDifference], list[tuple[str, ...]]]:
    """The differences and the groups. Equal trees are looked at once: most clusters are alike."""
    alike: dict[bytes, list[str]] = {}
    for cluster in sorted(trees):
        alike.setdefault(token(trees[cluster]), []).append(cluster)
    members = {names[0]: names for names in alike.values()}
    found = diff({first: trees[first] for first in members})
    differences = [
        FieldDifference(path, {name: value for first, value in values.items() for name in members[first]})
        for path, values in found
    ]
    return differences, partition(sorted(trees), differences)


def _trees(entry: Entry, documents: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    known: dict[bytes, dict[str, Any]] = {}
    trees = {
        cluster: observed(row) if entry.observed_only else _tree(row, documents.get(row.id, {}), known)
        for cluster, row in entry.rows.items()
    }
    for name in ("name", "namespace"):
        if len({getattr(row, name) for row in entry.rows.values()}) > 1:
            for cluster, row in entry.rows.items():
                trees[cluster][name] = getattr(row, name)
    # Controllers of different versions: where one does not report an inventory, there is nothing to compare.
    if not all("inventory" in tree for tree in trees.values()):
        for tree in trees.values():
            tree.pop("inventory", None)
    return trees


def _tree(row: ObjectRow, document: dict[str, Any], known: dict[bytes, dict[str, Any]]) -> dict[str, Any]:
    """known: normal forms by essence; most clusters have the same one."""
    key = token(essence(document))
    if key not in known:
        known[key] = normalise(document)
    applied = {str(item.key): "applied" for item in inventory(document)}
    owner = ", ".join(str(key) for key in claimed_by(document))
    facts: dict[str, Any] = {**observed(row), "owner": owner, "inventory": applied}
    return {**known[key], **{name: fact for name, fact in facts.items() if fact}}

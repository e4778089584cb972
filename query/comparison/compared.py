"""The core of a comparison: one object as several clusters have it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from mirror.flux.claims import claimed_by
from mirror.flux.content import told_health
from mirror.flux.inventory import inventory_ids, parse_inventory_id
from mirror.flux.revisions import parse_revision
from mirror.keys import ObjectKey
from mirror.store.rows import StateRow
from query.comparison.diff import FieldDifference, diff, partition, trees_differ
from query.comparison.expected import Expected
from query.comparison.normalize import normalise, token
from query.comparison.shown import shown_difference
from query.results.answer import Group, ObjectComparison

__all__ = [
    "Bodies",
    "Content",
    "Entry",
    "Variant",
    "Verdict",
    "contents_of",
    "differ",
    "judge",
    "outliers",
    "told_apart",
]

DIGEST_LENGTH = 12

_INVENTORIES = 64
"""Inventories that are kept as they are compared: those of one applier are mostly alike in all clusters."""

_MASKED = re.compile(rb"<masked:[^<>]*>")


class Variant(NamedTuple):
    """What an object is in some clusters that have it alike. id: of its row in one of them, to be read for
    all. key: it may have another name in other clusters."""

    id: int
    key: ObjectKey
    clusters: tuple[str, ...]


class Entry(NamedTuple):
    """One object to compare. In the clusters of `missing` it certainly does not exist, in those of `hidden`
    nobody can tell.

    key: the commonest one, as a reference may have another name in each cluster. field: the field that names
    it, for references. observed_only: it is generated from the object that was asked for, so only what was
    observed of it counts.
    """

    key: ObjectKey
    variants: tuple[Variant, ...]
    missing: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    field: str = ""
    observed_only: bool = False

    @classmethod
    def of(
        cls,
        variants: Iterable[Variant],
        absent: Mapping[str, ObjectKey],
        visible: Callable[[str, ObjectKey], bool],
        *,
        field: str = "",
        observed_only: bool = False,
    ) -> Entry:
        """absent: the clusters without it, and what it would be called there. visible: whether the absence
        of an object can be trusted.
        """
        there = tuple(variants)
        counted = Counter({variant.key: 0 for variant in there})
        for variant in there:
            counted[variant.key] += len(variant.clusters)
        counted.update(absent.values())
        missing = {name for name, key in absent.items() if visible(name, key)}
        return cls(
            key=min(counted, key=lambda key: (-counted[key], key)),
            variants=there,
            missing=tuple(sorted(missing)),
            hidden=tuple(sorted(set(absent) - missing)),
            field=field,
            observed_only=observed_only,
        )

    @property
    def present_in(self) -> int:
        """In how many clusters it is there."""
        return sum(len(variant.clusters) for variant in self.variants)

    @property
    def compared(self) -> bool:
        """Something can be said about at least two clusters."""
        return self.present_in + len(self.missing) > 1

    @property
    def settled(self) -> bool:
        """The clusters are known to be alike, without reading anything."""
        return len(self.variants) < 2 and not (self.variants and self.missing)


class Bodies(NamedTuple):
    """What was read of the variants, by id."""

    states: Mapping[int, StateRow]
    documents: Mapping[int, dict[str, Any]]


class Content(NamedTuple):
    """One normal form of an object and the clusters that have it, sorted."""

    clusters: tuple[str, ...]
    tree: dict[str, Any]


class Verdict(NamedTuple):
    """comparison: for the answer. differs: the clusters are not alike, what is expected left aside.
    expected: differences that are expected."""

    comparison: ObjectComparison
    differs: bool
    expected: int


def contents_of(entry: Entry, bodies: Bodies) -> list[Content]:
    """What the clusters have of an object, each different normal form once; one of them: all are alike."""
    trees = [_tree(entry, variant, bodies) for variant in entry.variants]
    for name in ("name", "namespace"):
        names = [getattr(variant.key, name) for variant in entry.variants]
        if len(set(names)) > 1:
            for tree, each in zip(trees, names, strict=True):
                tree[name] = each
    # Controllers of different versions: where one does not report an inventory, there is nothing to compare.
    if not all("inventory" in tree for tree in trees):
        for tree in trees:
            tree.pop("inventory", None)
    alike: dict[bytes, list[int]] = {}
    for number, tree in enumerate(trees):
        alike.setdefault(token(tree), []).append(number)
    return [
        Content(
            tuple(sorted(cluster for number in numbers for cluster in entry.variants[number].clusters)),
            trees[numbers[0]],
        )
        for numbers in alike.values()
    ]


def told_apart(entry: Entry, states: Mapping[int, StateRow]) -> bool:
    """The clusters are not alike, and no document is needed to see it. states: of the variants, by id."""
    homes = {(variant.key.namespace, variant.key.name) for variant in entry.variants}
    facts = {token(_observed(state)) for state in {states[variant.id] for variant in entry.variants}}
    return len(homes) > 1 or len(facts) > 1 or bool(entry.variants and entry.missing)


def differ(entry: Entry, bodies: Bodies) -> bool:
    """As the verdict of judge() says, without telling how. bodies: documents only where told_apart() does
    not say so."""
    if told_apart(entry, bodies.states):
        return True
    contents = contents_of(entry, bodies)
    return len(contents) > 1 and trees_differ({each.clusters[0]: each.tree for each in contents})


def judge(
    entry: Entry, contents: Sequence[Content], baseline: str | None = None, expected: Expected | None = None
) -> Verdict:
    """What splits the clusters, and what of it counts.

    contents: as contents_of() says. baseline: the cluster that others are measured against, if any.
    """
    names = [cluster for content in contents for cluster in content.clusters]
    found, missing, known = _differences(contents), entry.missing, 0
    if expected is not None:
        found, missing, known = expected.remaining(entry.key, found, missing, names)
    groups = partition(names, found)
    trees = {content.clusters[0]: content.tree for content in contents}
    trees |= {cluster: content.tree for content in contents for cluster in content.clusters}
    comparison = ObjectComparison(
        object_key=f"{entry.key.kind}/{entry.key.namespace}/{entry.key.name}",
        groups=tuple(
            Group(clusters=group, digest=digest)
            for group, digest in zip(groups, _digests(trees[each[0]] for each in groups), strict=True)
        ),
        differences=tuple(shown_difference(each, revisions=each.path == "revision") for each in found),
        missing_in=missing,
        not_visible_in=entry.hidden,
        outliers=outliers(groups, missing, baseline),
        field=entry.field,
    )
    return Verdict(comparison, differs=bool(found or (missing and contents)), expected=known)


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


def _differences(contents: Sequence[Content]) -> list[FieldDifference]:
    """Found between the different contents, told of all clusters: most of them are alike."""
    if len(contents) < 2:
        return []
    members = {content.clusters[0]: content.clusters for content in contents}
    found = diff({content.clusters[0]: content.tree for content in contents})
    return [
        FieldDifference(path, {name: value for first, value in values.items() for name in members[first]})
        for path, values in found
    ]


def _tree(entry: Entry, variant: Variant, bodies: Bodies) -> dict[str, Any]:
    """The normal form of one variant, with the facts that count though nobody has decided them."""
    facts: dict[str, Any] = {**_observed(bodies.states[variant.id])}
    if entry.observed_only:
        return facts
    document = bodies.documents.get(variant.id, {})
    if applied := _applied(inventory_ids(document)):
        facts["inventory"] = applied
    if owner := ", ".join(str(key) for key in claimed_by(document)):
        facts["owner"] = owner
    return {**normalise(document), **facts}


@lru_cache(maxsize=_INVENTORIES)
def _applied(ids: tuple[str, ...]) -> dict[str, str]:
    keys = (parse_inventory_id(each) for each in ids)
    return {str(key): "applied" for key in keys if key is not None}


def _observed(state: StateRow) -> dict[str, str]:
    facts = {"health": told_health(state.health, state.reason)}
    if state.revision:
        facts["revision"] = _content_of(state.revision)
    return facts


def _content_of(revision: str) -> str:
    """A revision without the branch or tag it was found under: equal for equal content."""
    _, algorithm, digest = parse_revision(revision)
    return f"{algorithm}:{digest}" if algorithm else revision


def _digests(trees: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Masked values count by which of them are equal here: nothing of their fingerprints is in a digest."""
    known: dict[bytes, bytes] = {}

    def numbered(mask: re.Match[bytes]) -> bytes:
        return known.setdefault(mask[0], b"<masked %d>" % (len(known) + 1))

    for tree in trees:
        yield hashlib.sha256(_MASKED.sub(numbered, token(tree))).hexdigest()[:DIGEST_LENGTH]

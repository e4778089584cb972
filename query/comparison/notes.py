"""What must be known of the kinds of a comparison: clusters that do not serve them, other versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from mirror.keys import GroupKind
from query.places import listed
from query.view import View
from query.visibility import Visibility

__all__ = ["kind_notes"]

MOST = 6
"""Notes of one answer; the rest is counted. A fleet in the middle of an upgrade has one for every kind."""


def kind_notes(view: View, kinds: Collection[GroupKind]) -> tuple[str, ...]:
    """One sentence per kind that is not served everywhere, or not everywhere in the same version."""
    notes = [note for kind in sorted(kinds) for note in _notes(view, kind, _versions(view, kind))]
    if len(notes) > MOST:
        notes[MOST:] = [f"{len(notes) - MOST} more kinds differ in this way"]
    return tuple(notes)


def _versions(view: View, kind: GroupKind) -> dict[str, str]:
    """In which version each cluster's objects of the kind are mirrored."""
    scopes = (scope for found in view.scopes_of(kind).values() for scope in found)
    return {scope.cluster: scope.version for scope in scopes if scope.listed_at is not None}


def _notes(view: View, kind: GroupKind, versions: dict[str, str]) -> list[str]:
    lacking = [
        name
        for name in view.names
        if name not in versions and view.visibility(name, *kind, "") is Visibility.NOT_SERVED
    ]
    notes = [f"{kind.kind} is not served in {listed(lacking)}"] if lacking else []
    by_version: dict[str, list[str]] = defaultdict(list)
    for cluster, version in sorted(versions.items()):
        by_version[version].append(cluster)
    if len(by_version) > 1:
        told = (f"{version} in {listed(names)}" for version, names in sorted(by_version.items()))
        notes.append(
            f"{kind.kind} is mirrored as {', as '.join(told)}; fields of one version may have another name"
        )
    return notes

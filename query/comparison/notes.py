"""What must be known of the kinds of a comparison: clusters that do not serve them, other versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mirror.keys import GroupKind
from mirror.store import streams
from query.places import listed
from query.view import View
from query.visibility import Visibility

__all__ = ["kind_notes"]

MOST = 6
"""Notes of one answer; the rest is counted. A fleet in the middle of an upgrade has one for every kind."""


def kind_notes(view: View, kinds: Collection[GroupKind]) -> tuple[str, ...]:
    """One sentence per kind that is not served everywhere, or not everywhere in the same version."""
    versions = _versions(view, kinds)
    notes = [note for kind in sorted(kinds) for note in _notes(view, kind, versions[kind])]
    if len(notes) > MOST:
        notes[MOST:] = [f"{len(notes) - MOST} more kinds differ in this way"]
    return tuple(notes)


def _versions(view: View, kinds: Collection[GroupKind]) -> dict[GroupKind, dict[str, list[str]]]:
    """The clusters by the version in which their objects of a kind are mirrored."""
    found: dict[GroupKind, dict[str, list[str]]] = {kind: {} for kind in kinds}
    clusters = {row.id: row.name for row in view.clusters}
    for kind, version, names in view.read(streams.versions, clusters, kinds, whole=view.all_clusters):
        found[kind][version] = names
    return found


def _notes(view: View, kind: GroupKind, versions: Mapping[str, Sequence[str]]) -> list[str]:
    """versions: clusters by version."""
    mirrored = {name for names in versions.values() for name in names}
    lacking = [
        name
        for name in view.names
        if name not in mirrored and view.visibility(name, *kind, "") is Visibility.NOT_SERVED
    ]
    notes = [f"{kind.kind} is not served in {listed(lacking)}"] if lacking else []
    if len(versions) > 1:
        told = (f"{version} in {listed(names)}" for version, names in sorted(versions.items()))
        notes.append(
            f"{kind.kind} is mirrored as {', as '.join(told)}; fields of one version may have another name"
        )
    return notes

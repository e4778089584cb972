"""The sources of what is compared, and how far the revision of each has come in each cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mirror.clock import parse_time
from mirror.flux.fields import mapping, text
from mirror.flux.kinds import HELM_GROUP, KUSTOMIZE_GROUP, SOURCE_GROUP
from mirror.flux.revisions import names_revision
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.comparison.compared import Entry
from query.comparison.normalize import token
from query.comparison.propagation import Applied, Holding, behind, states_of
from query.comparison.references import Hops
from query.contents import contents_by_key
from query.results.answer import RevisionState
from query.view import View

__all__ = ["find_sources", "revision_states"]

APPLIERS = frozenset({"Kustomization", "HelmRelease"})

MOST_STATES = 100
"""States that a question about many objects lists; sources that are in trouble come first."""

_CHART = GroupKind(SOURCE_GROUP, "HelmChart")
_KUSTOMIZATION = GroupKind(KUSTOMIZE_GROUP, "Kustomization")
_APPLYING = (_KUSTOMIZATION, GroupKind(HELM_GROUP, "HelmRelease"))
_SOURCES = tuple(
    GroupKind(SOURCE_GROUP, kind)
    for kind in ("GitRepository", "OCIRepository", "Bucket", "ExternalArtifact", "HelmRepository")
)
_PLACE = ("url", "ref", "bucketName", "endpoint", "prefix", "chart", "version", "sourceRef")
"""Fields of a source's spec that say which artifact it wants."""

_Appliers = dict[ObjectKey, dict[str, list[Applied]]]
"""By source and cluster."""


def revision_states(
    view: View,
    entries: Sequence[Entry],
    hops: Hops,
    *,
    wanted: str = "",
    single: bool = False,
) -> tuple[tuple[RevisionState, ...], int]:
    """(states by source and cluster, how many were left out), of the sources of Kustomizations and
    HelmReleases among the entries; for a single object, or a wanted revision, of sources among them too.

    wanted: a revision or chart version, or its beginning. single: every cluster is listed; else only sources
    that are not in order and alike everywhere, and `MOST_STATES` at most.
    """
    appliers = _appliers(view, entries, hops)
    everything = single or bool(wanted)
    if everything:
        appliers = _appliers_of_sources(view, entries) | appliers
        chosen = sorted(appliers)
    else:
        chosen = _uneven(view, appliers)
    states: list[RevisionState] = []
    left = 0
    for source in chosen:
        if not everything and len(states) >= MOST_STATES:
            left += len(appliers[source])
            continue
        states += states_of(source, _holdings(view, source, appliers[source]), wanted)
    room = len(states) if everything else MOST_STATES
    return tuple(states[:room]), left + len(states[room:])


def find_sources(view: View, wanted: str) -> list[ObjectKey]:
    """The sources that hold this revision in some cluster, or whose Kustomizations have applied it there;
    where there are none, the charts of this version.
    """
    rows = [row for kind in _SOURCES for row in _all(view, kind)]
    found = {row.key for row in rows if names_revision(wanted, row.revision)}
    applied = [row.id for row in _all(view, _KUSTOMIZATION) if names_revision(wanted, row.revision)]
    sources = view.by_ids({edge.dst for edge in view.outgoing(applied, {Relation.SOURCE})})
    found |= {row.key for row in sources.values() if row.present}
    if not found:
        found = {row.key for row in _all(view, _CHART) if names_revision(wanted, row.revision)}
    return sorted(found)


def _all(view: View, kind: GroupKind) -> list[ObjectRow]:
    return view.objects(group=kind.group, kind=kind.kind)


def _appliers(view: View, entries: Iterable[Entry], hops: Hops) -> _Appliers:
    """A HelmRelease that generates a HelmChart applies the chart's version, not the repository's index."""
    variants = [each for entry in entries if entry.key.kind in APPLIERS for each in entry.variants]
    states = view.states({variant.id for variant in variants})
    found: _Appliers = defaultdict(lambda: defaultdict(list))
    for variant in variants:
        state = states[variant.id]
        applied = Applied(variant.key, state.revision, state.health)
        direct = hops.get(variant.id, ())
        charts = [hop.key for hop in direct if hop.relation == Relation.GENERATES]
        sources = charts or [hop.key for hop in direct if hop.relation == Relation.SOURCE]
        for source in sources:
            for cluster in variant.clusters:
                found[source][cluster].append(applied)
    return found


def _appliers_of_sources(view: View, entries: Iterable[Entry]) -> _Appliers:
    """Who applies what the sources among the entries hold; a source that nobody applies has nobody."""
    kinds = {*_SOURCES, _CHART}
    found: _Appliers = {}
    for entry in entries:
        for key in {variant.key for variant in entry.variants}:
            if GroupKind(key.group, key.kind) in kinds:
                found[key] = {cluster: [] for variant in entry.variants for cluster in variant.clusters}
                _add_appliers(view, key, found[key])
    return found


def _add_appliers(view: View, source: ObjectKey, by_cluster: dict[str, list[Applied]]) -> None:
    edges = view.incoming(_rows_of(view, source), {Relation.SOURCE, Relation.GENERATES})
    users = view.by_ids({edge.src for edge in edges})
    direct = {edge.src for edge in edges if edge.field in ("spec.sourceRef", "spec.chartRef", "spec.chart")}
    for row in sorted(users.values(), key=lambda row: (row.cluster, row.key)):
        if row.id in direct and row.kind in APPLIERS and row.cluster in by_cluster:
            by_cluster[row.cluster].append(Applied(row.key, row.revision, row.health))


def _uneven(view: View, appliers: _Appliers) -> list[ObjectKey]:
    """The sources of which something is behind, has failed, or is not alike, in this order.

    Versions of charts that are not alike show as differences of their releases.
    """
    contents = contents_by_key(view, list(appliers))
    states = view.states({row.id for found in contents.values() for row in found})
    ranks: dict[ObjectKey, int] = {}
    for source, found in contents.items():
        held = {cluster: states[each.id].revision for each in found for cluster in each.clusters}
        pairs = {
            (held[cluster], applied)
            for cluster, several in appliers[source].items()
            if cluster in held
            for applied in several
        }
        if any(behind(revision, applied.revision) for revision, applied in pairs):
            ranks[source] = 0
        elif any(applied.health == Health.FAILED for _, applied in pairs):
            ranks[source] = 1
        elif source.kind != _CHART.kind and len({states[each.id].revision for each in found}) > 1:
            ranks[source] = 2
    return sorted(ranks, key=lambda source: (ranks[source], source))


def _holdings(view: View, source: ObjectKey, appliers: Mapping[str, Sequence[Applied]]) -> list[Holding]:
    rows = _rows_of(view, source)
    documents = view.documents(rows)
    return [
        Holding(
            cluster=row.cluster,
            revision=row.revision,
            health=row.health,
            follows=_place(documents.get(row.id, {})),
            fetched_at=_fetched_at(row, documents.get(row.id, {})),
            appliers=tuple(appliers[row.cluster]),
            hidden=not appliers[row.cluster] and _may_hide_appliers(view, row.cluster),
        )
        for row in rows.values()
        if row.cluster in appliers
    ]


def _may_hide_appliers(view: View, cluster: str) -> bool:
    return not all(view.visibility(cluster, *kind, "").absence_is_real for kind in _APPLYING)


def _rows_of(view: View, source: ObjectKey) -> dict[int, ObjectRow]:
    group, kind, namespace, name = source
    found = view.objects(group=group, kind=kind, namespace=namespace, name=name)
    return {row.id: row for row in found}


def _place(document: dict[str, Any]) -> bytes:
    spec = mapping(document.get("spec"))
    return token({field: spec[field] for field in _PLACE if field in spec})


def _fetched_at(row: ObjectRow, document: dict[str, Any]) -> float | None:
    artifact = mapping(mapping(document.get("status")).get("artifact"))
    return parse_time(text(artifact.get("lastUpdateTime"))) or (row.since if row.revision else None)

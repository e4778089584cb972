"""How far each source's revision has come in each cluster: fetched, applied, healthy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mirror.clock import parse_time, to_rfc3339
from mirror.flux.fields import mapping, text
from mirror.flux.revisions import same_content, short_revision
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.comparison import Entry, content_of
from query.comparison_references import Hop, direct_hops
from query.results import RevisionState

__all__ = ["Applied", "applied_pairs", "revision_states"]

APPLIERS = frozenset({"Kustomization", "HelmRelease"})


class Applied(NamedTuple):
    """One applier and the source whose revision it applies, in one cluster."""

    source: ObjectRow
    applier: ObjectRow

    @property
    def behind(self) -> bool:
        """The source holds something else than what is applied. Never true of a source that holds nothing."""
        return bool(self.source.revision) and not same_content(self.source.revision, self.applier.revision)


def applied_pairs(entries: Iterable[Entry], hops: Mapping[int, Sequence[Hop]]) -> list[Applied]:
    """The sources of the Kustomizations and HelmReleases among the entries.

    A HelmRelease that generates a HelmChart applies the chart's version, not the repository's index.
    """
    found = []
    for entry in entries:
        if entry.key.kind not in APPLIERS:
            continue
        for row in entry.rows.values():
            direct = direct_hops(hops.get(row.id, ()))
            charts = [hop.row for hop in direct if hop.relation == Relation.GENERATES]
            sources = charts or [hop.row for hop in direct if hop.relation == Relation.SOURCE]
            found += [Applied(source, row) for source in sources if source.present]
    return found


def revision_states(
    pairs: Iterable[Applied], documents: Mapping[int, dict[str, Any]], *, everything: bool
) -> tuple[RevisionState, ...]:
    """One state per source and cluster, the worst of its appliers.

    everything: also for sources that every cluster holds alike and has applied.
    """
    by_source: dict[str, dict[str, list[Applied]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        source = pair.source
        by_source[f"{source.kind}/{source.namespace}/{source.name}"][source.cluster].append(pair)
    return tuple(
        _state(name, cluster, found[cluster], documents)
        for name, found in sorted(by_source.items())
        if everything or _uneven(found.values())
        for cluster in sorted(found)
    )


def _state(
    name: str, cluster: str, pairs: Sequence[Applied], documents: Mapping[int, dict[str, Any]]
) -> RevisionState:
    worst = next((pair for pair in pairs if pair.behind), pairs[0])
    since = _fetched_at(worst.source, documents) if worst.behind else None
    return RevisionState(
        source=name,
        cluster=cluster,
        fetched=short_revision(worst.source.revision),
        applied=short_revision(worst.applier.revision),
        healthy=all(pair.applier.health == Health.READY for pair in pairs),
        behind_since="" if since is None else to_rfc3339(since),
    )


def _uneven(clusters: Iterable[Sequence[Applied]]) -> bool:
    pairs = [pair for found in clusters for pair in found]
    contents = {content_of(pair.source.revision) for pair in pairs}
    unhealthy = any(pair.applier.health == Health.FAILED for pair in pairs)
    return len(contents) > 1 or unhealthy or any(pair.behind for pair in pairs)


def _fetched_at(source: ObjectRow, documents: Mapping[int, dict[str, Any]]) -> float | None:
    artifact = mapping(mapping(documents.get(source.id, {}).get("status")).get("artifact"))
    return parse_time(text(artifact.get("lastUpdateTime"))) or source.since

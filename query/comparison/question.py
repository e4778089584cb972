"""compare_clusters: how do clusters differ in one object, in a selection, or in all that Flux manages?"""

from __future__ import annotations

from collections.abc import Iterable

from mirror.keys import GroupKind
from query.comparison.choice import Choice, choose_entries
from query.comparison.compared import Entry
from query.comparison.expected import Expected
from query.comparison.judging import Judging
from query.comparison.notes import kind_notes
from query.comparison.references import hops_of, references_of
from query.comparison.revisions import revision_states
from query.comparison.running import kinds_of_workloads, running_workloads
from query.errors import QueryError
from query.progress import Progress, Report
from query.results.answer import Comparison, Omitted
from query.selectors import resolve_kind
from query.view import View

__all__ = ["compare"]


def compare(
    view: View,
    *,
    api_version: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    selector: str | None = None,
    include_references: bool = True,
    baseline: str | None = None,
    revision: str | None = None,
    limit: int = 50,
    expected: Expected | None = None,
    report: Report | None = None,
) -> Comparison:
    """The fields that split the chosen clusters; what is alike is only counted.

    kind and name compare one object (its namespace may have another name in each cluster), kind, namespace
    and selector a selection, nothing at all everything that Flux manages. What is compared is what somebody
    decided: no Pods, ReplicaSets, events or other generated objects, unless their kind is asked for.
    include_references: also what the objects refer to, over two steps. baseline: the cluster to measure
    against; without one, clusters outside a clear majority stand out. revision: measure by this revision or
    chart version, or its beginning; alone, it chooses the sources that have it. limit: objects listed, and in
    what is left of it references; 0 means all. expected: differences that are left out and counted. report:
    told of its progress.

    Values are compared as they are stored: durations and quantities by value, lists by the names of their
    items, YAML in ConfigMaps field by field, masked values by their fingerprint, which is not shown.
    Raises QueryError for fewer than two clusters, UnknownClusterError for an unknown baseline, and what
    `find_objects` and the selector raise.
    """
    if len(view.clusters) < 2:
        raise _too_few(view)
    if baseline is not None:
        baseline = view.cluster_named(baseline)
    choice = Choice(api_version, kind, name, namespace, selector, revision)
    kinds = {resolve_kind(view, kind, api_version)} if kind else set()
    view.touch(*kinds)
    progress = Progress(report) if report else Progress()
    entries = choose_entries(view, choice, progress)
    hops = hops_of(view, entries)
    references = references_of(view, entries, hops) if include_references else []
    running, running_left = running_workloads(view, entries[0]) if name and len(entries) == 1 else ((), 0)
    if kinds:
        followed = (GroupKind(hop.key.group, hop.key.kind) for found in hops.values() for hop in found)
        view.touch(*kinds, *followed, *_kinds_of(references), *kinds_of_workloads(running))
    progress.judging(len(entries) + len(references))
    judging = Judging(view, baseline=baseline, expected=expected, limit=limit, progress=progress)
    objects = judging.of(entries, single=bool(name))
    referred = judging.of(references, before=len(objects.listed))
    states, states_left = revision_states(view, entries, hops, wanted=revision or "", single=bool(name))
    return Comparison(
        clusters=view.names,
        objects=objects.listed,
        references=referred.listed,
        identical=objects.alike + referred.alike,
        expected=objects.expected + referred.expected,
        revisions=states,
        revisions_omitted=states_left,
        running=running,
        running_omitted=running_left,
        asked=choice.told(next((found.kind for found in kinds), "")),
        baseline=baseline or "",
        notes=kind_notes(view, kinds or _kinds_of(entries)),
        freshness=view.freshness(),
        omitted=Omitted(count=objects.left + referred.left),
    )


def _kinds_of(entries: Iterable[Entry]) -> set[GroupKind]:
    return {GroupKind(entry.key.group, entry.key.kind) for entry in entries}


def _too_few(view: View) -> QueryError:
    chosen = ", ".join(view.names) or "none"
    also = [f"`{alias}` is the same cluster as `{name}`" for alias, name in view.aliases.items()]
    what = "a comparison needs at least two clusters"
    return QueryError(f"{what}: {', '.join(also)}" if also else what, where=f"chosen: {chosen}")

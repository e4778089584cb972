"""compare_clusters: how do clusters differ in one object, in a kind, or in a whole namespace?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from mirror.keys import GroupKind
from query.comparison import Entry, Verdict, compare_entry
from query.comparison_choice import choose_entries
from query.comparison_references import Hop, follow, match
from query.comparison_revisions import applied_pairs, revision_states
from query.errors import QueryError
from query.results import Comparison, ObjectComparison, Omitted
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
    limit: int = 50,
) -> Comparison:
    """The fields that split the chosen clusters; what is alike is only counted.

    kind and name compare one object (its namespace may have another name in each cluster); a namespace alone
    compares everything in it that somebody decided: no Pods, ReplicaSets, events or other generated objects.
    include_references: also what the objects refer to, over two steps. baseline: the cluster to measure
    against; without one, clusters outside a clear majority stand out. limit: objects and references listed,
    each; 0 means all.

    Values are compared as they are stored: durations and quantities by value, lists by the names of their
    items, YAML in ConfigMaps field by field, masked values by their fingerprint, which is not shown.
    Raises QueryError for fewer than two clusters, UnknownClusterError for an unknown baseline, and what
    `find_objects` and the selector raise.
    """
    if len(view.clusters) < 2:
        raise _too_few(view)
    if baseline is not None:
        baseline = view.cluster_named(baseline)
    kinds = {resolve_kind(view, kind, api_version)} if kind else set()
    view.touch(*kinds)
    entries = choose_entries(
        view, api_version=api_version, kind=kind, name=name, namespace=namespace, selector=selector
    )
    rows = [row for entry in entries for row in entry.rows.values()]
    hops = follow(view, rows)
    references = _references(view, entries, hops) if include_references else []
    if kinds:
        found = chain.from_iterable(hops.values())
        view.touch(*kinds, *(GroupKind(hop.row.group, hop.row.kind) for hop in found))
    pairs = applied_pairs(entries, hops)
    wanted = {row.id for entry in (*entries, *references) for row in entry.rows.values()}
    documents = view.documents(wanted | {pair.source.id for pair in pairs if pair.behind})
    single = bool(name)
    objects, alike = _listed([compare_entry(entry, documents, baseline) for entry in entries], single=single)
    referred, alike_too = _listed([compare_entry(entry, documents, baseline) for entry in references])
    most = limit if limit > 0 else max(len(objects), len(referred))
    return Comparison(
        clusters=view.names,
        objects=tuple(objects[:most]),
        references=tuple(referred[:most]),
        identical=alike + alike_too,
        revisions=revision_states(pairs, documents, everything=single),
        freshness=view.freshness(),
        omitted=Omitted(count=len(objects[most:]) + len(referred[most:])),
    )


def _too_few(view: View) -> QueryError:
    chosen = ", ".join(view.names) or "none"
    also = [f"`{alias}` is the same cluster as `{name}`" for alias, name in view.aliases.items()]
    what = "a comparison needs at least two clusters"
    return QueryError(f"{what}: {', '.join(also)}" if also else what, where=f"chosen: {chosen}")


def _references(view: View, entries: Sequence[Entry], hops: dict[int, list[Hop]]) -> list[Entry]:
    """The referenced objects, each once, without those that are compared anyway."""
    seen = {frozenset(row.id for row in entry.rows.values()) for entry in entries}
    found = []
    for reference in chain.from_iterable(match(view, entry, hops) for entry in entries):
        ids = frozenset(row.id for row in reference.rows.values())
        if ids and ids not in seen:
            seen.add(ids)
            found.append(reference)
    return found


def _listed(verdicts: Iterable[Verdict], *, single: bool = False) -> tuple[list[ObjectComparison], int]:
    """(what belongs into the answer, how many were compared and are alike).

    single: the person asked for this very object, so it is also listed when it could not be compared.
    """
    listed, alike = [], 0
    for verdict in verdicts:
        if verdict.differs or (single and not verdict.compared):
            listed.append(verdict.comparison)
        elif verdict.compared:
            alike += 1
    return listed, alike

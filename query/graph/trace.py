"""From any object up to where it comes from, with the state of all on the way; and who depends on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from mirror.flux.claims import claimed_by
from mirror.flux.fields import mapping, text
from mirror.flux.kinds import Category, flux_kind
from mirror.flux.revisions import short_revision
from mirror.keys import GroupKind
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.derived.nodes import Nodes
from query.graph.neighbourhood import load_neighbourhood
from query.graph.node_states import MISSING, node_state
from query.results.answer import Omitted
from query.results.trace import Trace, Traces, TraceSource, TraceStep
from query.selectors import find_objects
from query.view import View

__all__ = ["trace"]

HIGHEST = 16
"""Steps from an object to the top; owners, appliers of appliers."""

SOURCES_DEEP = 6
"""Hops from an applier to the origin: chart, repository, generator, its sources."""

WIDEST = 10_000
DEPENDENTS_DEEP = 12
_FEEDS = (Relation.SOURCE, Relation.GENERATES)
_FED = frozenset({Category.SOURCE, Category.GENERATOR})


def trace(
    view: View,
    *,
    api_version: str | None = None,
    kind: str,
    name: str,
    namespace: str | None = None,
    limit: int = 20,
) -> Traces:
    """One trace per chosen cluster (and namespace) that has the object.

    managed_by goes by ownerReferences and inventories; where no inventory lists the object, by the labels
    that appliers put on it. A name that is only referred to can be asked for too.
    limit: dependents that are named per trace; `omitted.count` has the others.
    Raises UnknownKindError, UnknownObjectError.
    """
    view.touch()
    rows = find_objects(view, kind, name, namespace, api_version, referenced=True)
    nodes = Nodes(view)
    traces = [_trace(nodes, row, max(0, limit)) for row in rows]
    return Traces(
        traces=tuple(traces),
        freshness=view.freshness(),
        omitted=Omitted(count=sum(found.dependents_count - len(found.dependents) for found in traces)),
    )


def _trace(nodes: Nodes, row: ObjectRow, limit: int) -> Trace:
    view = nodes.view
    chain, notes = _managers(view, row)
    appliers = [each for each in (row, *chain) if _category(each) is Category.APPLIER]
    fed = row if _category(row) in _FED else None
    sources = [(each, _origins(view, each)) for each in ([fed] if fed else []) + appliers]
    known = {row.id, *(each.id for each in chain)}
    dependents = [each for each in _dependents(nodes, row) if each.id not in known]
    return Trace(
        object=_step(view, row),
        managed_by=tuple(_step(view, each) for each in chain),
        sources=tuple(
            TraceSource(resolved_for=view.ref(each), steps=tuple(_step(view, origin) for origin in origins))
            for each, origins in sources
            if origins
        ),
        unmanaged=not appliers,
        dependents=tuple(_step(view, each) for each in dependents[:limit]),
        dependents_count=len(dependents),
        notes=tuple(notes),
    )


def _managers(view: View, row: ObjectRow) -> tuple[list[ObjectRow], list[str]]:
    """Owners, then appliers up to the top; nobody twice: a bootstrap applies itself."""
    chain: list[ObjectRow] = []
    notes: list[str] = []
    seen = {row.id}
    here = row
    while len(chain) < HIGHEST:
        above = [each for each in _above(view, here) if each.id not in seen]
        if not above:
            return chain, notes
        if len(above) > 1:
            names = ", ".join(_named(each) for each in above[1:4])
            notes.append(f"{_named(here)} is also claimed by {names}")
        here = above[0]
        seen.add(here.id)
        chain.append(here)
    notes.append(f"there is more above {_named(here)}")
    return chain, notes


def _above(view: View, row: ObjectRow) -> list[ObjectRow]:
    """Who is directly above: the owner, else who lists it as applied, else whom its labels name."""
    owners = _ends(view, (edge.dst for edge in view.outgoing([row.id], (Relation.OWNER,))))
    if owners:
        return owners
    claims = claimed_by({"metadata": {"labels": row.labels}})
    listed = _ends(view, (edge.src for edge in view.incoming([row.id], (Relation.MANAGES,))))
    if listed:
        return sorted(listed, key=lambda each: (each.key not in claims, not each.present, _place(each)))
    labelled = [
        each
        for key in claims
        for each in view.objects(
            clusters=[row.cluster],
            group=key.group,
            kind=key.kind,
            namespace=key.namespace,
            name=key.name,
            present=None,
        )
    ]
    return [each for each in labelled if each.id != row.id]


def _ends(view: View, ids: Iterable[int]) -> list[ObjectRow]:
    return sorted(view.by_ids(sorted(set(ids))).values(), key=_place)


def _origins(view: View, applier: ObjectRow) -> list[ObjectRow]:
    """What feeds it, nearest first: chart, repository; artifact, its generator, the generator's sources."""
    found: dict[int, ObjectRow] = {applier.id: applier}
    waiting = deque([(applier, 0)])
    while waiting:
        row, depth = waiting.popleft()
        if depth == SOURCES_DEEP:
            continue
        relations = (Relation.SOURCE,) if _category(row) is Category.GENERATOR else _FEEDS
        for other in _ends(view, (edge.dst for edge in view.outgoing([row.id], relations))):
            if other.id not in found and _category(other) in _FED:
                found[other.id] = other
                waiting.append((other, depth + 1))
    return list(found.values())[1:]


def _dependents(nodes: Nodes, row: ObjectRow) -> list[ObjectRow]:
    """Who would feel it, those that are not well first, then the nearest."""
    area = load_neighbourhood(
        nodes.view,
        [row.id],
        direction="down",
        depth=DEPENDENTS_DEEP,
        limit=WIDEST,
        nodes=nodes,
        linked=False,
    )
    return sorted(
        (each for each in area.rows.values() if each.id != row.id),
        key=lambda each: (each.health == Health.READY, area.depth[each.id], _place(each)),
    )


def _step(view: View, row: ObjectRow) -> TraceStep:
    state = node_state(view, row)
    spec = _spec(view, row) if _category(row) in _FED and row.present else {}
    unwell = state.health not in (Health.READY, MISSING)
    return TraceStep(
        object=view.ref(row),
        health=state.health,
        reason=state.reason,
        message=" ".join(row.message.split()) if unwell else "",
        suspended=state.health == Health.SUSPENDED,
        revision=short_revision(row.revision),
        url=text(spec.get("url")) or text(spec.get("endpoint")),
    )


def _spec(view: View, row: ObjectRow) -> dict[str, object]:
    return mapping(mapping(view.documents([row.id]).get(row.id)).get("spec"))


def _category(row: ObjectRow) -> Category | None:
    kind = flux_kind(GroupKind(row.group, row.kind))
    return kind.category if kind else None


def _named(row: ObjectRow) -> str:
    return f"{row.kind}/{row.namespace}/{row.name}" if row.namespace else f"{row.kind}/{row.name}"


def _place(row: ObjectRow) -> tuple[str, str, str, str, str]:
    return (row.cluster, row.kind, row.namespace, row.name, row.group)

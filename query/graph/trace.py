"""From any object up to where it comes from, with the state of all on the way; and who depends on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from mirror.flux.claims import claimed_by_labels
from mirror.flux.fields import mapping, text
from mirror.flux.kinds import Category, flux_kind
from mirror.flux.revisions import short_revision
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow, identity
from query.contents import decided_documents
from query.derived.nodes import Nodes
from query.graph.neighbourhood import reach
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

DEPENDENTS_DEEP = 12
_FEEDS = (Relation.SOURCE, Relation.GENERATES)
_FED = frozenset({Category.SOURCE, Category.GENERATOR})
_CARRYING = frozenset({*_FED, Category.APPLIER})


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
    traces = _traces(Nodes(view), rows, max(0, limit))
    return Traces(
        traces=tuple(traces),
        freshness=view.freshness(),
        omitted=Omitted(count=sum(found.dependents_count - len(found.dependents) for found in traces)),
    )


class _Chain(NamedTuple):
    """Who is above an object, the nearest first, and what there is to say about it."""

    rows: list[ObjectRow]
    notes: list[str]


def _traces(nodes: Nodes, rows: Sequence[ObjectRow], limit: int) -> list[Trace]:
    """One per object. Each step is taken for all of them at once: in many clusters they look alike."""
    chains = _chains(nodes, rows)
    ways = [[row, *above.rows] for row, above in zip(rows, chains, strict=True)]
    origins = _origins(nodes, [each for way in ways for each in way if _category(each) in _CARRYING])
    dependents = _dependents(nodes, rows)
    steps = _Steps(nodes.view, chain(*ways, *origins.values(), *dependents))
    return [
        _trace(steps, way, above.notes, origins, below, limit)
        for way, above, below in zip(ways, chains, dependents, strict=True)
    ]


class _Steps:
    """Objects as steps of traces. What feeds others is shown with its address, which is read once for all
    objects that say the same."""

    def __init__(self, view: View, rows: Iterable[ObjectRow]) -> None:
        """rows: of which a step may be made."""
        self._view = view
        fed = {row.id: row for row in rows if row.present and _category(row) in _FED}
        documents = decided_documents(view, fed.values())
        self._addresses = {row_id: _address(document) for row_id, document in documents.items()}

    def of(self, row: ObjectRow) -> TraceStep:
        state = node_state(self._view, row)
        unwell = state.health not in (Health.READY, MISSING)
        return TraceStep(
            object=self._view.ref(row),
            health=state.health,
            reason=state.reason,
            message=" ".join(row.message.split()) if unwell else "",
            suspended=state.health == Health.SUSPENDED,
            revision=short_revision(row.revision),
            url=self._addresses.get(row.id, ""),
        )


def _address(document: Mapping[str, Any]) -> str:
    spec = mapping(document.get("spec"))
    return text(spec.get("url")) or text(spec.get("endpoint"))


def _trace(
    steps: _Steps,
    way: Sequence[ObjectRow],
    notes: Sequence[str],
    origins: Mapping[int, Sequence[ObjectRow]],
    below: Sequence[ObjectRow],
    limit: int,
) -> Trace:
    """way: the object, and who is above it."""
    appliers = [each for each in way if _category(each) is Category.APPLIER]
    fed = [way[0]] if _category(way[0]) in _FED else []
    on_the_way = {each.id: steps.of(each) for each in way}
    own, *above = on_the_way.values()
    dependents = [each for each in below if each.id not in on_the_way]
    return Trace(
        object=own,
        managed_by=tuple(above),
        sources=tuple(
            TraceSource(on_the_way[each.id].object, tuple(map(steps.of, origins[each.id])))
            for each in (*fed, *appliers)
            if origins[each.id]
        ),
        unmanaged=not appliers,
        dependents=tuple(map(steps.of, dependents[:limit])),
        dependents_count=len(dependents),
        notes=tuple(notes),
    )


def _chains(nodes: Nodes, rows: Sequence[ObjectRow]) -> list[_Chain]:
    """Owners, then appliers up to the top; nobody twice: a bootstrap applies itself."""
    chains = [_Chain([row], []) for row in rows]
    climbing = chains
    for _ in range(HIGHEST):
        if not climbing:
            break
        above = _above(nodes, [each.rows[-1] for each in climbing])
        climbing = [each for each in climbing if _climb(each, above)]
    for each in climbing:
        each.notes.append(f"there is more above {_named(each.rows[-1])}")
    return [_Chain(each.rows[1:], each.notes) for each in chains]


def _climb(chain: _Chain, above: Mapping[int, Sequence[ObjectRow]]) -> bool:
    """One step up, if there is one."""
    here = chain.rows[-1]
    seen = {each.id for each in chain.rows}
    fresh = [each for each in above.get(here.id, ()) if each.id not in seen]
    if len(fresh) > 1:
        names = ", ".join(_named(each) for each in fresh[1:4])
        chain.notes.append(f"{_named(here)} is also claimed by {names}")
    chain.rows.extend(fresh[:1])
    return bool(fresh)


def _above(nodes: Nodes, rows: Sequence[ObjectRow]) -> dict[int, list[ObjectRow]]:
    """Who is directly above each: the owner, else who lists it as applied, else whom its labels name."""
    known = {row.id: row for row in rows}
    owned = nodes.outgoing(known, (Relation.OWNER.value,))
    owners = _ends(nodes, ((edge.src, edge.dst) for edge in owned))
    free = [row_id for row_id in known if row_id not in owners]
    managed = nodes.incoming(free, (Relation.MANAGES.value,)) if free else []
    listing = _ends(nodes, ((edge.dst, edge.src) for edge in managed))
    for row_id, found in listing.items():
        if len(found) > 1:
            _order_by_claim(found, claimed_by_labels(known[row_id].labels))
    return owners | listing | _claimants(nodes, [known[row_id] for row_id in free if row_id not in listing])


def _order_by_claim(appliers: list[ObjectRow], named: Collection[ObjectKey]) -> None:
    """Those that the labels name come first, then those that exist."""
    appliers.sort(key=lambda each: (each.key not in named, not each.present, identity(each)))


def _claimants(nodes: Nodes, rows: Iterable[ObjectRow]) -> dict[int, list[ObjectRow]]:
    """Those whom the labels name, as far as they are known in the same cluster; nobody claims itself."""
    places = {
        row.id: [(row.cluster, key) for key in claimed_by_labels(row.labels) if key != row.key]
        for row in rows
    }
    wanted = [*chain(*places.values())]
    known = {(row.cluster, row.key): row for row in nodes.view.by_keys(wanted)} if wanted else {}
    return {row_id: [known[place] for place in ours if place in known] for row_id, ours in places.items()}


def _ends(nodes: Nodes, pairs: Iterable[tuple[int, int]]) -> dict[int, list[ObjectRow]]:
    """By object, those at the other ends of its edges, by name."""
    ends: dict[int, set[int]] = defaultdict(set)
    for row_id, end in pairs:
        ends[row_id].add(end)
    rows = nodes.rows(sorted(set(chain(*ends.values()))))
    return {row_id: sorted((rows[end] for end in found), key=identity) for row_id, found in ends.items()}


def _origins(nodes: Nodes, rows: Iterable[ObjectRow]) -> dict[int, list[ObjectRow]]:
    """What feeds each, nearest first: chart, repository; artifact, its generator, the generator's sources."""
    found = {row.id: {row.id: row} for row in rows}
    level = {row_id: list(known.values()) for row_id, known in found.items()}
    for _ in range(SOURCES_DEEP):
        feeding = _feeding(nodes, {each.id: each for each in chain(*level.values())})
        if not feeding:
            break
        for row_id, here in level.items():
            known = found[row_id]
            beyond = (other for each in here for other in feeding.get(each.id, ()))
            level[row_id] = [*{other.id: other for other in beyond if other.id not in known}.values()]
            known.update((other.id, other) for other in level[row_id])
    return {row_id: list(known.values())[1:] for row_id, known in found.items()}


def _feeding(nodes: Nodes, rows: Mapping[int, ObjectRow]) -> dict[int, list[ObjectRow]]:
    """The sources and generators that feed each.

    What a generator generates does not feed it, nor does what need not be there: Helm's record of a release.
    """
    edges = nodes.outgoing(rows, [relation.value for relation in _FEEDS]) if rows else []
    ends = _ends(
        nodes,
        (
            (edge.src, edge.dst)
            for edge in edges
            if edge.relation == Relation.SOURCE
            or not (edge.optional or _category(rows[edge.src]) is Category.GENERATOR)
        ),
    )
    return {row_id: [each for each in found if _category(each) in _FED] for row_id, found in ends.items()}


def _dependents(nodes: Nodes, rows: Sequence[ObjectRow]) -> list[list[ObjectRow]]:
    """Who would feel each, those that are not well first, then the nearest."""
    areas = reach(nodes, [row.id for row in rows], direction="down", depth=DEPENDENTS_DEEP)
    near = nodes.rows(dict.fromkeys(chain(*areas)))
    return [
        sorted(
            (near[row_id] for row_id in area if row_id != row.id),
            key=lambda each: (each.health == Health.READY, area[each.id], identity(each)),
        )
        for row, area in zip(rows, areas, strict=True)
    ]


def _category(row: ObjectRow) -> Category | None:
    return _category_of(row.group, row.kind)


@lru_cache(maxsize=256)
def _category_of(group: str, kind: str) -> Category | None:
    known = flux_kind(GroupKind(group, kind))
    return known.category if known else None


def _named(row: ObjectRow) -> str:
    return f"{row.kind}/{row.namespace}/{row.name}" if row.namespace else f"{row.kind}/{row.name}"

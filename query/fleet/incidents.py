"""The same cause seen in several objects or clusters, folded into one incident. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from mirror.clock import to_rfc3339
from mirror.store.rows import ObjectRow
from query.messages import excerpt, is_specific, normal_message, wording
from query.results.answer import ObjectRef
from query.results.fleet import Incident

__all__ = ["fold_incidents"]


def fold_incidents(
    rows: Iterable[ObjectRow], ref: Callable[[ObjectRow], ObjectRef], *, most_objects: int
) -> list[Incident]:
    """Incidents of at least two objects, the widest first.

    Two failures belong together when the same object (kind, namespace, name) fails for the same reason in two
    clusters and the messages say the same but for the names in them; or when their messages are equal but
    for passing parts and name something specific.
    """
    incidents = [_incident(group, ref, most_objects) for group in _together(rows) if len(group) > 1]
    return sorted(incidents, key=lambda incident: (-len(incident.clusters), -incident.count, incident.cause))


def _together(rows: Iterable[ObjectRow]) -> Iterable[list[ObjectRow]]:
    """The rows in groups that hang together over any chain of common signs."""
    parents: dict[Hashable, Hashable] = {}
    listed = list(rows)
    for row in listed:
        for sign in _signs(row):
            parents[_root(parents, sign)] = _root(parents, row.id)
    groups: dict[Hashable, list[ObjectRow]] = defaultdict(list)
    for row in listed:
        groups[_root(parents, row.id)].append(row)
    return groups.values()


def _root(parents: dict[Hashable, Hashable], item: Hashable) -> Hashable:
    while parents.setdefault(item, item) != item:
        parents[item] = parents[parents[item]]
        item = parents[item]
    return item


def _signs(row: ObjectRow) -> Iterable[Hashable]:
    message = normal_message(row.message, row.cluster)
    yield row.key, row.reason, wording(message)
    if is_specific(message):
        yield message


def _incident(
    rows: Sequence[ObjectRow], ref: Callable[[ObjectRow], ObjectRef], most_objects: int
) -> Incident:
    ordered = sorted(rows, key=lambda row: (row.cluster, row.kind, row.namespace, row.name))
    began = [row for row in ordered if row.since is not None]
    first = min(began, key=lambda row: row.since or 0.0, default=ordered[0])
    cause = f"{first.reason}: {first.message}" if first.message else first.reason
    return Incident(
        cause=excerpt(cause),
        clusters=tuple(sorted({row.cluster for row in ordered})),
        objects=tuple(ref(row) for row in ordered[:most_objects]),
        since="" if first.since is None else to_rfc3339(first.since),
        count=len(ordered),
    )

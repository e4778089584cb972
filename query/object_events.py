"""get_kubernetes_events: what Kubernetes and Flux have said about objects, also what servers have dropped."""

from __future__ import annotations

import re
from functools import partial
from itertools import product

from mirror.clock import to_rfc3339
from mirror.keys import GroupKind, ObjectKey
from mirror.settings import WriterSettings
from mirror.store.rows import EventRow
from query.errors import SelectorError
from query.owned import OWNED_KINDS, WORKLOADS, owned_by, was_owned
from query.places import searched
from query.results.answer import ObjectRef, Omitted
from query.results.kubernetes import EventItem, Events
from query.selectors import nothing_near, resolve_kind
from query.syntax.patterns import parse_pattern
from query.syntax.spans import parse_since
from query.view import View

__all__ = ["get_events"]

EVENT = GroupKind("", "Event")

MOST = 10_000
"""Newest events of each kind that one question looks through; of older ones the answer says that they are."""

TYPES = ("Normal", "Warning")


def get_events(
    view: View,
    *,
    api_version: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    type: str | None = None,
    since: str | None = None,
    grep: str | None = None,
    limit: int = 100,
) -> Events:
    """Events about the objects that fit, the newest first; without arguments, about everything.

    kind and name of a workload: also about the ReplicaSets, Jobs and Pods that it owns or has owned.
    namespace: that of the object. since: a span or a time. grep: a pattern for reason, message and
    `Kind/namespace/name`, case-insensitive. limit: events; 0 means all.
    Events are kept for a week after they were last seen; API servers drop them after an hour.
    Raises UnknownKindError, SelectorError.
    """
    group_kind = resolve_kind(view, kind, api_version) if kind else None
    pattern = parse_pattern(grep) if grep else None
    wanted_type = _type(type) if type else None
    since_at = parse_since(since, view.now) if since else None
    view.touch(EVENT, *([group_kind] if group_kind else []))
    rows, more = _rows(view, group_kind, name, namespace or None, wanted_type, since_at)
    if pattern is not None:
        rows = [row for row in rows if _says(row, pattern)]
    shown = rows[:limit] if limit > 0 else rows
    return Events(
        events=tuple(_item(view, row) for row in shown),
        searched=_searched(view, group_kind, name, namespace) + _among(wanted_type, since, grep),
        kept_s=WriterSettings().event_retention_s,
        hint="" if rows else _hint(view, group_kind, name, namespace),
        freshness=view.freshness(),
        omitted=Omitted.of(len(rows) - len(shown), more=more),
    )


def _hint(view: View, group_kind: GroupKind | None, name: str | None, namespace: str | None) -> str:
    """Of an object that exists nothing needs to be told; of one that never did it must not look well."""
    if group_kind and name and view.objects(**group_kind._asdict(), name=name, namespace=namespace, limit=1):
        return ""
    near = nothing_near(view, group_kind, name, namespace)
    if group_kind and name:
        nobody = f"no {group_kind.kind} of that name is known"
        return "; ".join(filter(None, (nobody, near)))
    return near


def _type(text: str) -> str:
    found = text.strip().capitalize()
    if found not in TYPES:
        raise SelectorError(f"no event has the type `{text[:80]}`", hint="Normal or Warning")
    return found


def _rows(
    view: View,
    group_kind: GroupKind | None,
    name: str | None,
    namespace: str | None,
    type: str | None,
    since: float | None,
) -> tuple[list[EventRow], bool]:
    """(the newest events, whether there are older ones that were not looked at)."""
    if group_kind and name and group_kind in WORKLOADS:
        rows, more = _of_workload(view, group_kind, name, namespace, type, since)
    else:
        rows = view.find_events(
            kind=group_kind.kind if group_kind else None,
            name=name,
            namespace=namespace,
            type=type,
            since=since,
            limit=MOST + 1,
        )
        more = len(rows) > MOST
        rows = [row for row in rows[:MOST] if group_kind is None or row.involved.group == group_kind.group]
    return sorted(rows, key=lambda row: -row.last_at), more


def _of_workload(
    view: View,
    group_kind: GroupKind,
    name: str,
    namespace: str | None,
    type: str | None,
    since: float | None,
) -> tuple[list[EventRow], bool]:
    """About the workload and about what is its own: by ownership while it exists, by its name afterwards."""
    workloads = view.objects(**group_kind._asdict(), name=name, namespace=namespace, present=None)
    spaces = {row.namespace for row in workloads} or {namespace or ""}
    find = partial(view.find_events, type=type, since=since, limit=MOST + 1)
    own = find(kind=group_kind.kind, name=name, namespace=namespace)
    owned = view.events_about(owned_by(view, workloads), limit=MOST + 1, since=since, type=type)
    rows, more = own[:MOST] + owned[:MOST], max(len(own), len(owned)) > MOST
    for space, kind in product(sorted(spaces), sorted(OWNED_KINDS)):
        workload = ObjectKey(*group_kind, space, name)
        named = find(kind=kind.kind, namespace=space or None, prefix=f"{name}-")
        more = more or len(named) > MOST
        rows += [row for row in named[:MOST] if was_owned(workload, row.involved)]
    return list({(row.cluster, row.namespace, row.name): row for row in rows}.values()), more


def _says(row: EventRow, pattern: re.Pattern[str]) -> bool:
    return any(map(pattern.search, (row.reason, row.message, str(row.involved))))


def _item(view: View, row: EventRow) -> EventItem:
    involved = row.involved
    return EventItem(
        object=ObjectRef(
            row.cluster,
            view.api_version(row.cluster, involved.group, involved.kind),
            involved.kind,
            involved.namespace or None,
            involved.name,
        ),
        type=row.type,
        reason=row.reason,
        message=row.message,
        count=row.count,
        first_at=to_rfc3339(row.first_at),
        last_at=to_rfc3339(row.last_at),
        component=row.component,
        name=row.name,
    )


def _searched(view: View, group_kind: GroupKind | None, name: str | None, namespace: str | None) -> str:
    words = [word for word in (group_kind.kind if group_kind else "", name or "") if word]
    places = searched(view, EVENT, name=None, namespace=namespace, selector=None)
    return f"about {'/'.join(words) or 'anything'} {places.removeprefix('Event ')}"


def _among(type: str | None, since: str | None, grep: str | None) -> str:
    """What was asked of the events themselves: others may be there."""
    said = "that fit the pattern" if grep else ""
    parts = (f"of type {type}" if type else "", f"since {since}" if since else "", said)
    return "".join(f", {part}" for part in parts if part)

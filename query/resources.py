"""get_kubernetes_resources: objects by kind, name, namespace and labels, from every chosen cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mirror.clock import to_rfc3339
from mirror.keys import GroupKind, parse_api_version
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.deployments import HISTORY, deployment_history
from query.errors import SelectorError
from query.event_resources import event_items, find_events
from query.places import searched
from query.results.answer import Omitted, ResourceItem, Resources
from query.selectors import nothing_near, resolve_kind
from query.syntax.fields import FieldPath, parse_field
from query.syntax.labels import parse_selector
from query.view import View

__all__ = ["get_resources"]

EVENT = GroupKind("", "Event")

TIERS: tuple[tuple[str, ...], ...] = (
    (Health.FAILED,),
    (Health.PROGRESSING,),
    (Health.SUSPENDED,),
    (Health.READY, Health.UNKNOWN),
)
"""What needs attention comes first, so that a limit cuts off what is fine."""

_TIER = {health: number for number, healths in enumerate(TIERS) for health in healths}


def get_resources(
    view: View,
    *,
    api_version: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    selector: str | None = None,
    fields: Sequence[str] | None = None,
    limit: int = 50,
) -> Resources:
    """Objects that fit every argument given; none is a normal answer that says where it looked.

    kind None: every kind (of the group, when `api_version` names one). fields: paths, projected instead of
    the manifest; `history` is what was deployed when. A manifest is only given when `name` is. limit: items;
    0 means all.
    Kind Event is answered from the events the mirror keeps, the newest first, also those that the servers
    have dropped; each has a manifest.
    Raises UnknownKindError, SelectorError.
    """
    paths = [parse_field(text) for text in fields or ()]
    group_kind = resolve_kind(view, kind, api_version) if kind else None
    view.touch(*([group_kind] if group_kind else []))
    more = False
    if group_kind == EVENT:
        items, count, more = _events(view, name, namespace, selector, paths, limit)
    else:
        if group_kind and limit > 0 and not (name or namespace or selector):
            rows, count = _most_urgent(view, group_kind, limit)
        else:
            group, _ = parse_api_version(api_version) if api_version else (None, "")
            filters = group_kind._asdict() if group_kind else {"group": group}
            rows = view.objects(**filters, name=name, namespace=namespace or None)
            rows, count = _selected(rows, selector, limit)
        documents = view.documents([row.id for row in rows]) if name or paths else {}
        items = [_item(view, row, documents, paths) for row in rows]
    return Resources(
        items=tuple(items),
        searched=searched(view, group_kind, name=name, namespace=namespace, selector=selector),
        hint="" if items else nothing_near(view, group_kind, name, namespace),
        freshness=view.freshness(),
        omitted=Omitted.of(count - len(items), more=more),
    )


def _most_urgent(view: View, group_kind: GroupKind, limit: int) -> tuple[list[ObjectRow], int]:
    """(the first rows of a kind, how many there are); the others are counted, not read."""
    counts: Counter[str] = Counter()
    for *_, health, number in view.count_by_health({group_kind}):
        counts[health] += number
    rows: list[ObjectRow] = []
    for tier in TIERS:
        if len(rows) < limit and any(counts[health] for health in tier):
            rows += view.objects(**group_kind._asdict(), health=tier, limit=limit - len(rows))
    return rows, counts.total()


def _selected(rows: list[ObjectRow], selector: str | None, limit: int) -> tuple[list[ObjectRow], int]:
    """(the first rows that the selector matches, how many it matches)."""
    if selector:
        wanted = parse_selector(selector)
        rows = [row for row in rows if wanted.matches(row.labels)]
    rows.sort(key=lambda row: _TIER[row.health])
    return rows[:limit] if limit > 0 else rows, len(rows)


def _events(
    view: View,
    name: str | None,
    namespace: str | None,
    selector: str | None,
    paths: Sequence[FieldPath],
    limit: int,
) -> tuple[list[ResourceItem], int, bool]:
    """(the first events, how many fit, whether there are older ones that were not looked at)."""
    if selector:
        raise SelectorError("events have no labels to select by", hint="use kind and name of their object")
    rows, more = find_events(view, name, namespace)
    return event_items(view, rows[:limit] if limit > 0 else rows, paths), len(rows), more


def _item(
    view: View, row: ObjectRow, documents: Mapping[int, dict[str, Any]], paths: Sequence[FieldPath]
) -> ResourceItem:
    document = documents.get(row.id)
    return ResourceItem(
        object=view.ref(row),
        health=row.health,
        reason=row.reason,
        message=row.message,
        since=_time(row.since),
        revision=row.revision,
        created_at=_time(row.created_at),
        manifest=None if paths else document,
        fields={path.text: _projected(path, document) for path in paths} if paths else None,
    )


def _projected(path: FieldPath, document: dict[str, Any] | None) -> Any:
    return deployment_history(document) if path.text == HISTORY else path.project(document)


def _time(seconds: float | None) -> str:
    return "" if seconds is None else to_rfc3339(seconds)

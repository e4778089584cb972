"""Events as resources: from the mirror's own memory, which is longer than the servers'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirror.clock import to_rfc3339
from mirror.store.rows import EventRow
from query.results.answer import ObjectRef, ResourceItem
from query.syntax.fields import FieldPath
from query.view import View

__all__ = ["event_items", "find_events"]

MOST = 10_000
"""Newest events that one question looks at; of older ones the answer says that they are."""


def find_events(view: View, name: str | None, namespace: str | None) -> tuple[list[EventRow], bool]:
    """(the events of that name and namespace, which is that of the object they are about, newest first;
    whether there are older ones that were not looked at)."""
    rows = view.find_events(namespace=namespace or None, limit=MOST + 1)
    return [row for row in rows[:MOST] if name is None or row.name == name], len(rows) > MOST


def event_items(view: View, rows: Sequence[EventRow], paths: Sequence[FieldPath]) -> list[ResourceItem]:
    """health is "": an event has a type instead, Normal or Warning, in its manifest."""
    return [_item(view, row, paths) for row in rows]


def _item(view: View, row: EventRow, paths: Sequence[FieldPath]) -> ResourceItem:
    manifest = _manifest(view, row)
    return ResourceItem(
        object=ObjectRef(row.cluster, "v1", "Event", row.namespace or None, row.name),
        health="",
        reason=row.reason,
        message=row.message,
        since=to_rfc3339(row.last_at),
        revision="",
        created_at=to_rfc3339(row.first_at),
        manifest=None if paths else manifest,
        fields={path.text: path.project(manifest) for path in paths} if paths else None,
    )


def _manifest(view: View, row: EventRow) -> dict[str, Any]:
    """A core/v1 Event with what is kept of it."""
    involved = row.involved
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": row.name, "namespace": row.namespace},
        "involvedObject": {
            "apiVersion": view.api_version(row.cluster, involved.group, involved.kind),
            "kind": involved.kind,
            "namespace": involved.namespace,
            "name": involved.name,
        },
        "type": row.type,
        "reason": row.reason,
        "message": row.message,
        "source": {"component": row.component},
        "count": row.count,
        "firstTimestamp": to_rfc3339(row.first_at),
        "lastTimestamp": to_rfc3339(row.last_at),
    }

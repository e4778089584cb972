"""From an object as the server sent it to the record that is stored. Pure; runs once per object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from mirror.clock import parse_time
from mirror.flux.content import content_digest
from mirror.flux.events import event_record
from mirror.flux.health import judge
from mirror.flux.mentions import mentions
from mirror.flux.redaction import Redactor
from mirror.flux.references import references
from mirror.flux.revisions import applied_revision
from mirror.flux.suspension import suspended_since
from mirror.keys import ObjectKey, Resource, ScopeKey
from mirror.kube.frames import EventType, WatchEvent
from mirror.records import EventRecord, Health, Record
from mirror.store.changes import Deletion, ObjectBatch

__all__ = ["is_event", "to_batch", "to_event", "to_record"]

_encode = msgspec.json.Encoder().encode


def is_event(resource: Resource) -> bool:
    """Core events have a table of their own: they outlive the server's copy and carry no edges."""
    return resource.kind == "Event" and resource.group == ""


def to_record(obj: dict[str, Any], resource: Resource, redactor: Redactor) -> Record:
    """Redact first, then judge: nothing that is derived from an object can hold what was masked."""
    clean = redactor.redact(obj)
    metadata = clean.get("metadata") or {}
    verdict = judge(clean)
    since = verdict.since
    if verdict.health is Health.SUSPENDED and since is None:
        since = suspended_since(obj)
    revision = applied_revision(clean)
    return Record(
        key=ObjectKey(
            resource.group, resource.kind, metadata.get("namespace") or "", metadata.get("name") or ""
        ),
        version=resource.version,
        uid=metadata.get("uid") or "",
        resource_version=metadata.get("resourceVersion") or "",
        generation=metadata.get("generation") or 0,
        observed_generation=verdict.observed_generation,
        created_at=parse_time(metadata.get("creationTimestamp")),
        health=verdict.health,
        reason=verdict.reason,
        message=verdict.message,
        since=since,
        revision=revision,
        labels=metadata.get("labels") or {},
        references=references(clean) if resource.watchable else (),  # a measurement has labels of a Pod
        mentions=mentions(clean),
        digest=content_digest(clean, health=verdict.health, reason=verdict.reason, revision=revision),
        body=_encode(clean),
    )


def to_event(obj: dict[str, Any], redactor: Redactor) -> EventRecord:
    """An Event, its message redacted."""
    return event_record(redactor.redact(obj))


def to_batch(
    scope: ScopeKey,
    resource: Resource,
    events: Sequence[WatchEvent],
    redactor: Redactor,
    resource_version: str,
    at: float,
) -> ObjectBatch:
    """What some watch events come to: of each object only the last state, of each one that went its end.

    A deletion followed by a new object of the same name keeps both facts. Deletions of core events are
    dropped: the server forgets them after an hour, we keep them longer.
    """
    last: dict[tuple[str, str], WatchEvent] = {}
    deletions: list[Deletion] = []
    for event in events:
        if event.type is EventType.BOOKMARK:
            continue
        metadata = event.object.get("metadata") or {}
        name = (metadata.get("namespace") or "", metadata.get("name") or "")
        if event.type is EventType.DELETED:
            last.pop(name, None)
            key = ObjectKey(resource.group, resource.kind, *name)
            deletions.append(Deletion(key, metadata.get("uid") or "", event.resource_version))
        else:
            last[name] = event
    changed = [event.object for event in last.values()]
    if is_event(resource):
        return ObjectBatch(
            scope=scope,
            events=tuple(to_event(obj, redactor) for obj in changed),
            resource_version=resource_version,
            received_at=at,
        )
    return ObjectBatch(
        scope=scope,
        records=tuple(to_record(obj, resource, redactor) for obj in changed),
        deletions=tuple(deletions),
        resource_version=resource_version,
        received_at=at,
    )

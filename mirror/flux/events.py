"""Events: one shape for what several recorders write."""

from __future__ import annotations

from typing import Any

from mirror.clock import parse_time
from mirror.flux.fields import integer, mapping, metadata, object_key, text
from mirror.keys import ObjectKey
from mirror.records import EventRecord

__all__ = ["event_record"]


def event_record(obj: dict[str, Any]) -> EventRecord:
    """A record of a core/v1 Event (or events.k8s.io/v1 with its renamed fields).

    Redacts nothing: pass what `Redactor.redact` returned. Times that nobody wrote are 0.0.
    """
    meta = metadata(obj)
    involved = mapping(obj.get("involvedObject")) or mapping(obj.get("regarding"))
    series = mapping(obj.get("series"))
    created = parse_time(text(meta.get("creationTimestamp"))) or 0.0
    moment = parse_time(text(obj.get("eventTime")))
    first = _first_time(obj, "firstTimestamp", "deprecatedFirstTimestamp") or moment or created
    last = (
        parse_time(text(series.get("lastObservedTime")))
        or _first_time(obj, "lastTimestamp", "deprecatedLastTimestamp")
        or moment
        or created
    )
    return EventRecord(
        uid=text(meta.get("uid")),
        namespace=text(meta.get("namespace")),
        name=text(meta.get("name")),
        resource_version=text(meta.get("resourceVersion")),
        involved=_involved(involved),
        involved_uid=text(involved.get("uid")),
        type=text(obj.get("type")) or "Normal",
        reason=text(obj.get("reason")),
        message=(text(obj.get("message")) or text(obj.get("note"))).strip(),
        component=_component(obj),
        count=integer(series.get("count")) or integer(obj.get("count")) or 1,
        first_at=first,
        last_at=max(first, last),
    )


def _involved(reference: dict[str, Any]) -> ObjectKey:
    """The involved object; events name its version and sometimes only its kind."""
    return object_key({**reference, "metadata": reference})


def _component(obj: dict[str, Any]) -> str:
    source = mapping(obj.get("source")) or mapping(obj.get("deprecatedSource"))
    return (
        text(source.get("component"))
        or text(obj.get("reportingComponent"))
        or text(obj.get("reportingController"))
    )


def _first_time(obj: dict[str, Any], *fields: str) -> float | None:
    return next((time for field in fields if (time := parse_time(text(obj.get(field)))) is not None), None)

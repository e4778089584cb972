from __future__ import annotations

from typing import Any

import pytest

from mirror.clock import parse_time
from mirror.flux.events import event_record
from mirror.flux.redaction import Redactor
from mirror.keys import ObjectKey
from tests.mirror.flux.recorded import SCENARIOS, objects

BASE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {
        "name": "web.1",
        "namespace": "apps",
        "uid": "u1",
        "resourceVersion": "7",
        "creationTimestamp": "2026-11-22T09:00:00Z",
    },
    "involvedObject": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "namespace": "apps",
        "name": "web",
        "uid": "u2",
    },
    "reason": "ScalingReplicaSet",
    "message": "Scaled up\n",
    "type": "Normal",
}


def test_an_event_of_the_old_recorder() -> None:
    event = event_record(
        {
            **BASE,
            "source": {"component": "deployment-controller"},
            "count": 3,
            "firstTimestamp": "2026-11-22T09:01:00Z",
            "lastTimestamp": "2026-11-22T09:05:00Z",
        }
    )
    assert event.involved == ObjectKey("apps", "Deployment", "apps", "web")
    assert (event.involved_uid, event.component, event.count) == ("u2", "deployment-controller", 3)
    assert (event.type, event.reason, event.message) == ("Normal", "ScalingReplicaSet", "Scaled up")
    assert event.first_at == parse_time("2026-11-22T09:01:00Z")
    assert event.last_at == parse_time("2026-11-22T09:05:00Z")


def test_an_event_of_the_scheduler_has_only_its_event_time() -> None:
    event = event_record(
        {
            **BASE,
            "eventTime": "2026-11-22T09:02:00.123456Z",
            "firstTimestamp": None,
            "source": {},
            "reportingComponent": "default-scheduler",
        }
    )
    assert event.first_at == event.last_at == parse_time("2026-11-22T09:02:00.123456Z")
    assert (event.component, event.count) == ("default-scheduler", 1)


def test_a_series_says_when_it_was_last_seen() -> None:
    series = {"count": 12, "lastObservedTime": "2026-11-22T09:30:00.000000Z"}
    event = event_record({**BASE, "eventTime": "2026-11-22T09:02:00.000000Z", "series": series})
    assert (event.count, event.last_at) == (12, parse_time("2026-11-22T09:30:00Z"))


def test_without_any_time_the_creation_counts() -> None:
    assert event_record(BASE).last_at == parse_time("2026-11-22T09:00:00Z")


def test_the_newer_api_uses_other_names() -> None:
    event = event_record(
        {
            "metadata": {"name": "x"},
            "regarding": {"kind": "Node", "name": "n1"},
            "note": "gone",
            "reportingController": "node-controller",
            "deprecatedLastTimestamp": "2026-11-22T09:05:00Z",
        }
    )
    assert (event.involved, event.message) == (ObjectKey("", "Node", "", "n1"), "gone")
    assert (event.component, event.last_at) == ("node-controller", parse_time("2026-11-22T09:05:00Z"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_recorded_events_are_complete(scenario: str) -> None:
    redactor = Redactor(b"k" * 32)
    events = [
        event_record(redactor.redact(obj)) for obj in objects(scenario, "faulty") if obj["kind"] == "Event"
    ]
    assert events
    for event in events:
        assert event.uid
        assert event.reason
        assert event.component
        assert event.involved.name
        assert event.first_at <= event.last_at
        assert event.first_at > 0

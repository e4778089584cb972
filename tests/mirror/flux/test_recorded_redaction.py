"""Redaction of real objects: every planted secret disappears, and nothing else does."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from mirror.flux.events import event_record
from mirror.flux.redaction import Redactor
from tests.mirror.flux.recorded import SCENARIOS, Document, objects, watched

REDACTOR = Redactor(b"k" * 32)
CANARY = b"planted-canary-"
# base64 of the marker at its three possible positions, without what depends on its neighbours
ENCODED = [base64.b64encode(b"x" * shift + CANARY)[shift + 1 : -4] for shift in range(3)]

MASKED = {
    ("Alert", "spec.eventMetadata.routingKey"),
    ("ConfigMap", "data.DB_DSN"),
    ("Deployment", "spec.template.spec.containers.[].env.[].value"),
    ("Event", "metadata.annotations.fluxcd.controlplane.io/token"),
    ("Event", "metadata.annotations.helm.toolkit.fluxcd.io/token"),
    ("HelmRelease", "spec.values.admin.password"),
    ("Pod", "spec.containers.[].env.[].value"),
    ("Provider", "spec.address"),
    ("Receiver", "status.conditions.[].message"),
    ("Receiver", "status.webhookPath"),
    ("ReplicaSet", "spec.template.spec.containers.[].env.[].value"),
    ("Widget", "spec.token"),
}
DROPPED = {
    "data",
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    "metadata.managedFields",
}


def recorded(scenario: str) -> list[Document]:
    return [*objects(scenario, "healthy"), *objects(scenario, "faulty"), *watched(scenario)]


def changes(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    """(path, dropped) of everything that redaction changed."""
    if isinstance(before, dict) and isinstance(after, dict):
        assert after.keys() <= before.keys()
        for key, value in before.items():
            below = f"{path}.{key}" if path else key
            if key in after:
                yield from changes(value, after[key], below)
            else:
                yield below, True
    elif isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after)
        for old, new in zip(before, after, strict=True):
            yield from changes(old, new, f"{path}.[]")
    elif before != after:
        yield path, False


def test_the_markers_are_looked_for_in_every_encoding() -> None:
    for shift in range(3):
        text = base64.b64encode(b"a" * shift + CANARY + b"1-git-password")
        assert any(marker in text for marker in ENCODED)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_planted_secret_survives(scenario: str) -> None:
    assert any(CANARY in msgspec.json.encode(obj) for obj in recorded(scenario))
    for obj in recorded(scenario):
        clean = REDACTOR.redact(obj)
        body = msgspec.json.encode(clean)
        assert CANARY not in body
        assert not any(marker in body for marker in ENCODED)
        assert REDACTOR.redact(clean) == clean
        if obj["kind"] == "Event":
            assert CANARY not in msgspec.json.encode(event_record(clean))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_but_secrets_is_lost(scenario: str) -> None:
    for obj in recorded(scenario):
        for path, dropped in changes(obj, REDACTOR.redact(obj)):
            if dropped:
                assert path in DROPPED
                assert path != "data" or obj["kind"] == "Secret"
            else:
                assert (obj["kind"], path) in MASKED


def test_only_the_secret_variables_of_a_container_are_masked() -> None:
    hidden = {
        entry["name"]
        for scenario in SCENARIOS
        for obj in objects(scenario, "faulty")
        if obj["kind"] == "Pod"
        for container in REDACTOR.redact(obj)["spec"]["containers"]
        for entry in container.get("env", ())
        if str(entry.get("value", "")).startswith("<masked:")
    }
    assert hidden == {"API_TOKEN", "SMTP_PASSWORD"}

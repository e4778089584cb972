"""What the mirror says about objects that have not changed: a change of that has to be announced."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mirror.flux.redaction import Redactor
from mirror.informers.transform import to_event, to_record
from mirror.keys import Resource
from mirror.records import PROJECTION

RECORDED = Path(__file__).parents[2] / "data" / "recorded"
SCENARIOS = ("01-git-secret-missing", "16-quota-exceeded")
DIGESTS = {"1": "d9caa52caf351165", "2": "1659204990d4eaab", "3": "1659204990d4eaab"}
"""What each PROJECTION says about the recorded objects."""


def objects() -> Iterator[dict[str, Any]]:
    for scenario in SCENARIOS:
        with gzip.open(RECORDED / scenario / "faulty.jsonl.gz") as lines:
            yield from map(msgspec.json.decode, lines)


def resource_of(obj: dict[str, Any]) -> Resource:
    group, _, version = obj["apiVersion"].rpartition("/")
    return Resource(group, version, obj["kind"], obj["kind"].lower() + "s", namespaced=True)


def test_rows_are_written_anew_when_the_code_says_something_else() -> None:
    redactor = Redactor(b"k" * 32)
    said = hashlib.sha256()
    for obj in objects():
        event = obj["kind"] == "Event"
        record = to_event(obj, redactor) if event else to_record(obj, resource_of(obj), redactor)
        said.update(msgspec.json.encode(record))
    assert said.hexdigest()[:16] == DIGESTS[PROJECTION], (
        "The same objects make other records than before: raise mirror.records.PROJECTION, so that stores of "
        "former versions are written anew, and note the new digest here under it."
    )

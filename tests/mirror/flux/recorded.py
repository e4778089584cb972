"""The recorded clusters, read once per test run. Treat what is returned as read-only."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from mirror.flux.fields import object_key
from mirror.keys import ObjectKey

__all__ = ["FOLDER", "SCENARIOS", "Document", "by_key", "label", "objects", "watched"]

Document = dict[str, Any]

FOLDER = Path(__file__).parents[2] / "data" / "recorded"
SCENARIOS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@cache
def objects(scenario: str, state: str) -> list[Document]:
    """state: healthy or faulty."""
    return _lines(scenario, state)


@cache
def watched(scenario: str) -> list[Document]:
    """The objects of the watch events between healthy and faulty, bookmarks included."""
    return [event["object"] for event in _lines(scenario, "watch")]


@cache
def by_key(scenario: str, state: str) -> dict[ObjectKey, Document]:
    return {object_key(obj): obj for obj in objects(scenario, state)}


@cache
def label(scenario: str) -> Document:
    found: Document = msgspec.json.decode((FOLDER / scenario / "label.json").read_bytes())
    return found


def _lines(scenario: str, name: str) -> list[Document]:
    with gzip.open(FOLDER / scenario / f"{name}.jsonl.gz") as lines:
        return [msgspec.json.decode(line) for line in lines]

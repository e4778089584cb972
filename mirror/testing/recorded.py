"""Recorded clusters: JSON lines of real objects and watch events, put into a FakeCluster."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from mirror.keys import GroupKind, ObjectKey, parse_api_version
from mirror.testing.cluster import FakeCluster
from mirror.testing.crds import crd, flux_crds
from mirror.testing.objects import JSON

__all__ = ["RecordedEvent", "load_object", "load_recorded", "load_watch", "play", "read_recorded"]


class RecordedEvent(NamedTuple):
    """One watch event. t: seconds since the fault. type: ADDED, MODIFIED, DELETED or BOOKMARK."""

    t: float
    type: str
    object: JSON


def read_recorded(folder: Path, which: Literal["healthy", "faulty"] = "healthy") -> list[JSON]:
    """The objects of one state, in the order in which they were last written."""
    objects = list(_lines(folder / f"{which}.jsonl.gz"))
    return sorted(objects, key=lambda obj: int(obj["metadata"]["resourceVersion"]))


def load_recorded(cluster: FakeCluster, folder: Path, which: Literal["healthy", "faulty"] = "healthy") -> int:
    """Load one state into a cluster; how many objects that were.

    uid, creationTimestamp, generation and managedFields stay as recorded; resourceVersions are assigned anew
    in the recorded order, Namespaces before all others. A kind that is not served yet gets a CRD first. The
    cluster takes over the recorded identity (uid of kube-system).
    """
    objects = read_recorded(folder, which)
    for obj in sorted(objects, key=lambda obj: obj["kind"] != "Namespace"):
        load_object(cluster, obj)
    return len(objects)


def load_watch(folder: Path) -> Iterator[RecordedEvent]:
    """The events between the healthy and the faulty state, in order; bookmarks included."""
    for line in _lines(folder / "watch.jsonl.gz"):
        yield RecordedEvent(float(line["t"]), line["type"], line["object"])


def play(cluster: FakeCluster, event: RecordedEvent) -> None:
    """Let one recorded event happen. Bookmarks, and deletions of what is not there, change nothing."""
    if event.type in ("ADDED", "MODIFIED"):
        load_object(cluster, event.object)
    if event.type == "DELETED":
        group, _ = parse_api_version(event.object["apiVersion"])
        metadata = event.object["metadata"]
        key = ObjectKey(group, event.object["kind"], metadata.get("namespace", ""), metadata["name"])
        if cluster.exists(key):
            cluster.delete(key)


def load_object(cluster: FakeCluster, obj: Mapping[str, Any]) -> None:
    """Put one object in place; a kind that is not served yet gets a CRD first."""
    group, version = parse_api_version(obj["apiVersion"])
    kind = GroupKind(group, obj["kind"])
    if not cluster.serves(*kind):
        namespaced = "namespace" in obj["metadata"]
        known = flux_crds().get(kind)
        cluster.create(known or crd(*kind, _plural(obj["kind"]), versions=(version,), namespaced=namespaced))
    cluster.load(obj)


def _plural(kind: str) -> str:
    """A guess, as good as an English ending; only for kinds that nobody describes."""
    name = kind.lower()
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2] not in "aeiou" else f"{name}s"


def _lines(path: Path) -> Iterator[JSON]:
    with gzip.open(path, "rb") as file:
        for line in file:
            yield msgspec.json.decode(line, type=dict[str, Any])

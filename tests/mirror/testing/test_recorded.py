"""Recorded clusters, put into a fake one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mirror.keys import ObjectKey
from mirror.testing import FakeCluster, load_recorded, load_watch, play
from tests.mirror.testing.api import configmap, widget


def seen(obj: dict[str, Any], rv: int, uid: str) -> dict[str, Any]:
    metadata = obj["metadata"] | {
        "resourceVersion": str(rv),
        "uid": uid,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    return obj | {"metadata": metadata}


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    path.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    healthy = [
        seen(configmap("late", "apps"), 60, "u-late"),
        seen(widget("w", "apps"), 50, "u-w"),
        seen(namespace("kube-system"), 4, "u-cluster"),
        seen(namespace("apps"), 70, "u-apps"),
        {
            "apiVersion": "helm.toolkit.fluxcd.io/v2",
            "kind": "HelmRelease",
            "metadata": {
                "name": "r",
                "namespace": "apps",
                "uid": "u-r",
                "resourceVersion": "9",
                "generation": 4,
            },
            "status": {"observedGeneration": 4},
        },
    ]
    events = [
        {"t": 0.5, "type": "MODIFIED", "object": seen(widget("w", "apps", size=2), 71, "u-w")},
        {"t": 1, "type": "BOOKMARK", "object": {"kind": "Widget", "metadata": {"resourceVersion": "72"}}},
        {"t": 2, "type": "DELETED", "object": seen(configmap("late", "apps"), 73, "u-late")},
        {"t": 3, "type": "DELETED", "object": seen(configmap("unknown", "apps"), 74, "u-x")},
    ]
    write_lines(tmp_path / "healthy.jsonl.gz", healthy)
    write_lines(tmp_path / "faulty.jsonl.gz", healthy[1:])
    write_lines(tmp_path / "watch.jsonl.gz", events)
    return tmp_path


def test_a_recorded_state_keeps_identity_and_order(cluster: FakeCluster, folder: Path) -> None:
    assert load_recorded(cluster, folder) == 5
    late = cluster.get(ObjectKey("", "ConfigMap", "apps", "late"))["metadata"]
    early = cluster.get(ObjectKey("lab.example.com", "Widget", "apps", "w"))["metadata"]
    assert (late["uid"], late["creationTimestamp"]) == ("u-late", "2026-01-01T00:00:00Z")
    assert int(late["resourceVersion"]) > int(early["resourceVersion"]) > 1000
    assert cluster.uid == "u-cluster"
    release = cluster.get(ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "apps", "r"))
    assert (release["metadata"]["generation"], release["status"]) == (4, {"observedGeneration": 4})


def test_kinds_nobody_described_get_a_crd(cluster: FakeCluster, folder: Path) -> None:
    load_recorded(cluster, folder, "faulty")
    names = {
        crd["metadata"]["name"] for crd in cluster.list("apiextensions.k8s.io", "CustomResourceDefinition")
    }
    assert names == {"widgets.lab.example.com", "helmreleases.helm.toolkit.fluxcd.io"}
    assert not cluster.exists(ObjectKey("", "ConfigMap", "apps", "late"))


def test_recorded_events_can_be_played(cluster: FakeCluster, folder: Path) -> None:
    load_recorded(cluster, folder)
    events = list(load_watch(folder))
    assert [event.t for event in events] == [0.5, 1.0, 2.0, 3.0]
    changes: list[str] = []
    cluster.subscribe(lambda collection, change: changes.append(f"{change.type} {change.stored.name}"))
    for event in events:
        play(cluster, event)
    assert changes == ["MODIFIED w", "DELETED late"]

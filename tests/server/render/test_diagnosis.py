"""doctor as text."""

from __future__ import annotations

from query.results import Context
from server.diagnosis import (
    ClusterDiagnosis,
    Diagnosis,
    KubeconfigDiagnosis,
    MirrorDiagnosis,
    ScopeTrouble,
    StoreDiagnosis,
)
from server.render.diagnosis import render_diagnosis


def test_what_to_do_stands_below_what_is_wrong() -> None:
    refused = "connection refused"
    advice = "is the VPN up?"
    diagnosis = Diagnosis(
        versions={"flux-mirror": "1.0", "python": "3.11.7"},
        kubeconfig=KubeconfigDiagnosis((Context("a", "https://a", "default", True, False),)),
        store=StoreDiagnosis("/s/store.db", 12_300_000, "0001", 5_700),
        mirror=MirrorDiagnosis(42, 2, "/s/store.db.log"),
        clusters=(
            ClusterDiagnosis("a", "https://a", "v1.35.0", "synced", 60.0, 1.0, "", ""),
            ClusterDiagnosis("b", "https://b", "v1.34.1", "stale", 90.0, 95.0, refused, advice),
            ClusterDiagnosis("c", "https://c", "", "unreachable", 30.0, None, refused, advice),
        ),
        troubles=(ScopeTrouble("a", "pods", "", "forbidden", 180.0, "pods is forbidden", 1, 0, 0, 12),),
    )
    assert render_diagnosis(diagnosis) == (
        """\
2 problems found; what to do stands below

Versions:   flux-mirror 1.0, python 3.11.7
Kubeconfig: 1 context (a), current: a
Store:      /s/store.db: 12.3 MB, 5,700 objects, schema 0001
Mirror:     process 42, 2 readers; log: /s/store.db.log

CLUSTER  STATE        FOR  CONFIRMED  KUBERNETES  SERVER
a        synced       60s  1s ago     v1.35.0     https://a
b        stale        90s  95s ago    v1.34.1     https://b
c        unreachable  30s  never                  https://c

b, c: connection refused
  next: is the VPN up?

Not readable now:
CLUSTER  RESOURCE  STATE      FOR  LISTS  WATCHES  410s  FAILURES  ERROR
a        pods      forbidden  3m   1      0        0     12        pods is forbidden"""
    )

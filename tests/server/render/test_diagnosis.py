"""doctor as text."""

from __future__ import annotations

import msgspec

from query.results.answer import Context
from server.diagnosis import (
    ClusterDiagnosis,
    Counters,
    Diagnosis,
    KubeconfigDiagnosis,
    MirrorDiagnosis,
    ScopeDiagnosis,
    StoreDiagnosis,
)
from server.render.diagnosis import render_diagnosis

REFUSED = "connection refused"
ADVICE = "is the VPN up?"
BUSY = Counters(
    lists=30, watches=61, expirations=2, bytes=1_234_567, lag_s=0.012, heard_age_s=1.0, listed_age_s=90.0
)
CLUSTERS = (
    ClusterDiagnosis(
        cluster="a",
        server="https://a",
        version="v1.35.0",
        state="synced",
        since_s=60.0,
        age_s=1.0,
        remarks=("not readable for this user: pods",),
        scopes=30,
        counters=BUSY,
    ),
    ClusterDiagnosis(
        cluster="b",
        server="https://b",
        version="v1.34.1",
        state="stale",
        since_s=90.0,
        age_s=95.0,
        error=REFUSED,
        advice=ADVICE,
        scopes=30,
    ),
    ClusterDiagnosis(
        cluster="c", server="https://c", state="unreachable", since_s=30.0, error=REFUSED, advice=ADVICE
    ),
)
PODS = ScopeDiagnosis(
    cluster="a",
    resource="pods",
    namespace="",
    state="forbidden",
    since_s=180.0,
    age_s=None,
    resource_version="",
    counters=Counters(failures=12),
    error="pods is forbidden",
)
DIAGNOSIS = Diagnosis(
    versions={"flux-mirror": "1.0", "python": "3.11.7"},
    kubeconfig=KubeconfigDiagnosis((Context("a", "https://a", "default", True, False),)),
    store=StoreDiagnosis("/s/store.db", 12_300_000, "0001", 5_700),
    mirror=MirrorDiagnosis(42, 2, "/s/store.db.log", "1.0", 7_300.0),
    clusters=CLUSTERS,
    troubles=(PODS,),
)


def test_what_to_do_stands_below_what_is_wrong() -> None:
    assert (
        render_diagnosis(DIAGNOSIS)
        == """\
2 problems found; what to do stands below

Versions:   flux-mirror 1.0, python 3.11.7
Kubeconfig: 1 context (a), current: a
Store:      /s/store.db: 12.3 MB, 5,700 objects, schema 0001
Mirror:     process 42 for 2h1m, 2 readers; log: /s/store.db.log

CLUSTER  STATE        FOR  CONFIRMED  KUBERNETES  SERVER
a        synced       60s  1s ago     v1.35.0     https://a
b        stale        90s  95s ago    v1.34.1     https://b
c        unreachable  30s  never                  https://c

b, c: connection refused
  next: is the VPN up?

Worth knowing:
  a: not readable for this user: pods

Not readable now:
CLUSTER  RESOURCE  STATE      FOR  AGE    ERROR
a        pods      forbidden  3m   never  pods is forbidden

Streams since the mirror began:
CLUSTER  SCOPES  LISTS  WATCHES  410s  FAILURES  DUPLICATES  RECEIVED  LAG    EVENT  LISTED  AUDITED
a        30      30     61       2     0         0           1.2 MB    12 ms  1s     90s     not yet
b        30      0      0        0     0         0           0 B              never  never   not yet
c        0       0      0        0     0         0           0 B              never  never   not yet"""
    )


def test_every_scope_has_its_figures_where_that_was_asked_for() -> None:
    text = render_diagnosis(msgspec.structs.replace(DIAGNOSIS, scopes=(PODS,)))
    heading, row = text.splitlines()[-2:]
    assert heading.split()[:7] == ["CLUSTER", "RESOURCE", "STATE", "FOR", "AGE", "LISTS", "WATCHES"]
    assert row.split()[:9] == ["a", "pods", "forbidden", "3m", "never", "0", "0", "0", "12"]
    assert "Not readable now" not in text, "it stands in the table"


def test_what_concerns_the_machine_is_said_once_and_first() -> None:
    diagnosis = msgspec.structs.replace(
        DIAGNOSIS,
        kubeconfig=KubeconfigDiagnosis((), "not YAML", "the mirror goes on"),
        store=msgspec.structs.replace(DIAGNOSIS.store, obstacle="the disk is full", set_aside=("/s/old",)),
        mirror=msgspec.structs.replace(DIAGNOSIS.mirror, silent="no sign of life", advice="see its log"),
        clusters=CLUSTERS[:1],
    )
    text = render_diagnosis(diagnosis)
    assert text.startswith("3 problems found")
    assert (
        """
kubeconfig: not YAML
  next: the mirror goes on
store: the disk is full
mirror: no sign of life
  next: see its log
store: damaged and set aside: /s/old
  next: all of it was read anew; remove the file when nobody wants to look into it
"""
        in text
    )

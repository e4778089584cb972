"""Counters that travel with what is stored anyway."""

from __future__ import annotations

from mirror.informers.tally import Tally
from mirror.keys import ClusterName, ScopeKey
from mirror.store.changes import ObjectBatch

BATCH = ObjectBatch(scope=ScopeKey(ClusterName("one"), "", "pods"), resource_version="7", received_at=1.0)


def test_everything_is_told_once() -> None:
    tally = Tally()
    tally.received(100)
    tally.received(20)
    first = tally.on(BATCH, 3)
    assert (first.bytes, first.duplicates, first.lag_s) == (120, 3, None)
    tally.stored(0.25)
    tally.received(5)
    assert tally.take_bytes() == 5
    second = tally.on(BATCH, 4)
    assert (second.bytes, second.duplicates, second.lag_s) == (0, 1, 0.25)

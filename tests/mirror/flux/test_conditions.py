from __future__ import annotations

from mirror.flux.conditions import conditions, ready, reconciling, stalled
from tests.mirror.flux.objects import AT, condition, flux_object


def test_a_condition_is_read_with_its_time() -> None:
    obj = flux_object(
        "Kustomization", condition("Ready", "False", "BuildFailed", "x\n", observedGeneration=3)
    )
    found = ready(obj)
    assert found is not None
    assert (found.false, found.true, found.reason, found.message) == (True, False, "BuildFailed", "x")
    assert (found.since, found.observed_generation) == (AT, 3)


def test_abnormal_conditions_count_only_when_true() -> None:
    busy = flux_object("Kustomization", condition("Reconciling", "True"), condition("Stalled", "False"))
    assert reconciling(busy)
    assert not stalled(busy)
    assert not reconciling(flux_object("Kustomization"))


def test_entries_that_are_no_conditions_are_dropped() -> None:
    obj = flux_object("Kustomization", status={"conditions": [None, "Ready", {}, {"type": 1}, {"type": "A"}]})
    assert list(conditions(obj)) == ["A"]


def test_a_time_nobody_can_read_is_no_time() -> None:
    found = ready(flux_object("Kustomization", condition("Ready", "True", lastTransitionTime="soon")))
    assert found is not None
    assert found.since is None

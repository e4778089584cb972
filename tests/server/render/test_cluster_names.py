"""Sets of clusters are told as shortly as can be, and never so that a cluster is guessed."""

from __future__ import annotations

from server.render.cluster_names import ClusterNames

EVERY = [f"cluster-{number:02}" for number in range(12)]


def test_few_are_named_and_of_most_those_that_are_left_out() -> None:
    names = ClusterNames([EVERY[:2], EVERY[:-1], EVERY[4:], EVERY], EVERY)
    assert names.told(EVERY[:2]) == "cluster-00, cluster-01"
    assert names.told(EVERY[:-1]) == "all but cluster-11"
    assert names.told(EVERY[4:]) == "all but cluster-00, cluster-01, cluster-02, cluster-03"
    assert names.told(EVERY) == "all 12 clusters"
    assert names.legend() == [], "nothing needs to be explained"


def test_others_get_a_letter_that_is_explained_once() -> None:
    names = ClusterNames([EVERY[:6], EVERY[6:], EVERY[:6]], EVERY)
    assert names.told(EVERY[:6]) == "the 6 clusters A"
    assert names.told(EVERY[6:]) == "the 6 clusters B"
    assert names.legend()[0].startswith("A = cluster-00, cluster-01, ")
    assert names.told(EVERY[3:8]) == "5 clusters", "a set that nobody has announced"

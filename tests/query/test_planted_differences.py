"""Random differences are planted into copies of a fleet; a comparison gives exactly those back."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query.compare import compare
from query.results import Comparison
from server.render.comparison import render_comparison
from tests.query.planted import CANARY, CLUSTERS, KEY, NAMES, PLANTS, Fleet, as_shown
from tests.query.stores import NOW, Content, view_of

REMOVABLE = ("HelmRelease/apps/*", "ConfigMap/apps/*-values", "Deployment/apps/*", "Service/apps/*")
FIELDS = st.tuples(
    st.sampled_from(PLANTS),
    st.sampled_from(NAMES),
    st.integers(0, len(CLUSTERS) - 1),
    st.sampled_from(["one", "two", None]),
)
REMOVALS = st.tuples(st.sampled_from(REMOVABLE), st.sampled_from(NAMES), st.integers(0, len(CLUSTERS) - 1))


def planted(clusters: int, fields: list[Any], removals: list[Any]) -> Fleet:
    fleet = Fleet.of(clusters)
    for plant, name, cluster, value in fields:
        fleet.plant(plant, name, CLUSTERS[cluster % clusters], value)
    for key, name, cluster in removals:
        fleet.remove(key.replace("*", name), CLUSTERS[cluster % clusters])
    return fleet


def answered(fleet: Fleet, seed: int) -> Comparison:
    noise = random.Random(seed)
    contents = {
        name: Content(objects=as_shown(documents.values(), noise))
        for name, documents in fleet.documents.items()
    }
    with tempfile.TemporaryDirectory() as folder, view_of(Path(folder), contents) as view:
        return compare(view, limit=0)


def check(clusters: int, fields: list[Any], removals: list[Any], seed: int) -> None:
    fleet = planted(clusters, fields, removals)
    answer = answered(fleet, seed)
    every = (*answer.objects, *answer.references)
    found = {
        (each.object_key, difference.path): {
            item.cluster: "(absent)" if item.absent else item.value for item in difference.values
        }
        for each in every
        for difference in each.differences
    }
    assert found == fleet.differences()
    assert {each.object_key: each.missing_in for each in every if each.missing_in} == fleet.absences()
    said = render_comparison(answer, now=NOW, budget=None).text + repr(answer)
    assert CANARY not in said
    assert "<masked:" not in said
    assert KEY.hex() not in said


QUESTIONS = {
    "clusters": st.integers(2, len(CLUSTERS)),
    "fields": st.lists(FIELDS, max_size=6),
    "removals": st.lists(REMOVALS, max_size=2),
    "seed": st.integers(0, 2**32),
}


@settings(max_examples=12)
@given(**QUESTIONS)
def test_exactly_the_planted_differences_come_back(
    clusters: int, fields: list[Any], removals: list[Any], seed: int
) -> None:
    check(clusters, fields, removals, seed)


@pytest.mark.long
@settings(max_examples=1_500)
@given(**QUESTIONS)
def test_exactly_the_planted_differences_come_back_many_times(
    clusters: int, fields: list[Any], removals: list[Any], seed: int
) -> None:
    check(clusters, fields, removals, seed)


def test_copies_that_servers_show_differently_are_identical() -> None:
    answer = answered(Fleet.of(5), seed=1)
    assert answer.same
    assert answer.identical == 18

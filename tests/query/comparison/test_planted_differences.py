"""Random differences are planted into copies of a fleet; a comparison gives exactly those back."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirror.flux.redaction import Redactor
from query.comparison.question import compare
from query.results.answer import Comparison
from query.view import View
from server.render.comparison import render_comparison
from tests.query.comparison.planted import CLUSTERS, KEY, PLANTS, REDACTOR, Fleet
from tests.query.comparison.planted_fleet import NAMES, as_shown, happened
from tests.query.stores import NOW, RESOURCES, Content, view_of
from tests.server.planted import traces_of_canaries

REMOVABLE = (
    "HelmRelease/apps/*",
    "ConfigMap/apps/*-values",
    "Deployment/apps/*",
    "Service/apps/*",
    "HelmRepository/apps/charts",
    "GitRepository/flux-system/fleet",
)
WEB = (
    "HelmRelease/apps/web",
    "ConfigMap/apps/web-values",
    "HelmChart/apps/apps-web",
    "HelmRepository/apps/charts",
)
"""A release, and what it refers to."""

OLDER = tuple(item._replace(version="v2beta2") if item.kind == "HelmRelease" else item for item in RESOURCES)
CLUSTER = st.integers(0, len(CLUSTERS) - 1)
FIELDS = st.integers(0, len(PLANTS) - 1).flatmap(
    lambda number: st.tuples(
        st.just(number), st.sampled_from(NAMES), CLUSTER, st.sampled_from(PLANTS[number].values)
    )
)
REMOVALS = st.tuples(st.sampled_from(REMOVABLE), st.sampled_from(NAMES), CLUSTER)
RUNNING = st.tuples(st.sampled_from(NAMES), CLUSTER, st.sampled_from("de"))


def planted(
    clusters: int,
    fields: list[tuple[int, str, int, Any]],
    removals: list[tuple[str, str, int]],
    running: list[tuple[str, int, str]],
    older: set[int],
) -> Fleet:
    fleet = Fleet.of(clusters)
    fleet.older = {CLUSTERS[cluster % clusters] for cluster in older}
    for number, name, cluster, value in fields:
        fleet.plant(number, name, CLUSTERS[cluster % clusters], value)
    for name, cluster, digit in running:
        fleet.run(name, CLUSTERS[cluster % clusters], digit)
    for key, name, cluster in removals:
        fleet.remove(key.replace("*", name), CLUSTERS[cluster % clusters])
    return fleet


@contextmanager
def looked_at(fleet: Fleet, seed: int, redactor: Redactor = REDACTOR) -> Iterator[View]:
    noise = random.Random(seed)
    contents = {
        name: Content(
            objects=as_shown(
                documents.values(),
                noise,
                redactor,
                release_version="v2beta2" if name in fleet.older else "v2",
            ),
            events=happened(noise, redactor),
            served=OLDER if name in fleet.older else RESOURCES,
        )
        for name, documents in fleet.documents.items()
    }
    with tempfile.TemporaryDirectory() as folder, view_of(Path(folder), contents) as view:
        yield view


def found_in(answer: Comparison) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (each.object_key, difference.path): {
            cluster: "(absent)" if item.absent else item.value
            for item in difference.values
            for cluster in item.clusters
        }
        for each in (*answer.objects, *answer.references)
        for difference in each.differences
    }


def missing_in(answer: Comparison) -> dict[str, tuple[str, ...]]:
    return {
        each.object_key: each.missing_in for each in (*answer.objects, *answer.references) if each.missing_in
    }


def keeps_secrets(answer: Comparison) -> None:
    said = render_comparison(answer, now=NOW, budget=None).text + msgspec.json.encode(answer).decode()
    assert not traces_of_canaries(said)
    assert "<masked:" not in said


def check(seed: int, **planting: Any) -> None:
    fleet = planted(**planting)
    with looked_at(fleet, seed) as view:
        everything = compare(view, limit=0)
        apps = compare(view, kind="ks", name="apps", limit=0)
        web = _of_web(view, fleet)
        few = compare(view, limit=1)
    assert found_in(everything) == fleet.differences()
    assert missing_in(everything) == fleet.absences()
    versions = 0 < len(fleet.older) < len(fleet.documents)
    assert any("HelmRelease is mirrored as" in note for note in everything.notes) == versions
    mine = ("Kustomization/flux-system/apps", "GitRepository/flux-system/fleet")
    assert found_in(apps) == {place: v for place, v in fleet.differences().items() if place[0] in mine}
    for workload in apps.running:
        runs = {group.images: set(group.clusters) for group in workload.groups}
        assert runs == fleet.running(workload.object_key.rpartition("/")[2])
    expected = fleet.differences(WEB[0])
    assert found_in(web) == {place: values for place, values in expected.items() if place[0] in WEB}
    assert {workload.object_key for workload in web.running} <= {"Deployment/apps/web"}
    counted = len(few.objects) + len(few.references) + few.omitted.count
    assert (counted, few.identical) == (
        len(everything.objects) + len(everything.references),
        everything.identical,
    ), "what is only counted is counted as if it were told"
    for answer in (everything, apps, web):
        keeps_secrets(answer)


def _of_web(view: View, fleet: Fleet) -> Comparison:
    """One release with all that it refers to; nothing where no cluster has it."""
    if all(WEB[0] not in documents for documents in fleet.documents.values()):
        return Comparison(clusters=view.names, objects=())
    return compare(view, kind="HelmRelease", name="web", namespace="apps", limit=0)


QUESTIONS = {
    "clusters": st.integers(2, len(CLUSTERS)),
    "fields": st.lists(FIELDS, max_size=8),
    "removals": st.lists(REMOVALS, max_size=2),
    "running": st.lists(RUNNING, max_size=2),
    "older": st.sets(CLUSTER, max_size=2),
    "seed": st.integers(0, 2**32),
}


@settings(max_examples=8)
@given(**QUESTIONS)
def test_exactly_the_planted_differences_come_back(seed: int, **planting: Any) -> None:
    check(seed, **planting)


@pytest.mark.long
@settings(max_examples=1_500)
@given(**QUESTIONS)
def test_exactly_the_planted_differences_come_back_many_times(seed: int, **planting: Any) -> None:
    check(seed, **planting)


def test_copies_that_servers_show_differently_are_identical() -> None:
    with looked_at(Fleet.of(5), seed=1) as view:
        answer = compare(view, limit=0)
    assert answer.same
    assert answer.identical == 18


def test_every_plant_alone_comes_back() -> None:
    """Each value of each field against what the field was before: so that no plant is lost in the crowd."""
    fleet = Fleet.of(5)
    for number, plant in enumerate(PLANTS):
        for cluster, value in zip(CLUSTERS[1:], plant.values, strict=False):
            fleet.plant(number, NAMES[number % 3], cluster, value)
    with looked_at(fleet, seed=2) as view:
        answer = compare(view, limit=0)
    assert found_in(answer) == fleet.differences()
    assert len(found_in(answer)) == len(PLANTS), "each of them differs"
    keeps_secrets(answer)


def test_an_answer_is_the_same_under_another_key() -> None:
    """Nothing in it comes from a fingerprint, be it through a digest."""
    fleet = Fleet.of(3)
    for number, plant in enumerate(PLANTS):
        fleet.plant(number, "web", "beta", plant.values[0])
    answers = []
    for key in (KEY, b"another key"):
        with looked_at(fleet, 3, Redactor(key)) as view:
            answers.append(compare(view, limit=0))
    assert answers[0].objects
    assert answers[0] == answers[1]

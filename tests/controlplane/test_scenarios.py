"""Scenarios on real API servers: with the statuses that controllers write the answers are the same."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from mirror.testing.scenarios import Scenario, find
from query.results.answer import Cause, RootCause
from tests.controlplane.access import write_kubeconfig
from tests.controlplane.scenario_objects import put_up
from tests.controlplane.server import ControlPlane
from tests.e2e import steps
from tests.e2e.client import served
from tests.score.grades import asked, key_of_ref
from tests.score.run import contents
from tests.score.stored import Stored

pytestmark = pytest.mark.anyio

SCENARIOS = (
    ("image-not-found", "values-secret-missing", "dependency-cycle", "image-pull-unauthorized"),
    (
        "quota-exceeded",
        "service-account-missing",
        "git-branch-not-found",
        "nested-kustomizations",
        "helm-rolled-back",
    ),
)
"""For either server; they share it, each with names of its own."""

Said = list[tuple[str, str, str, list[str]]]
"""Class, object, field and path of each cause."""


def built(name: str) -> Scenario:
    """With names that no other scenario has, and as it is today: events of last week are forgotten."""
    return find(name).build(names=lambda word: f"{name[:9].strip('-')}-{word}", now=float(int(time.time())))


def said_of(answer: RootCause) -> Said:
    def way(cause: Cause) -> list[str]:
        return [str(key_of_ref(step.object)) for step in cause.path]

    return [(c.class_, str(key_of_ref(c.object)), c.field, way(c)) for c in answer.causes]


def said_in(answer: dict[str, Any]) -> Said:
    """The same of an answer as JSON."""

    def called(ref: dict[str, Any]) -> str:
        place = f"{ref['namespace']}/" if ref.get("namespace") else ""
        return f"{ref['kind']}/{place}{ref['name']}"

    return [
        (c["class"], called(c["object"]), c["field"], [called(step["object"]) for step in c["path"]])
        for c in answer["causes"]
    ]


def simulated(folder: Path, scenario: Scenario) -> Said:
    """What is said where the same objects were never on a server."""
    with Stored(folder, now=scenario.now) as stored:
        stored.put(contents(scenario.faulty()))
        return said_of(stored.why(scenario.symptom_cluster, **asked(scenario)))


async def test_the_answers_are_those_of_the_simulated_clusters(
    two_control_planes: tuple[ControlPlane, ControlPlane], tmp_path: Path
) -> None:
    planes = dict(zip(("staging", "production"), two_control_planes, strict=True))
    scenarios = {
        cluster: [built(name) for name in names] for cluster, names in zip(planes, SCENARIOS, strict=True)
    }
    for cluster, plane in planes.items():
        async with plane.api() as api:
            for scenario in scenarios[cluster]:
                (objects,) = scenario.faulty().values()
                await put_up(api, objects)
    kubeconfig = tmp_path / "kubeconfig"
    await anyio.to_thread.run_sync(
        write_kubeconfig, kubeconfig, [plane.access() for plane in planes.values()]
    )
    wrong = {}
    async with served(kubeconfig, tmp_path / "state" / "store.db", tmp_path) as server:
        await steps.all_synced(server)
        for cluster, several in scenarios.items():
            for scenario in several:
                answer = await server.ask("find_root_cause", clusters=[cluster], **asked(scenario))
                expected = await anyio.to_thread.run_sync(simulated, tmp_path / scenario.name, scenario)
                assert expected
                if said_in(answer) != expected:
                    wrong[scenario.name] = (said_in(answer), expected)
    assert not wrong

"""Scenarios in simulated clusters: all at once, step by step, or write by write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mirror.testing.cluster import FakeCluster
from mirror.testing.objects import JSON
from mirror.testing.recorded import load_object
from mirror.testing.scenarios.scenario import Change, Scenario, Step, key_of

__all__ = ["Player", "simulate"]


class Player:
    """Plays one scenario into its clusters.

    Promised
        The healthy state is loaded at once, Namespaces before what is in them. Objects keep their uid,
        creationTimestamp, generation and status; resourceVersions are the cluster's own, in the order of the
        writes. No clock is read: times are those of the scenario.
    """

    def __init__(self, scenario: Scenario, clusters: Mapping[str, FakeCluster]) -> None:
        self.scenario = scenario
        self.clusters = clusters
        for name, objects in scenario.healthy.items():
            for obj in sorted(objects, key=_first):
                load_object(clusters[name], obj)

    def steps(self) -> Iterator[Step]:
        """Let the fault happen: each step is played when it is asked for."""
        for step in self.scenario.fault:
            for change in step.changes:
                self._play(change)
            yield step

    def changes(self) -> Iterator[Change]:
        """Let the fault happen write by write."""
        for change in self.scenario.changes():
            self._play(change)
            yield change

    def finish(self) -> None:
        """Let all of the fault happen."""
        for _ in self.changes():
            pass

    def _play(self, change: Change) -> None:
        cluster = self.clusters[change.cluster]
        if change.type == "DELETED":
            key = key_of(change.object)
            if cluster.exists(key):  # else its Namespace or CRD took it along
                cluster.delete(key)
        else:
            load_object(cluster, change.object)


def simulate(scenario: Scenario) -> Player:
    """A player with new clusters, named as the scenario names them; nothing of the fault has happened."""
    return Player(scenario, {name: FakeCluster(name) for name in scenario.clusters})


def _first(obj: JSON) -> int:
    """What others need comes before them."""
    order = {"Namespace": 0, "CustomResourceDefinition": 1}
    return order.get(obj["kind"], 2)

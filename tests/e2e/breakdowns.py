"""Known failures that happen in some of many clusters, with the labels of what must be mended."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.objects import JSON
from mirror.testing.recorded import load_object
from mirror.testing.scenarios import Scenario, find, key_of
from tests.score.grades import asked

__all__ = ["LAST_WORDS", "Breakdowns", "Mend"]

_PLAYED = {
    "git-host-down": (1, 3),
    "git-secret-missing": (2,),
    "crash-on-bad-config": (4,),
    "values-secret-missing": (6,),
}
"""Scenario → numbers of the clusters in which its own clusters are played."""

LAST_WORDS = "panic: no database behind this address"
"""What a container that crashes has written last."""


class Mend(NamedTuple):
    """What a person must mend, and how the answers class it."""

    cluster: str
    class_: str
    kind: str
    namespace: str
    name: str


class Breakdowns:
    """servers: by cluster; numbers count them by name, and begin anew after the last.

    now: when somebody asks, wall seconds: everything has happened in the hour before.
    """

    def __init__(self, servers: Mapping[str, FakeAPIServer], now: float) -> None:
        self._servers = servers
        names = sorted(servers)
        self._played: list[tuple[Scenario, dict[str, str]]] = []
        for name, numbers in _PLAYED.items():
            scenario = find(name).build(names=partial(_word_of, name), now=now)
            clusters = (names[number % len(names)] for number in numbers)
            self._played.append((scenario, dict(zip(scenario.clusters, clusters, strict=True))))

    def happen(self) -> None:
        """Play all of them, beside what is there already. What has crashed has written LAST_WORDS."""
        for scenario, clusters in self._played:
            for name, objects in scenario.faulty().items():
                server = self._servers[clusters[name]]
                for obj in sorted(objects, key=lambda obj: obj["kind"] != "Namespace"):
                    # CRDs and kube-system are there, and to replace them would take along what is in them.
                    if not server.cluster.exists(key_of(obj)):
                        load_object(server.cluster, obj)
                    if obj["kind"] == "Pod":
                        _write_last_words(server, obj)

    def right(self) -> dict[str, set[Mend]]:
        """By scenario: whatever is right to blame; one of them is to be blamed."""
        return {
            scenario.name: {
                Mend(clusters[root.cluster], root.class_, *root.object[1:])
                for root in (*scenario.roots, *scenario.also_right)
            }
            for scenario, clusters in self._played
        }

    def symptoms(self) -> dict[str, dict[str, Any]]:
        """By scenario: the arguments with which an on-call person would ask about it."""
        return {
            scenario.name: {"clusters": [clusters[scenario.symptom_cluster]], **asked(scenario)}
            for scenario, clusters in self._played
        }


def _word_of(scenario: str, word: str) -> str:
    """Each has words of its own: two of them may meet in one cluster."""
    return f"{scenario[:9].strip('-')}-{word}"


def _write_last_words(server: FakeAPIServer, pod: JSON) -> None:
    """The containers of a Pod that have ended have written something."""
    metadata = pod["metadata"]
    for status in pod.get("status", {}).get("containerStatuses", []):
        if "terminated" in status.get("lastState", {}):
            text = f"starting\n{LAST_WORDS}\n"
            server.logs.write(metadata["namespace"], metadata["name"], status["name"], text, previous=True)

"""A scenario as data: clusters that are well, what then happens to them, and what a person must mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mirror.keys import ObjectKey, parse_api_version
from mirror.testing.objects import JSON

__all__ = ["CauseClass", "Change", "Root", "Scenario", "Step", "key_of"]

CauseClass = Literal[
    "Missing",
    "Invalid",
    "Denied",
    "Failed",
    "Suspended",
    "Stale",
    "Cycle",
    "Workload",
    "External",
    "ControllerDown",
]
"""What is wrong with a root, in the words of the answers."""


class Root(NamedTuple):
    """What a person must change or restore. field: which field of it, where one can be named."""

    object: ObjectKey
    class_: CauseClass
    field: str = ""
    cluster: str = ""


class Change(NamedTuple):
    """One write in one cluster. object: as it is after it; for DELETED as it last was."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: JSON
    cluster: str


class Step(NamedTuple):
    """What happened at one moment (wall seconds): for people, and as writes in order."""

    at: float
    text: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One fault from beginning to end.

    number: that of the kind of failure; several scenarios may show one kind. name: kebab-case, unique.
    title: one line for people.
    now: when somebody asks, wall seconds; after all steps.
    healthy: every object of each cluster before the fault, with the status its controller wrote.
    fault: the steps; the last one leaves the failing state.
    symptom: the object an on-call person would ask about, in that cluster.
    roots: all that must be mended, and nothing else; () when it mends itself (see transient).
    also_right: right as an answer too, instead of a root.
    victims: red or waiting, and yet nobody needs to touch them. transient: not ready only for a moment.
    path: from the symptom to the first root, and on to what shows it; () where the way is not judged.
    quiet: nothing is red, so that only a question about the symptom finds the root.
    """

    number: int
    name: str
    title: str
    now: float
    healthy: Mapping[str, tuple[JSON, ...]] = field(repr=False)
    fault: tuple[Step, ...] = field(repr=False)
    symptom: ObjectKey
    symptom_cluster: str
    roots: tuple[Root, ...]
    also_right: tuple[Root, ...] = ()
    victims: tuple[ObjectKey, ...] = ()
    path: tuple[ObjectKey, ...] = ()
    transient: tuple[ObjectKey, ...] = ()
    quiet: bool = False

    @property
    def clusters(self) -> tuple[str, ...]:
        """The names of the clusters."""
        return tuple(self.healthy)

    def faulty(self) -> dict[str, tuple[JSON, ...]]:
        """Every object of each cluster after the last step."""
        return self.after(len(self.fault))

    def after(self, steps: int) -> dict[str, tuple[JSON, ...]]:
        """Every object of each cluster after that many steps; 0 is the healthy state."""
        state = {name: {key_of(obj): obj for obj in objects} for name, objects in self.healthy.items()}
        for change in self.changes(steps):
            key = key_of(change.object)
            if change.type == "DELETED":
                del state[change.cluster][key]
            else:
                state[change.cluster][key] = change.object
        return {name: tuple(objects.values()) for name, objects in state.items()}

    def changes(self, steps: int | None = None) -> Iterator[Change]:
        """The writes of the first so many steps, or of all, one by one."""
        for step in self.fault[:steps]:
            yield from step.changes


def key_of(obj: JSON) -> ObjectKey:
    """The identity of an object within its cluster."""
    group, _ = parse_api_version(obj["apiVersion"])
    metadata = obj["metadata"]
    return ObjectKey(group, obj["kind"], metadata.get("namespace", ""), metadata["name"])

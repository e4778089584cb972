"""One object under suspicion, together with what it last reported about itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

from mirror.flux.conditions import Condition, conditions
from mirror.flux.fields import mapping
from mirror.keys import GroupKind
from mirror.records import Health, Relation
from mirror.store.rows import EventRow, ObjectRow
from query.root_cause.scene import Link, Scene
from query.root_cause.verdicts import Proof, Verdict

__all__ = ["Case", "Failure", "Rule"]


class Failure(NamedTuple):
    """Why the last finished attempt failed, as the object or an event about it says. since: wall seconds."""

    reason: str
    message: str
    since: float | None
    proof: Proof


class Case:
    """What a rule is given. failure: the report that is being judged; None when there is none.

    reason, message: what it complains about; the message is "" for an object that is ready: its own is no
    complaint.
    """

    def __init__(self, scene: Scene, row: ObjectRow, failure: Failure | None = None) -> None:
        self.scene = scene
        self.row = row
        self.failure = failure
        self.ready = row.health == Health.READY
        self.reason = failure.reason if failure else row.reason
        self.message = failure.message if failure else "" if self.ready else row.message

    @property
    def kind(self) -> GroupKind:
        return GroupKind(self.row.group, self.row.kind)

    @property
    def since(self) -> float | None:
        """Since when, wall seconds. The row remembers longer than a condition, which every retry resets."""
        known = (self.failure.since if self.failure else None, None if self.ready else self.row.since)
        return min((at for at in known if at is not None), default=None)

    @property
    def proofs(self) -> tuple[Proof, ...]:
        return (self.failure.proof,) if self.failure else ()

    @property
    def body(self) -> dict[str, Any]:
        """The stored object; empty for a placeholder."""
        return self.scene.document(self.row)

    @property
    def spec(self) -> dict[str, Any]:
        return mapping(self.body.get("spec"))

    @property
    def status(self) -> dict[str, Any]:
        return mapping(self.body.get("status"))

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        return conditions(self.body)

    def targets(self, *relations: Relation) -> list[Link]:
        return self.scene.targets(self.row, *relations)

    def sources(self, *relations: Relation) -> list[Link]:
        return self.scene.sources(self.row, *relations)

    def events(self, *reasons: str) -> list[EventRow]:
        """Events about the object, newest first; those with one of the reasons, or all."""
        return [event for event in self.scene.events(self.row) if not reasons or event.reason in reasons]

    def other(self, row: ObjectRow) -> Case:
        """The same question about another object."""
        return Case(self.scene, row)


Rule = Callable[[Case], Verdict | None]
"""One question about one object. None: not mine, ask the next rule."""

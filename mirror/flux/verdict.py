"""The verdict on one object, and the verdicts that every kind shares."""

from __future__ import annotations

from typing import Any, NamedTuple

from mirror.clock import parse_time
from mirror.flux.conditions import Condition
from mirror.flux.fields import integer, mapping, metadata, sequence, text
from mirror.records import Health

__all__ = ["Verdict", "from_condition", "observed_generation", "terminating", "unobserved"]

GENERATION_NOT_OBSERVED = "LatestGenerationNotObserved"
TERMINATING = "Terminating"


class Verdict(NamedTuple):
    """What can be said of an object from itself alone.

    reason, message: the controller's own words where there are any; reasons made up here follow
        kstatus and the kubelet (LessReplicas, CrashLoopBackOff).
    since: when this health and reason began, wall seconds; None when nothing says so.
    observed_generation: the newest generation its controller has reported on; None if it never does.
    """

    health: Health
    reason: str = ""
    message: str = ""
    since: float | None = None
    observed_generation: int | None = None

    def observing(self, generation: int | None) -> Verdict:
        """The same verdict with that observed generation."""
        if generation == self.observed_generation:
            return self
        return Verdict(self.health, self.reason, self.message, self.since, generation)


def from_condition(health: Health, condition: Condition) -> Verdict:
    """A verdict in a condition's own words and since its last transition."""
    return Verdict(health, condition.reason, condition.message, condition.since)


def observed_generation(obj: dict[str, Any]) -> int | None:
    """`status.observedGeneration`; -1 as CRDs default it means "never seen"."""
    return integer(mapping(obj.get("status")).get("observedGeneration"))


def terminating(obj: dict[str, Any]) -> Verdict | None:
    """PROGRESSING with reason Terminating for an object that is being deleted, else None."""
    meta = metadata(obj)
    deleted_at = text(meta.get("deletionTimestamp"))
    if not deleted_at:
        return None
    finalizers = [name for name in sequence(meta.get("finalizers")) if isinstance(name, str)]
    message = f"waits for finalizers: {', '.join(finalizers)}" if finalizers else ""
    return Verdict(Health.PROGRESSING, TERMINATING, message, parse_time(deleted_at))


def unobserved(obj: dict[str, Any], observed: int | None = None) -> Verdict | None:
    """PROGRESSING while a controller has not yet seen the newest generation, else None.

    observed: what it has seen, where `status.observedGeneration` does not say.
    """
    observed = observed_generation(obj) if observed is None else observed
    generation = integer(metadata(obj).get("generation"))
    if observed is None or generation is None or observed == generation:
        return None
    message = f"generation {generation}, observed {observed}"
    return Verdict(Health.PROGRESSING, GENERATION_NOT_OBSERVED, message)

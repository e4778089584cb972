"""Status conditions as Flux controllers and Kubernetes write them."""

from __future__ import annotations

from typing import Any, NamedTuple

from mirror.clock import parse_time
from mirror.flux.fields import integer, mapping, sequence, text

__all__ = ["Condition", "conditions", "ready", "reconciling", "stalled"]

READY = "Ready"
RECONCILING = "Reconciling"
STALLED = "Stalled"


class Condition(NamedTuple):
    """One entry of `status.conditions`.

    status: "True", "False" or "Unknown"; anything else counts as none of them.
    transition_time: RFC 3339 as written; parsed only when asked for, most readers never do.
    """

    type: str
    status: str
    reason: str = ""
    message: str = ""
    transition_time: str = ""
    observed_generation: int | None = None

    @property
    def true(self) -> bool:
        return self.status == "True"

    @property
    def false(self) -> bool:
        return self.status == "False"

    @property
    def since(self) -> float | None:
        """When the status last changed, wall seconds; None when it does not say.

        Controllers that pass through Unknown on every retry reset it each time.
        """
        return parse_time(self.transition_time)


def conditions(obj: dict[str, Any]) -> dict[str, Condition]:
    """All conditions by type; entries without a type are dropped, of doubles the last one counts."""
    found = {}
    for entry in sequence(mapping(obj.get("status")).get("conditions")):
        fields = mapping(entry)
        type_ = text(fields.get("type"))
        if type_:
            found[type_] = Condition(
                type_,
                text(fields.get("status")),
                text(fields.get("reason")),
                text(fields.get("message")).strip(),
                text(fields.get("lastTransitionTime")),
                integer(fields.get("observedGeneration")),
            )
    return found


def ready(obj: dict[str, Any]) -> Condition | None:
    """The Ready condition, if there is one."""
    return conditions(obj).get(READY)


def reconciling(obj: dict[str, Any]) -> bool:
    """Reconciling is True. The condition is removed, not set to False, when work is done."""
    found = conditions(obj).get(RECONCILING)
    return found is not None and found.true


def stalled(obj: dict[str, Any]) -> bool:
    """Stalled is True: the controller has given up until the object or an input changes."""
    found = conditions(obj).get(STALLED)
    return found is not None and found.true

"""Which container of a Pod in trouble has most to tell."""

from __future__ import annotations

from typing import Any, NamedTuple

from mirror.flux.fields import integer, mapping, sequence, text

__all__ = ["Spoken", "spoken_container"]


class Spoken(NamedTuple):
    """name: of the container. previous: its run before the present one is meant."""

    name: str
    previous: bool


def spoken_container(pod: dict[str, Any]) -> Spoken | None:
    """The container that is not well and has written something; None where none of them has run."""
    status = mapping(pod.get("status"))
    every = [*sequence(status.get("initContainerStatuses")), *sequence(status.get("containerStatuses"))]
    found = [ranked for ranked in (_ranked(mapping(each)) for each in every) if ranked is not None]
    return min(found, key=lambda ranked: ranked[0])[1] if found else None


def _ranked(container: dict[str, Any]) -> tuple[int, Spoken] | None:
    """How much it matters, less is more; None for a container that is well or has never run."""
    name = text(container.get("name"))
    state, last = mapping(container.get("state")), mapping(container.get("lastState"))
    crashed = integer(mapping(last.get("terminated")).get("exitCode")) is not None
    if integer(mapping(state.get("terminated")).get("exitCode")):
        return 0, Spoken(name, previous=False)
    if "waiting" in state:
        return (0, Spoken(name, previous=True)) if crashed else None
    if "running" not in state or container.get("ready") is True:
        return None
    failed = bool(integer(mapping(last.get("terminated")).get("exitCode")))
    return (1, Spoken(name, previous=True)) if failed else (2, Spoken(name, previous=False))

"""What the serving process leaves behind for the judgement."""

from __future__ import annotations

import msgspec

from mirror.keys import ObjectKey

__all__ = ["CANARY", "Outage", "Outcome"]

CANARY = ObjectKey("", "ConfigMap", "flux-system", "canary")
"""Its value is the time at which it was written: what a reader sees of it tells the lag."""


class Outage(msgspec.Struct, array_like=True):
    """A cluster refused connections in this time (wall seconds)."""

    cluster: str
    began: float
    ended: float


class Outcome(msgspec.Struct):
    """held: cluster → `plural.group` → key → resourceVersion, in the end."""

    held: dict[str, dict[str, dict[str, int]]]
    outages: list[Outage]
